"""Runs as administrators start and read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.app.domain.accounts import User
from backend.app.domain.documents import Passage
from backend.app.domain.evaluation import RANKED, Change, Result, Run, SearchSettings
from backend.app.errors import InvalidRequest
from backend.app.storage.evaluation_interfaces import EvaluationRuns
from backend.app.storage.interfaces import Page, Passages

MAX_CANDIDATES = 1000

Shown = Mapping[int, tuple[Passage, str]]


@dataclass(frozen=True, slots=True)
class ShownResults:
    """A part of a run's results, and those of the passages they name that are still there, with titles."""

    results: Sequence[Result]
    passages: Shown
    next_cursor: str | None


class RunService:
    """Compares today's settings of search with others that need no new index."""

    def __init__(self, runs: EvaluationRuns, passages: Passages, today: SearchSettings) -> None:
        self._runs = runs
        self._passages = passages
        self.today = today

    def start(self, user: User, collection_id: str, after: SearchSettings) -> Run:
        """Put a run in line for the indexer.

        Raises:
            InvalidRequest, CollectionNotFound, Conflict
        """
        if not 0 <= after.vector_weight <= 1:
            raise InvalidRequest("`vector_weight` is a number from 0 to 1.")
        if not RANKED <= after.candidates <= MAX_CANDIDATES:  # fewer than are ranked would change nothing
            raise InvalidRequest(f"`candidates` is a number from {RANKED} to {MAX_CANDIDATES:,}.")
        if after == self.today:
            raise InvalidRequest("These are today's settings. Change one of them to compare.")
        return self._runs.start(user.id, collection_id, self.today, after)

    def page(self, user: User, collection_id: str, page: Page) -> tuple[list[Run], str | None]:
        return self._runs.page(user.id, collection_id, page)

    def get(self, user: User, run_id: str) -> Run:
        return self._runs.get(user.id, run_id)

    def cancel(self, user: User, run_id: str) -> Run:
        return self._runs.cancel(user.id, run_id)

    def delete(self, user: User, run_id: str) -> str:
        """Delete a run with its results, and return the id of its collection; one that is being worked at stops."""
        return self._runs.delete(user.id, run_id)

    def results(self, user: User, run_id: str, change: Change, page: Page) -> ShownResults:
        run = self._runs.get(user.id, run_id)
        results, cursor = self._runs.results(user.id, run_id, change, page)
        named = {
            found.passage_id for result in results for side in (result.before, result.after) for found in side.found
        }
        return ShownResults(results, self._passages.visible(sorted(named), [run.collection_id]), cursor)
