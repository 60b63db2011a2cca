"""Collecting test questions: typed in, or offered from what people liked and looked up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.app.domain.accounts import User
from backend.app.domain.evaluation import LabelledQuestion, NewQuestion, Offer, QuestionSource, RightPlace
from backend.app.errors import InvalidRequest, PassageNotFound, QuestionExists
from backend.app.security.typed_text import one_line
from backend.app.services.search import MAX_QUERY_CHARS
from backend.app.services.text.language import language_of
from backend.app.storage.evaluation_interfaces import LabelledQuestions, Offers, RightPlaces
from backend.app.storage.interfaces import Page

MAX_QUESTIONS = 15_000  # of a collection: a run over them takes minutes, not hours, and a megabyte per thousand
MAX_PASSAGES = 20  # that are right for one question


@dataclass(frozen=True, slots=True)
class PlacedQuestion:
    """A question with where its right passages stand today."""

    question: LabelledQuestion
    places: tuple[RightPlace, ...]

    @property
    def is_lost(self) -> bool:
        """Tell whether none of its right passages can be found now."""
        return not any(place.document_id for place in self.places)

    @property
    def waits(self) -> bool:
        """Tell whether documents with its right passages are still to be read."""
        return any(place.waits for place in self.places)


class QuestionService:
    """For administrators, each of whom sees the questions of the collections that are theirs to see.

    ``shared`` says whether they are offered what others asked of such collections.
    """

    def __init__(self, questions: LabelledQuestions, places: RightPlaces, offers: Offers, *, shared: bool) -> None:
        self._questions = questions
        self._places = places
        self._offers = offers
        self._shared = shared

    def page(
        self, user: User, collection_id: str, text: str | None, page: Page
    ) -> tuple[list[PlacedQuestion], str | None]:
        found, cursor = self._questions.page(user.id, collection_id, text, page)
        return self.placed(collection_id, found), cursor

    def count(self, user: User, collection_id: str) -> int:
        return self._questions.count(user.id, collection_id)

    def add(self, user: User, collection_id: str, text: str, passage_ids: Sequence[int]) -> PlacedQuestion:
        """Add a question that was typed in.

        Raises:
            InvalidRequest, QuestionExists, PassageNotFound, CollectionNotFound
        """
        text = _checked(text)
        _check_passages(passage_ids)
        judgements = self._questions.judgements_of(user.id, collection_id, passage_ids)
        if self._questions.known(user.id, collection_id, text):
            raise QuestionExists
        new = NewQuestion(text, language_of(text), QuestionSource.TYPED, judgements)
        return self._added(user, collection_id, new)

    def change(
        self, user: User, question_id: str, text: str | None, passage_ids: Sequence[int] | None
    ) -> PlacedQuestion:
        """Give a question other words, or other right passages.

        Raises:
            InvalidRequest, QuestionNotFound, QuestionExists, PassageNotFound
        """
        if passage_ids is not None:
            _check_passages(passage_ids)
        text = None if text is None else _checked(text)
        changed = self._questions.change(user.id, question_id, text=text, passage_ids=passage_ids)
        return self.placed(changed.collection_id, [changed])[0]

    def delete(self, user: User, question_id: str) -> str:
        """Delete a question; return the id of its collection."""
        return self._questions.delete(user.id, question_id)

    # --- offers -------------------------------------------------------------------------

    def opened(self, user: User, message_id: str, passage_id: int) -> None:
        """Note that somebody opened a citation of an answer of theirs."""
        self._offers.opened(user.id, message_id, passage_id)

    def offers(self, user: User, collection_id: str, page: Page) -> tuple[list[Offer], str | None]:
        return self._offers.page(user.id, collection_id, shared=self._shared, page=page)

    def accept(
        self, user: User, collection_id: str, message_id: str, passage_ids: Sequence[int] | None
    ) -> PlacedQuestion:
        """Make a question that was offered a test question; ``passage_ids`` are those of its passages that are right.

        Raises:
            InvalidRequest, MessageNotFound, PassageNotFound, CollectionNotFound
        """
        offer = self._offers.get(user.id, collection_id, message_id, shared=self._shared)
        judgements = offer.judgements
        if passage_ids is None and offer.source is QuestionSource.THUMB_DOWN:
            raise InvalidRequest("Its answer was disliked: name the `passage_ids` that are right all the same.")
        if passage_ids is not None:
            _check_passages(passage_ids)
            judgements = tuple(judgement for judgement in judgements if judgement.passage_id in passage_ids)
            if len(judgements) < len(set(passage_ids)):
                raise PassageNotFound
        text = _checked(offer.text[:MAX_QUERY_CHARS])
        return self._added(user, collection_id, NewQuestion(text, language_of(text), offer.source, judgements))

    def dismiss(self, user: User, message_id: str) -> None:
        """Offer a question no more to this administrator."""
        self._offers.dismiss(user.id, message_id, shared=self._shared)

    # --- where they stand ---------------------------------------------------------------

    def placed(self, collection_id: str, questions: Sequence[LabelledQuestion]) -> list[PlacedQuestion]:
        """Return the questions with where their right passages stand."""
        return place(self._places, collection_id, questions)

    def _added(self, user: User, collection_id: str, new: NewQuestion) -> PlacedQuestion:
        (question,) = self._questions.add(user.id, collection_id, [new], most=MAX_QUESTIONS)
        return self.placed(collection_id, [question])[0]


def place(places: RightPlaces, collection_id: str, questions: Sequence[LabelledQuestion]) -> list[PlacedQuestion]:
    """Return the questions of one collection with where their right passages stand today."""
    found = iter(places.find(collection_id, [judgement for one in questions for judgement in one.judgements]))
    return [PlacedQuestion(one, tuple(next(found) for _ in one.judgements)) for one in questions]


def _checked(text: str) -> str:
    text = one_line(text)
    if not 1 <= len(text) <= MAX_QUERY_CHARS:
        raise InvalidRequest(f"A question has 1 to {MAX_QUERY_CHARS:,} characters.")
    return text


def _check_passages(passage_ids: Sequence[int]) -> None:
    if not 1 <= len(set(passage_ids)) <= MAX_PASSAGES:
        raise InvalidRequest(f"Name 1 to {MAX_PASSAGES} passages that are right for the question.")
