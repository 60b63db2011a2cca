"""Test questions and runs that compare settings of search by them: administrators alone."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response, request
from pydantic import Field, StrictFloat, StrictInt

from backend.app.api import evaluation_shapes as shapes
from backend.app.api.body import Body, parse
from backend.app.api.context import administrator, record, services
from backend.app.api.envelope import answer, listing
from backend.app.api.query import MAX_LIMIT, Paging, Query, WholeNumber, asked, page
from backend.app.api.uploads import received_files
from backend.app.domain.audit import Action, Target
from backend.app.domain.evaluation import Change, RunStatus, SearchSettings
from backend.app.domain.search import SearchMode
from backend.app.errors import InvalidRequest
from backend.app.services.evaluation import comparing, importing, questions

PassageIds = list[Annotated[StrictInt, Field(ge=1, lt=2**53)]]


class NewQuestion(Body):
    collection_id: str
    text: str
    passage_ids: PassageIds


class ChangedQuestion(Body):
    text: str | None = None
    passage_ids: PassageIds | None = None


class Accepted(Body):
    collection_id: str
    passage_ids: PassageIds | None = None


class NewRun(Body):
    collection_id: str
    mode: SearchMode | None = None
    vector_weight: StrictFloat | StrictInt | None = None
    candidates: StrictInt | None = None


class OneCollection(Query):
    collection_id: str


class Wanted(OneCollection):
    q: str | None = None


class RunPaging(Paging):
    limit: Annotated[WholeNumber, Field(ge=1, le=MAX_LIMIT)] = 20


class Changed(Query):
    change: Change = Change.ALL


def blueprint() -> Blueprint:
    evaluation = Blueprint("evaluation", __name__, url_prefix="/evaluation")
    evaluation.get("")(overview)
    evaluation.get("/questions")(index)
    evaluation.post("/questions")(add)
    evaluation.patch("/questions/<question_id>")(change)
    evaluation.delete("/questions/<question_id>")(delete)
    evaluation.get("/offers")(offers)
    evaluation.post("/offers/<message_id>")(accept)
    evaluation.delete("/offers/<message_id>")(dismiss)
    evaluation.post("/imports")(take_in)
    evaluation.get("/runs")(runs)
    evaluation.post("/runs")(start)
    evaluation.get("/runs/<run_id>")(show_run)
    evaluation.post("/runs/<run_id>/cancel")(cancel)
    evaluation.delete("/runs/<run_id>")(delete_run)
    evaluation.get("/runs/<run_id>/results")(results)
    return evaluation


def overview() -> Response:
    user, every = administrator(), services()
    return answer(
        {
            "questions": every.evaluation.questions.count(user, asked(OneCollection).collection_id),
            "today": shapes.settings(every.evaluation.runs.today),
            "offered_questions": every.settings.offered_questions,
            "limits": {
                "questions": questions.MAX_QUESTIONS,
                "passages": questions.MAX_PASSAGES,
                "candidates": comparing.MAX_CANDIDATES,
                "import_bytes": importing.MAX_BYTES,
                "import_documents": importing.MAX_DOCUMENTS,
                "import_questions": questions.MAX_QUESTIONS,
            },
        }
    )


# --- questions ----------------------------------------------------------------------------


def index() -> Response:
    user, wanted = administrator(), asked(Wanted)
    found, cursor = services().evaluation.questions.page(user, wanted.collection_id, wanted.q, page())
    return listing([shapes.question(item) for item in found], cursor)


def add() -> Response:
    user, body = administrator(), parse(NewQuestion)
    made = services().evaluation.questions.add(user, body.collection_id, body.text, body.passage_ids)
    _record(Action.QUESTION_ADDED, made)
    return answer(shapes.question(made), 201)


def change(question_id: str) -> Response:
    user, body = administrator(), parse(ChangedQuestion)
    changed = services().evaluation.questions.change(user, question_id, body.text, body.passage_ids)
    _record(Action.QUESTION_CHANGED, changed, changed=sorted(body.model_fields_set))
    return answer(shapes.question(changed))


def delete(question_id: str) -> Response:
    collection_id = services().evaluation.questions.delete(administrator(), question_id)
    record(Action.QUESTION_DELETED, Target("collection", collection_id), question=question_id)
    return answer()


def offers() -> Response:
    user, collection_id = administrator(), asked(OneCollection).collection_id
    found, cursor = services().evaluation.questions.offers(user, collection_id, page())
    return listing([shapes.offer(item) for item in found], cursor)


def accept(message_id: str) -> Response:
    user, body = administrator(), parse(Accepted)
    made = services().evaluation.questions.accept(user, body.collection_id, message_id, body.passage_ids)
    _record(Action.OFFER_ACCEPTED, made, source=made.question.source.value)
    return answer(shapes.question(made), 201)


def dismiss(message_id: str) -> Response:
    services().evaluation.questions.dismiss(administrator(), message_id)
    return answer()


def take_in() -> Response:
    user, imports = administrator(), services().evaluation.imports
    limit = importing.MAX_BYTES + services().settings.max_request_bytes
    with received_files(request, "files", imports.incoming, limit) as files:
        if not files:
            raise InvalidRequest("There is no file in the request. Send each in a part named `files`.")
        imported = imports.take_in(user, request.form.get("name", ""), files)
    record(
        Action.TEST_SET_IMPORTED,
        Target("collection", imported.collection.id),
        documents=imported.documents,
        questions=imported.questions,
    )
    return answer(shapes.imported(imported), 202)


def _record(action: Action, placed: questions.PlacedQuestion, **details: object) -> None:
    """Write down what became of a question, by its id: no words of people are in the audit log."""
    question = placed.question
    target = Target("collection", question.collection_id)
    record(action, target, actor=None, question=question.id, passages=len(question.judgements), **details)


# --- runs ---------------------------------------------------------------------------------


def runs() -> Response:
    user, collection_id = administrator(), asked(OneCollection).collection_id
    found, cursor = services().evaluation.runs.page(user, collection_id, page(RunPaging))
    return listing([shapes.run(item) for item in found], cursor)


def start() -> Response:
    user, body, service = administrator(), parse(NewRun), services().evaluation.runs
    today = service.today
    after = SearchSettings(
        mode=body.mode or today.mode,
        vector_weight=today.vector_weight if body.vector_weight is None else float(body.vector_weight),
        candidates=today.candidates if body.candidates is None else body.candidates,
    )
    run = service.start(user, body.collection_id, after)
    record(Action.RUN_STARTED, Target("collection", body.collection_id), run=run.id)
    return answer(shapes.run(run), 202)


def show_run(run_id: str) -> Response:
    return answer(shapes.run(services().evaluation.runs.get(administrator(), run_id)))


def cancel(run_id: str) -> Response:
    run = services().evaluation.runs.cancel(administrator(), run_id)
    if run.status is not RunStatus.DONE and run.status is not RunStatus.FAILED:  # it had not ended by itself
        record(Action.RUN_CANCELLED, Target("collection", run.collection_id), run=run.id)
    return answer(shapes.run(run))


def delete_run(run_id: str) -> Response:
    collection_id = services().evaluation.runs.delete(administrator(), run_id)
    record(Action.RUN_DELETED, Target("collection", collection_id), run=run_id)
    return answer()


def results(run_id: str) -> Response:
    shown = services().evaluation.runs.results(administrator(), run_id, asked(Changed).change, page())
    return listing([shapes.result(item, shown.passages) for item in shown.results], shown.next_cursor)
