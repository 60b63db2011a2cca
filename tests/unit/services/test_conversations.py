from __future__ import annotations

import pytest

from backend.app.domain.chat import Citation, Source, Speaker
from backend.app.errors import ConversationNotFound, InvalidRequest, MessageNotFound
from backend.app.services.conversations import ConversationService
from backend.app.storage.interfaces import Page
from tests.fakes.conversations import MemoryConversations
from tests.fakes.things import conversation, message, user

ADA, EVE = user("ada"), user("eve")


def source(n: int, **changes: object) -> Source:
    fields = {"title": f"Paper {n}", "page": None, "heading": None}
    return Source(n=n, document_id="d", passage_id=n, text="text", start=0, end=4, score=1.0, **{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture
def rows() -> MemoryConversations:
    rows = MemoryConversations()
    rows.put(
        "ada", conversation("talk", title="Leave"), message("q", "How long?"), message("a", "20.", Speaker.ASSISTANT)
    )
    return rows


@pytest.fixture
def service(rows: MemoryConversations) -> ConversationService:
    return ConversationService(rows)


def test_somebody_elses_conversation_is_not_found_whatever_is_asked(service: ConversationService) -> None:
    for call in (
        lambda: service.get(EVE, "talk"),
        lambda: service.messages(EVE, "talk", Page()),
        lambda: service.update(EVE, "talk", title="Mine", pinned=None),
        lambda: service.delete(EVE, "talk"),
        lambda: service.as_markdown(EVE, "talk"),
        lambda: service.all_messages(EVE, "talk"),
    ):
        with pytest.raises(ConversationNotFound):
            call()
    with pytest.raises(MessageNotFound):
        service.rate(EVE, "a", 1, None)
    assert service.page(EVE, None, Page()) == ([], None)
    assert service.get(ADA, "talk").title == "Leave"


def test_titles_are_tidied_and_what_is_not_given_stays(service: ConversationService) -> None:
    assert service.update(ADA, "talk", title=" New\n title\x00 ", pinned=None).title == "New title"
    changed = service.update(ADA, "talk", title=None, pinned=True)
    assert (changed.title, changed.pinned) == ("New title", True)


@pytest.mark.parametrize("title", ["", " \n ", "\x00", "x" * 301])
def test_titles_have_their_bounds(service: ConversationService, title: str) -> None:
    with pytest.raises(InvalidRequest, match="1 to 300"):
        service.update(ADA, "talk", title=title, pinned=None)


def test_deleting(service: ConversationService) -> None:
    service.delete(ADA, "talk")
    with pytest.raises(ConversationNotFound):
        service.get(ADA, "talk")


@pytest.mark.parametrize(("value", "kept"), [(1, 1), (-1, -1), (0, None)])
def test_a_thumb_is_noted_and_taken_back_with_its_word(
    service: ConversationService, value: int, kept: int | None
) -> None:
    rated = service.rate(ADA, "a", value, "  because \x00")
    assert (rated.feedback, rated.comment) == (kept, kept and "because")


@pytest.mark.parametrize(("value", "comment"), [(2, None), (-5, None), (1, "x" * 4001)])
def test_a_rating_has_its_bounds(service: ConversationService, value: int, comment: str | None) -> None:
    with pytest.raises(InvalidRequest):
        service.rate(ADA, "a", value, comment)


def test_all_messages_come_in_order_however_many(service: ConversationService, rows: MemoryConversations) -> None:
    rows.put("ada", conversation("long"), *[message(f"m{n}", str(n)) for n in range(451)])
    assert [m.text for m in service.all_messages(ADA, "long")] == [str(n) for n in range(451)]


def test_markdown_names_the_cited_sources_and_no_others(
    service: ConversationService, rows: MemoryConversations
) -> None:
    answer = message(
        "a",
        "Twenty days [1], see also [3].",
        Speaker.ASSISTANT,
        sources=(source(1, page=4, heading="Leave"), source(2), source(3)),
        citations=(Citation(1, 1, "text", 0, 4), Citation(3, 3, "text", 0, 4)),
    )
    rows.put("ada", conversation("talk", title="Leave"), message("q", "How long?\n\nAnd when?"), answer)
    assert service.as_markdown(ADA, "talk") == (
        "# Leave\n\n"
        "> How long?\n> \n> And when?\n\n"
        "Twenty days [1], see also [3].\n\n"
        "[1] Paper 1 (p. 4, Leave)  \n[3] Paper 3\n"
    )
