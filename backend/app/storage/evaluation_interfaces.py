"""What the services that measure search ask of storage; as in ``interfaces``, ``user_id`` says who may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.app.domain.documents import Collection, Problem
from backend.app.domain.evaluation import (
    Change,
    Figures,
    Judgement,
    LabelledQuestion,
    NewQuestion,
    Offer,
    Result,
    RightPlace,
    Run,
    RunTask,
    SearchSettings,
)
from backend.app.storage.interfaces import Page


class LabelledQuestions(Protocol):
    """Test questions, each of one collection: whoever may see that may see and change them."""

    def page(
        self, user_id: str, collection_id: str, text: str | None, page: Page
    ) -> tuple[list[LabelledQuestion], str | None]: ...
    def count(self, user_id: str, collection_id: str) -> int: ...
    def get(self, user_id: str, question_id: str) -> LabelledQuestion: ...
    def judgements_of(self, user_id: str, collection_id: str, passage_ids: Sequence[int]) -> tuple[Judgement, ...]:
        """Return the passages as judgements, in their order.

        Raises:
            PassageNotFound: one of them is not in this collection.
        """

    def add(
        self, user_id: str, collection_id: str, questions: Sequence[NewQuestion], *, most: int
    ) -> list[LabelledQuestion]:
        """Add questions in one transaction; one whose text is there already gets the new passages too.

        Raises:
            CollectionNotFound, Conflict: there would be more than ``most``.
        """

    def known(self, user_id: str, collection_id: str, text: str) -> bool:
        """Tell whether the collection has a question of these words."""

    def change(
        self, user_id: str, question_id: str, *, text: str | None, passage_ids: Sequence[int] | None
    ) -> LabelledQuestion:
        """Give a question other words or other passages.

        Raises:
            QuestionNotFound, QuestionExists, PassageNotFound
        """

    def delete(self, user_id: str, question_id: str) -> str:
        """Delete a question; return the id of its collection."""


class RightPlaces(Protocol):
    def find(self, collection_id: str, judgements: Sequence[Judgement]) -> list[RightPlace]:
        """Return where each judgement leads today, in the same order."""


class Offers(Protocol):
    """Questions that people asked, with the passages whose citations they liked or opened."""

    def opened(self, user_id: str, message_id: str, passage_id: int) -> None:
        """Note that a person opened a citation of an answer of theirs.

        Raises:
            MessageNotFound: the answer is not theirs, or cites no such passage.
        """

    def page(self, user_id: str, collection_id: str, *, shared: bool, page: Page) -> tuple[list[Offer], str | None]:
        """Return offers, newest first; a page may hold fewer than there is room for and still not be the last.

        ``shared``: others' too, where every source of the answer is the user's to see.
        """

    def get(self, user_id: str, collection_id: str, message_id: str, *, shared: bool) -> Offer: ...
    def dismiss(self, user_id: str, message_id: str, *, shared: bool) -> None: ...


class EvaluationRuns(Protocol):
    def start(self, user_id: str, collection_id: str, before: SearchSettings, after: SearchSettings) -> Run:
        """Put a run in line.

        Raises:
            CollectionNotFound, Conflict: another run of the collection has not ended.
        """

    def page(self, user_id: str, collection_id: str, page: Page) -> tuple[list[Run], str | None]: ...
    def get(self, user_id: str, run_id: str) -> Run: ...
    def cancel(self, user_id: str, run_id: str) -> Run: ...
    def delete(self, user_id: str, run_id: str) -> str:
        """Delete a run; return the id of its collection."""

    def results(self, user_id: str, run_id: str, change: Change, page: Page) -> tuple[list[Result], str | None]:
        """Return results, those that changed most first."""


class RunWork(Protocol):
    """The view of whoever works runs off: it acts for the system, not for a user."""

    def pending(self) -> list[str]: ...
    def claim(self, run_id: str, owner: str) -> RunTask | None:
        """Take a run for this process; None when it has ended, is gone, or another works at it."""

    def collection(self, collection_id: str) -> Collection | None: ...
    def questions(self, collection_id: str) -> list[LabelledQuestion]: ...
    def store(self, task: RunTask, results: Sequence[Result], total: int) -> bool:
        """Add results, and keep the run for longer; False when the work is to stop."""

    def results(self, task: RunTask) -> list[Result]: ...
    def finish(
        self, task: RunTask, figures: tuple[Figures, Figures], *, better: int, worse: int, left_out: int
    ) -> None: ...
    def fail(self, task: RunTask, problem: Problem | None) -> None:
        """End a run; without a problem it was cancelled."""

    def release(self, task: RunTask) -> None: ...
    def leases(self) -> list[str]: ...
    def free_leases(self, owner: str) -> None: ...
