"""How many SQL statements each address costs: as many with much data as with little."""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import stream_encode_multipart

from backend.app.api.context import shared_answers
from backend.app.domain.accounts import Role
from backend.app.monitoring import server_state
from backend.app.storage.account_models import AuditEventRow, InvitationRow, SessionRow
from backend.app.storage.evaluation_models import JudgementRow, QuestionRow, ResultRow, RunRow
from backend.app.storage.folder_models import WatchedFileRow, WatchedFolderRow
from backend.app.storage.ids import new_id
from backend.app.storage.key_models import ApiKeyRow
from backend.app.storage.models import (
    CollectionRow,
    ConversationRow,
    DocumentRow,
    JobRow,
    MemberRow,
    MessageRow,
    PassageRow,
    UserRow,
)
from backend.app.storage.repositories.users import SqlUsers
from tests.integration.api.calls import Answer, Caller
from tests.integration.api.conftest import PASSWORD, World
from tests.integration.api.programs import Program

MOST = 20
# An import does as much as several others: a collection, a document, a question. Cancelling looks at job and document
# again before it changes them, and tells how the job stands then. A question that is added finds its passages and what
# is known of them before and after, and is written down for the audit.
MORE = {
    "POST /evaluation/imports": 25,
    "POST /evaluation/offers/<message_id>": 22,
    "POST /evaluation/questions": 21,
    "POST /jobs/<job_id>/cancel": 23,
}
MANY = 300  # more than a page, and more than one batch of anything
TEXT = "# Harbour\n\nThe ferry to Oakhaven leaves the northern pier at seven in the morning.\n"

NEW_KEY = {"name": "a program", "scopes": ["read"]}


@dataclass
class Case:
    """A person, and one of each thing that may be asked for or changed."""

    world: World
    caller: Caller
    name: str
    collection: str
    to_delete: str  # a collection
    member: Caller
    document: str
    failed: str
    job: str
    conversation: str
    answer: str
    passage: int
    offered: str  # an answer with a thumb
    questions: tuple[str, str]
    run: str
    folder: str
    invitation: str  # its id
    invitation_token: str
    reset_token: str  # the member's

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        options = {} if body is None else {"json": body}
        return self.caller.call(method, path, **options)


def registered(case: Case) -> Answer:
    return case.world.nobody().post("/auth/register", credentials(f"{case.name}-new"))


def signed_in(case: Case) -> Answer:
    return case.world.nobody().post("/auth/login", {"email": case.caller.user["email"], "password": PASSWORD})


def uploaded(case: Case) -> Answer:
    return case.caller.upload((f"{case.name}.txt", case.name.encode()), collection_id=case.collection)


def watched(world: World, caller: Caller) -> Answer:
    folder = world.parts.settings.data_dir
    return caller.post(f"/collections/{caller.collection_id}/folders", {"path": str(folder)})


def imported(case: Case) -> Answer:
    corpus, queries = b'{"_id": "d", "text": "Bread rises."}\n', b'{"_id": "q", "text": "What rises?"}\n'
    files = {"corpus.jsonl": corpus, "queries.jsonl": queries, "qrels.tsv": b"q\td\t1\n"}
    stored = [("files", FileStorage(io.BytesIO(content), name, "files")) for name, content in files.items()]
    body, _, boundary = stream_encode_multipart(MultiDict([("name", "Bread"), *stored]), use_tempfile=False)
    content_type = f"multipart/form-data; boundary={boundary}"
    return case.caller.call("POST", "/evaluation/imports", data=body.read(), content_type=content_type)


def performance_shown(case: Case) -> Answer:
    with case.world.app.app_context():
        shared_answers().clear()  # somebody may have asked in the last two seconds
    return case.ask("GET", "/performance")


def used_by_an_assistant(case: Case) -> Answer:
    secret = case.ask("POST", "/keys", NEW_KEY).data["key"]
    call = {"name": "list_documents", "arguments": {"limit": 5}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    return Program(case.world.app, secret).whole("POST", "/mcp", json=message)


def revoked(case: Case) -> Answer:
    return case.ask("DELETE", f"/keys/{case.ask('POST', '/keys', NEW_KEY).data['id']}")


def credentials(name: str) -> dict[str, str]:
    return {"email": f"{name}@statements.example", "password": PASSWORD, "name": name}


def session_ended(case: Case) -> Answer:
    (other, *_) = [item["id"] for item in case.ask("GET", "/auth/sessions").data if not item["current"]]
    return case.ask("DELETE", f"/auth/sessions/{other}")


Act = Callable[[Case], Answer]
# In this order, so that what is changed or deleted has been asked for before.
ACTS: dict[str, Act] = {
    "GET /": lambda case: case.caller.whole("GET", "/"),
    "GET /<own:name>": lambda case: case.caller.whole("GET", "/documents"),
    "GET /static/<path:name>": lambda case: case.caller.whole("GET", "/static/none.js"),
    "GET /sw.js": lambda case: case.caller.whole("GET", "/sw.js"),
    "GET /about": lambda case: case.ask("GET", "/about"),
    "GET /auth/me": lambda case: case.ask("GET", "/auth/me"),
    "GET /auth/oidc": lambda case: case.ask("GET", "/auth/oidc"),
    "GET /auth/oidc/callback": lambda case: case.ask("GET", "/auth/oidc/callback"),
    "GET /openapi.json": lambda case: case.ask("GET", "/openapi.json"),
    "GET /health/live": lambda case: case.ask("GET", "/health/live"),
    "GET /health/ready": lambda case: case.ask("GET", "/health/ready"),
    "GET /metrics": lambda case: case.caller.call("GET", "/metrics"),
    "GET /performance": performance_shown,
    "GET /collections": lambda case: case.ask("GET", "/collections"),
    "GET /collections/<collection_id>/folders": lambda case: case.ask("GET", f"/collections/{case.collection}/folders"),
    "GET /collections/<collection_id>/members": lambda case: case.ask("GET", f"/collections/{case.collection}/members"),
    "GET /documents": lambda case: case.ask("GET", "/documents"),
    "GET /documents/<document_id>": lambda case: case.ask("GET", f"/documents/{case.document}"),
    "GET /documents/<document_id>/content": lambda case: case.ask("GET", f"/documents/{case.document}/content"),
    "GET /documents/<document_id>/images": lambda case: case.ask("GET", f"/documents/{case.document}/images"),
    "GET /documents/<document_id>/images/<number>": lambda case: case.ask(
        "GET", f"/documents/{case.document}/images/1"
    ),
    "GET /documents/<document_id>/passages": lambda case: case.ask("GET", f"/documents/{case.document}/passages"),
    "GET /usage": lambda case: case.ask("GET", "/usage"),
    "GET /indexing/status": lambda case: case.ask("GET", "/indexing/status"),
    "GET /jobs/<job_id>": lambda case: case.ask("GET", f"/jobs/{case.job}"),
    "POST /mcp": used_by_an_assistant,
    "GET /v1/models": lambda case: case.caller.whole("GET", "/v1/models"),
    "GET /v1/models/<path:name>": lambda case: case.caller.whole("GET", "/v1/models/like-opt"),
    "POST /v1/chat/completions": lambda case: case.caller.whole(
        "POST", "/v1/chat/completions", json={"model": "like-opt", "messages": [{"role": "user", "content": case.name}]}
    ),
    "GET /keys": lambda case: case.ask("GET", "/keys"),
    "POST /keys": lambda case: case.ask("POST", "/keys", NEW_KEY),
    "DELETE /keys/<key_id>": revoked,
    "GET /search": lambda case: case.ask("GET", f"/search?q=ferry+{case.name}"),
    "GET /conversations": lambda case: case.ask("GET", "/conversations"),
    "GET /conversations/<conversation_id>": lambda case: case.ask("GET", f"/conversations/{case.conversation}"),
    "GET /conversations/<conversation_id>/messages": lambda case: case.ask(
        "GET", f"/conversations/{case.conversation}/messages"
    ),
    "GET /conversations/<conversation_id>/export": lambda case: case.ask(
        "GET", f"/conversations/{case.conversation}/export"
    ),
    "POST /metrics": lambda case: case.ask("POST", "/metrics", {"metrics": []}),
    "POST /auth/register": registered,
    "POST /auth/login": signed_in,
    "POST /chat": lambda case: case.ask(
        "POST", "/chat", {"message": f"Which ferry, {case.name}?", "conversation_id": case.conversation}
    ),
    "POST /feedback": lambda case: case.ask("POST", "/feedback", {"message_id": case.answer, "value": 1}),
    "POST /feedback/citations": lambda case: case.ask(
        "POST", "/feedback/citations", {"message_id": case.answer, "passage_id": case.passage}
    ),
    "GET /evaluation": lambda case: case.ask("GET", f"/evaluation?collection_id={case.collection}"),
    "GET /evaluation/questions": lambda case: case.ask("GET", f"/evaluation/questions?collection_id={case.collection}"),
    "POST /evaluation/questions": lambda case: case.ask(
        "POST",
        "/evaluation/questions",
        {"collection_id": case.collection, "text": "A new one?", "passage_ids": [case.passage]},
    ),
    "PATCH /evaluation/questions/<question_id>": lambda case: case.ask(
        "PATCH", f"/evaluation/questions/{case.questions[0]}", {"text": "Another?", "passage_ids": [case.passage]}
    ),
    "DELETE /evaluation/questions/<question_id>": lambda case: case.ask(
        "DELETE", f"/evaluation/questions/{case.questions[1]}"
    ),
    "GET /evaluation/offers": lambda case: case.ask("GET", f"/evaluation/offers?collection_id={case.collection}"),
    "DELETE /evaluation/offers/<message_id>": lambda case: case.ask("DELETE", f"/evaluation/offers/{case.offered}"),
    "POST /evaluation/offers/<message_id>": lambda case: case.ask(
        "POST", f"/evaluation/offers/{case.answer}", {"collection_id": case.collection}
    ),
    "POST /evaluation/imports": imported,
    "GET /evaluation/runs": lambda case: case.ask("GET", f"/evaluation/runs?collection_id={case.collection}"),
    "GET /evaluation/runs/<run_id>": lambda case: case.ask("GET", f"/evaluation/runs/{case.run}"),
    "GET /evaluation/runs/<run_id>/results": lambda case: case.ask("GET", f"/evaluation/runs/{case.run}/results"),
    "POST /evaluation/runs/<run_id>/cancel": lambda case: case.ask("POST", f"/evaluation/runs/{case.run}/cancel"),
    "DELETE /evaluation/runs/<run_id>": lambda case: case.ask("DELETE", f"/evaluation/runs/{case.run}"),
    "POST /evaluation/runs": lambda case: case.ask(
        "POST", "/evaluation/runs", {"collection_id": case.collection, "mode": "bm25"}
    ),
    "PATCH /conversations/<conversation_id>": lambda case: case.ask(
        "PATCH", f"/conversations/{case.conversation}", {"title": "Ferries", "pinned": True}
    ),
    "POST /collections/<collection_id>/folders": lambda case: watched(case.world, case.caller),
    "POST /collections": lambda case: case.ask("POST", "/collections", {"name": "Another"}),
    "PATCH /collections/<collection_id>": lambda case: case.ask(
        "PATCH", f"/collections/{case.collection}", {"name": "Harbours"}
    ),
    "PUT /collections/<collection_id>/members": lambda case: case.ask(
        "PUT", f"/collections/{case.collection}/members", {"email": case.member.user["email"], "access": "editor"}
    ),
    "DELETE /collections/<collection_id>/members/<user_id>": lambda case: case.ask(
        "DELETE", f"/collections/{case.collection}/members/{case.member.user['id']}"
    ),
    "POST /documents": uploaded,
    "POST /jobs/<job_id>/cancel": lambda case: case.ask("POST", f"/jobs/{case.job}/cancel"),
    "GET /jobs/<job_id>/events": lambda case: case.ask("GET", f"/jobs/{case.job}/events"),
    "POST /documents/<document_id>/retry": lambda case: case.ask("POST", f"/documents/{case.failed}/retry"),
    "DELETE /documents/<document_id>": lambda case: case.ask("DELETE", f"/documents/{case.document}"),
    "DELETE /conversations/<conversation_id>": lambda case: case.ask("DELETE", f"/conversations/{case.conversation}"),
    "DELETE /collections/<collection_id>/folders/<folder_id>": lambda case: case.ask(
        "DELETE", f"/collections/{case.collection}/folders/{case.folder}"
    ),
    "DELETE /collections/<collection_id>": lambda case: case.ask("DELETE", f"/collections/{case.to_delete}"),
    "GET /auth/sessions": lambda case: case.ask("GET", "/auth/sessions"),
    "DELETE /auth/sessions/<string(minlength=12):ended_id>": session_ended,
    "POST /auth/sessions/end-others": lambda case: case.ask("POST", "/auth/sessions/end-others"),
    "PATCH /auth/me": lambda case: case.ask("PATCH", "/auth/me", {"name": "Another"}),
    "POST /auth/password": lambda case: case.ask("POST", "/auth/password", {"current": PASSWORD, "new": "another one"}),
    "GET /auth/reset/<token>": lambda case: case.world.nobody().get(f"/auth/reset/{case.reset_token}"),
    "POST /auth/reset": lambda case: case.world.nobody().post(
        "/auth/reset", {"token": case.reset_token, "password": "another one"}
    ),
    "GET /invitations": lambda case: case.ask("GET", "/invitations"),
    "GET /invitations/<invitation>": lambda case: case.ask("GET", f"/invitations/{case.invitation_token}"),
    "DELETE /invitations/<invitation>": lambda case: case.ask("DELETE", f"/invitations/{case.invitation}"),
    "POST /invitations": lambda case: case.ask("POST", "/invitations", {"email": f"{case.name}@example.net"}),
    "GET /users": lambda case: case.ask("GET", "/users"),
    "GET /users/<user_id>": lambda case: case.ask("GET", f"/users/{case.member.user['id']}"),
    "PATCH /users/<user_id>": lambda case: case.ask(
        "PATCH", f"/users/{case.member.user['id']}", {"role": "administrator", "suspended": True}
    ),
    "POST /users/<user_id>/password-reset": lambda case: case.ask(
        "POST", f"/users/{case.member.user['id']}/password-reset"
    ),
    "DELETE /users/<user_id>": lambda case: case.ask("DELETE", f"/users/{case.member.user['id']}"),
    "GET /audit": lambda case: case.ask("GET", "/audit"),
    "GET /audit/export": lambda case: case.ask("GET", "/audit/export"),
    "POST /auth/logout": lambda case: case.ask("POST", "/auth/logout"),
}
WITHOUT_SQL = {
    *("GET /", "GET /<own:name>", "GET /static/<path:name>", "GET /sw.js", "GET /health/live"),
    *("POST /metrics", "GET /auth/oidc/callback"),
}
# Asked for by a name that is not there; and no provider is set up.
NOT_THERE = {
    *("GET /static/<path:name>", "GET /documents/<document_id>/images/<number>"),
    *("GET /auth/oidc", "GET /auth/oidc/callback"),
}


@contextlib.contextmanager
def statements(world: World) -> Iterator[list[str]]:
    found: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    engine = world.parts.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def case(world: World, name: str) -> Case:
    """Make a person with one thing of each kind."""
    caller, member = world.person(name), world.person(f"{name}-member")
    SqlUsers(world.parts.database).set_role(caller.user["id"], Role.ADMINISTRATOR)
    document = world.document(caller, f"{name}.md", TEXT + name)
    broken = world.index(caller.upload((f"{name}.pdf", b"%PDF-1.4 broken " + name.encode())))[0]["id"]
    (waiting,) = caller.upload((f"{name}-waiting.txt", b"waiting " + name.encode())).data
    conversation, answer = caller.asked(f"When does the ferry leave, {name}?")
    offered = caller.asked(f"Where does the ferry leave, {name}?")[1]
    passage = caller.get(f"/documents/{document}/passages").data[0]["id"]
    for message in (offered, answer):
        assert caller.post("/feedback", {"message_id": message, "value": 1}).status == 200
    questions = [
        caller.post(
            "/evaluation/questions",
            {"collection_id": caller.collection_id, "text": text, "passage_ids": [passage]},
        ).data["id"]
        for text in ("One?", "Two?")
    ]
    run = caller.post("/evaluation/runs", {"collection_id": caller.collection_id, "mode": "bm25"}).data["id"]
    world.parts.database.write(lambda session: _add_results(session, run, document, passage, 1))
    other = caller.post("/collections", {"name": "To delete"}).data["id"]
    path = f"/collections/{caller.collection_id}/members"
    assert caller.put(path, {"email": member.user["email"], "access": "reader"}).status == 200
    invitation, token = world.services.invitations.make(None, email=None, role=Role.MEMBER)
    return Case(
        world=world,
        caller=caller,
        name=name,
        collection=caller.collection_id,
        to_delete=other,
        member=member,
        document=document,
        failed=broken,
        job=waiting["job"]["id"],
        conversation=conversation,
        answer=answer,
        passage=passage,
        offered=offered,
        questions=(questions[0], questions[1]),
        run=run,
        folder=watched(world, caller).data["id"],
        invitation=invitation.id,
        invitation_token=token,
        reset_token=world.services.people.reset_link(member.user["id"])[0],
    )


def grow(case: Case) -> None:
    """Add hundreds of rows to everything that the person sees."""
    now, user = datetime.now(UTC), case.caller.user["id"]
    numbers = range(MANY)
    people, collections = [new_id() for _ in numbers], [new_id() for _ in range(20)]
    documents = [(new_id(), collection) for collection in (case.collection, case.to_delete) for _ in numbers]
    talks = [new_id() for _ in numbers]

    def work(session: Session) -> None:
        def add(table: Any, made: list[dict[str, Any]]) -> None:
            session.execute(insert(table), made)

        person = {"name": "Somebody", "role": "member", "password_hash": "-", "created_at": now}
        add(UserRow, [{**person, "id": one, "email": one, "email_key": one} for one in people])
        add(CollectionRow, [{"id": one, "name": one, "version": 0, "created_at": now} for one in collections])
        add(MemberRow, [{"collection_id": one, "user_id": user, "access": "owner"} for one in collections])
        add(MemberRow, [{"collection_id": case.collection, "user_id": one, "access": "reader"} for one in people])
        file = {"title": "Bread", "filename": "bread.txt", "media_type": "text/plain", "bytes": 1}
        state = {"status": "ready", "progress": 1.0, "created_at": now}
        add(
            DocumentRow,
            [{**file, **state, "id": one, "collection_id": of, "sha256": one, "passages": 1} for one, of in documents],
        )
        add(
            JobRow,
            [{**state, "id": new_id(), "document_id": one, "attempts": 1, "finished_at": now} for one, _ in documents],
        )
        piece = {"document_id": case.document, "collection_id": case.collection, "text": "Bread.", "start": 0, "end": 6}
        file = {"bytes": 1, "modified_ns": 1, "inode": "1", "sha256": "0", "owned": False, "problem": "Empty."}
        add(WatchedFileRow, [{**file, "folder_id": case.folder, "path": f"{n}.txt"} for n in numbers])
        add(PassageRow, [{**piece, "ordinal": n + 10} for n in numbers])
        talk = {"user_id": user, "title": "Bread", "collection_ids": [], "created_at": now, "updated_at": now}
        add(ConversationRow, [{**talk, "id": one} for one in talks])
        said = {"conversation_id": case.conversation, "text": "Bread.", "status": "complete", "created_at": now}
        lists = {"sources": [], "citations": [], "degraded": [], "timings": {}}
        roles = itertools.cycle(("user", "assistant"))
        ids = [new_id() for _ in range(2 * MANY)]
        add(MessageRow, [{**said, **lists, "id": one, "place": one, "speaker": next(roles)} for one in ids])
        key = {"user_id": user, "name": "x", "prefix": "lo_", "scopes": [], "created_at": now}
        add(ApiKeyRow, [{**key, "id": one, "digest": one} for one in people[:50]])
        browser = {"user_id": user, "agent": "a browser", "address": "::1", "begun_at": now, "seen_at": now}
        add(SessionRow, [{**browser, "id": one} for one in people[:50]])
        link = {"role": "member", "invited_by": user, "created_at": now, "expires_at": now + timedelta(days=1)}
        add(InvitationRow, [{**link, "id": one, "token_hash": one, "email": one} for one in people])
        done = {"at": now, "action": "document.deleted", "actor_id": user, "actor": "x", "address": "", "details": {}}
        target = {"target_kind": "document", "target_id": "x", "target": "x"}
        add(AuditEventRow, [{**done, **target, "id": one} for one in people])
        folder = {"user_id": user, "kept": False, "confined": False, "created_at": now}
        add(
            WatchedFolderRow,
            [{**folder, "id": one, "path": one, "collection_id": case.collection} for one in people[:50]],
        )
        _grow_evaluation(case, session, now)

    case.world.parts.database.write(work)


def _grow_evaluation(case: Case, session: Session, now: datetime) -> None:
    """Add hundreds of test questions, offers, runs and results."""
    questions = [new_id() for _ in range(MANY)]
    asked = {"collection_id": case.collection, "text": "Bread?", "language": "en", "source": "typed", "created_at": now}
    session.execute(insert(QuestionRow), [{**asked, "id": one, "text_key": one} for one in questions])
    sha256 = session.scalar(select(DocumentRow.sha256).where(DocumentRow.id == case.document))
    right = {"document_id": case.document, "sha256": sha256, "filename": "x", "start": 0, "end": 6, "relevance": 1}
    session.execute(
        insert(JudgementRow),
        [{**right, "quote": "", "question_id": one, "passage_id": case.passage} for one in questions],
    )
    _add_results(session, case.run, case.document, case.passage, MANY)
    settings = {"mode": "hybrid", "vector_weight": 0.4, "candidates": 100}
    run = {"collection_id": case.collection, "before": settings, "after": settings, "status": "done", "figures": []}
    counts = dict.fromkeys(("done", "total", "left_out", "better", "worse", "attempts"), 0)
    session.execute(
        insert(RunRow), [{**run, **counts, "id": one, "created_at": now, "finished_at": now} for one in questions]
    )
    offered = session.get_one(MessageRow, case.offered)
    copied = ("conversation_id", "text", "status", "sources", "citations", "model", "degraded", "timings", "created_at")
    thumb = {**{name: getattr(offered, name) for name in copied}, "speaker": "assistant", "feedback": 1}
    asked_for = {**thumb, "speaker": "user", "sources": [], "citations": [], "feedback": None}
    pairs = [(new_id(), new_id()) for _ in range(MANY)]
    session.execute(
        insert(MessageRow),
        [
            {**row, "id": one, "place": one, "text": f"{row['text']} {n}"}
            for n, pair in enumerate(pairs)
            for one, row in zip(pair, (asked_for, thumb), strict=True)
        ],
    )


def _add_results(session: Session, run: str, document: str, passage: int, count: int) -> None:
    found = {"passage_id": passage, "document_id": document, "right": True}
    side = {"ndcg": 1, "recall": 1, "mrr": 1, "ms": 1, "rank": 1, "degraded": False, "found": [found]}
    result = {"run_id": run, "text": "x", "language": "en", "change": 0, "size": 0, "before": side, "after": side}
    session.execute(insert(ResultRow), [{**result, "question_id": new_id()} for _ in range(count)])


@pytest.fixture(scope="module")
def counted(made_world: Callable[..., World]) -> dict[str, dict[str, list[str]]]:
    """Do everything as a person with little, and then as one with much; return the statements of each act."""
    world = made_world()
    world.person("first")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(server_state, "_FRESH_SECONDS", 0.0)  # GET /metrics and GET /performance keep what they asked
        return {"few": done(case(world, "few")), "many": done(case(world, "many"), grow)}


def done(case: Case, prepare: Callable[[Case], None] = lambda case: None) -> dict[str, list[str]]:
    prepare(case)
    counts = {}
    for name, act in ACTS.items():
        case.world.parts.access.advance()  # nothing is remembered of who asks: the dearest case
        with statements(case.world) as found:
            answer = act(case)
        assert answer.status < 300 or name in NOT_THERE, (name, answer.body)
        counts[name] = found
    return counts


def test_every_address_has_an_act(world: World) -> None:
    rules = [
        f"{method} {rule.rule.removeprefix('/api/v1')}"
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    assert sorted(rules) == sorted(ACTS)


@pytest.mark.parametrize("name", ACTS)
def test_it_takes_as_many_statements_with_much_data_as_with_little(
    counted: dict[str, dict[str, list[str]]], name: str
) -> None:
    few, many = counted["few"][name], counted["many"][name]
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= MORE.get(name, MOST), "\n".join(many)
    assert (few == []) == (name in WITHOUT_SQL), "the counter counts"
