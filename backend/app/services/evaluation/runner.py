"""Working runs off: every question under both settings, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import fmean

import structlog

from backend.app.domain.documents import Collection, Problem
from backend.app.domain.evaluation import (
    RANKED,
    RECALL_DEPTH,
    SHOWN,
    Figures,
    Found,
    Result,
    RunTask,
    SearchSettings,
    Side,
)
from backend.app.domain.search import SearchResult
from backend.app.errors import Unavailable
from backend.app.processes.owners import has_ended
from backend.app.services.evaluation.measures import ndcg, percentile, recall, reciprocal_rank
from backend.app.services.evaluation.questions import PlacedQuestion, place
from backend.app.services.retrieval.cached import Retriever
from backend.app.storage.evaluation_interfaces import RightPlaces, RunWork

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 10
_STORE_SECONDS = 1.0  # how often what was measured is kept, and looked whether to go on
_NOTHING_LEFT = Problem(
    "NO_RIGHT_PASSAGES",
    "None of the right passages of these questions is in the collection any more. Choose new ones for them.",
)
_CRASHED = Problem("RUN_FAILED", "Something unexpected happened during this run. Start it again.")


class Runner:
    """Asks past every cache, so that the times are those of searches.

    What was measured is kept each second; whoever takes a run up after a restart goes on from there.
    """

    def __init__(
        self,
        *,
        runs: RunWork,
        places: RightPlaces,
        retriever: Callable[[SearchSettings], Retriever],
        owner: str,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._runs = runs
        self._places = places
        self._retriever = retriever
        self._owner = owner
        self._clock = clock

    def free_abandoned(self) -> None:
        """Give back the runs that killed processes of this machine had taken."""
        for owner in self._runs.leases():
            if has_ended(owner):
                self._runs.free_leases(owner)

    def work_off(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Work off whatever waits."""
        for run_id in self._runs.pending():
            if stopping():
                return
            self.process(run_id, stopping)

    def process(self, run_id: str, stopping: Callable[[], bool] = lambda: False) -> str | None:
        """Work a run off; return ``done``, ``failed``, ``cancelled`` or ``postponed``, None if there was nothing to do."""
        task = self._runs.claim(run_id, self._owner)
        if task is None:
            return None
        bound = log.bind(run=run_id)
        try:
            outcome = self._attempt(task, stopping)
        except Unavailable as error:  # a part is away: later, from here
            bound.warning("run_postponed", error_code=error.error_code)
            outcome = self._put_off(task, Problem(error.error_code, error.message))
        except Exception:
            # The edge of a run: it must not end what works at it.
            bound.exception("run_crashed")
            self._runs.fail(task, _CRASHED)
            outcome = "failed"
        bound.info("run_ended", outcome=outcome)
        return outcome

    def _put_off(self, task: RunTask, problem: Problem) -> str:
        try:
            if task.attempts >= MAX_ATTEMPTS:
                self._runs.fail(task, problem)
                return "failed"
            self._runs.release(task)
        except Unavailable as error:  # of the database: the run is found again when its lease has run out
            log.warning("run_left", run=task.run_id, error_code=error.error_code)
        return "postponed"

    def _attempt(self, task: RunTask, stopping: Callable[[], bool]) -> str:
        collection = self._runs.collection(task.collection_id)
        if collection is None:  # deleted, and the run with it
            return "cancelled"
        questions = place(self._places, collection.id, self._runs.questions(collection.id))
        asked = [question for question in questions if not question.is_lost]
        left = [question for question in asked if question.question.id not in task.answered]
        if not asked:
            self._runs.fail(task, _NOTHING_LEFT)
            return "failed"
        if not self._measure(task, collection, left, len(asked), stopping):
            if stopping():
                self._runs.release(task)
                return "postponed"
            self._runs.fail(task, None)
            return "cancelled"
        results = self._runs.results(task)
        changes = [result.change for result in results]
        self._runs.finish(
            task,
            (_figures([result.before for result in results]), _figures([result.after for result in results])),
            better=sum(change > 0 for change in changes),
            worse=sum(change < 0 for change in changes),
            left_out=len(questions) - len(asked),
        )
        return "done"

    def _measure(
        self,
        task: RunTask,
        collection: Collection,
        questions: Sequence[PlacedQuestion],
        total: int,
        stopping: Callable[[], bool],
    ) -> bool:
        """Ask the questions and keep what comes of them; False when the work is to stop."""
        before, after = self._retriever(task.before), self._retriever(task.after)
        for retriever, settings in ((before, task.before), (after, task.after)):  # what is loaded at first use
            if questions:
                retriever.search(questions[0].question.text, [collection], settings.mode, RANKED)
        unstored: list[Result] = []
        stored = self._clock()
        for number, question in enumerate(questions):
            # By turns: whoever comes second finds the processor's caches filled.
            first = self._side(question, collection, *((before, task.before) if number % 2 else (after, task.after)))
            second = self._side(question, collection, *((after, task.after) if number % 2 else (before, task.before)))
            sides = (first, second) if number % 2 else (second, first)
            unstored.append(Result(question.question.id, question.question.text, question.question.language, *sides))
            if self._clock() - stored >= _STORE_SECONDS:
                if stopping() or not self._runs.store(task, unstored, total):
                    return False
                unstored, stored = [], self._clock()
        return self._runs.store(task, unstored, total)

    def _side(
        self, question: PlacedQuestion, collection: Collection, retriever: Retriever, settings: SearchSettings
    ) -> Side:
        relevance = _relevance(question)
        # Of documents several passages may be found, so more of those are asked for.
        depth = settings.candidates if _by_documents(question) else RANKED
        started = self._clock()
        result = retriever.search(question.question.text, [collection], settings.mode, depth)
        milliseconds = (self._clock() - started) * 1000
        found = _ranking(result, by_documents=_by_documents(question))
        ranking = list(found)[:RANKED]
        return Side(
            ndcg=ndcg(ranking, relevance, RANKED),
            recall=recall(ranking, relevance, RECALL_DEPTH),
            mrr=reciprocal_rank(ranking, relevance, RANKED),
            ms=round(milliseconds, 3),
            rank=next((rank for rank, key in enumerate(ranking, 1) if key in relevance), None),
            degraded=bool(result.degraded),
            found=tuple(Found(*found[key], right=key in relevance) for key in ranking[:SHOWN]),
        )


def _by_documents(question: PlacedQuestion) -> bool:
    """Where a whole document is right, documents are ranked, each by its first passage, as ``likeopt eval`` does."""
    return any(right.judgement.is_whole for right in question.places)


def _relevance(question: PlacedQuestion) -> dict[str, int]:
    relevance: dict[str, int] = {}
    for right in question.places:
        if right.document_id is None:
            continue
        keys = [right.document_id] if _by_documents(question) else [str(passage.id) for passage in right.passages]
        for key in keys:
            relevance[key] = max(relevance.get(key, 0), right.judgement.relevance)
    return relevance


def _ranking(result: SearchResult, *, by_documents: bool) -> dict[str, tuple[int, str]]:
    """Return what was found, best first, by what it is judged by: each with its passage and document."""
    found: dict[str, tuple[int, str]] = {}
    for hit in result.hits:
        key = hit.passage.document_id if by_documents else str(hit.passage.id)
        found.setdefault(key, (hit.passage.id, hit.passage.document_id))
    return found


def _figures(sides: Sequence[Side]) -> Figures:
    return Figures(
        ndcg=fmean(side.ndcg for side in sides),
        recall=fmean(side.recall for side in sides),
        mrr=fmean(side.mrr for side in sides),
        p50_ms=percentile([side.ms for side in sides], 0.5),
        degraded=sum(side.degraded for side in sides),
    )
