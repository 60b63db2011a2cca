from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend.app.domain.chat import Speaker, Turn
from backend.app.domain.documents import Collection, Passage
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.overview import Overview, spread
from backend.app.storage.outline_interfaces import Named, Step
from tests.fakes.things import collection, passage


class Library:
    """Documents of so many passages each, in collections; a passage's id tells its document and its place."""

    def __init__(self) -> None:
        self.documents_: list[Named] = []
        self.steps_: dict[str, list[Step]] = {}
        self.hidden: set[int] = set()

    def put(self, title: str, passages: int, filename: str = "", of: str = "c1") -> None:
        number = len(self.documents_) + 1
        self.documents_.insert(0, Named(str(number), of, title, filename or f"{title}.txt"))
        self.steps_[str(number)] = [Step(100 * number + place, None, 800) for place in range(passages)]

    def documents(self, collection_ids: Sequence[str], most: int) -> list[Named]:
        return [document for document in self.documents_ if document.collection_id in collection_ids][:most]

    def steps(self, document_id: str) -> list[Step]:
        return self.steps_[document_id]

    def visible(self, ids: Sequence[int], collection_ids: Sequence[str]) -> dict[int, tuple[Passage, str]]:
        titles = {document.id: document.title for document in self.documents_}
        return {id: (passage(id, f"text {id}"), titles[str(id // 100)]) for id in ids if id not in self.hidden}


def asked(library: Library, question: str, *collections: Collection, history: Sequence[Turn] = ()) -> list[int]:
    overview = Overview(library, library, Analyzer(), most=4)  # type: ignore[arg-type]  # `of_collection` is not asked
    return [hit.passage.id for hit in overview.of(question, history, collections or (collection("c1"),))]


def library(*titles: str, passages: int = 10) -> Library:
    found = Library()
    for title in titles:
        found.put(title, passages)
    return found


def test_a_named_document_is_shown_from_its_first_passage_to_its_last() -> None:
    assert asked(library("Annual report 2024", "Annual report 2023"), "Summarise the annual report 2024") == [
        100, 103, 106, 109,
    ]  # fmt: skip


def test_the_name_may_be_the_files() -> None:
    found = Library()
    found.put("Untold", 2, "선박_안전_규정.pdf")
    found.put("Other", 2)
    assert asked(found, "선박 안전 규정 요약해 줘") == [100, 101]


def test_the_document_with_the_closest_name_is_meant() -> None:
    assert asked(library("Handbook", "Handbook of ropes and knots", passages=1), "What is the handbook about?") == [100]


def test_a_name_may_be_made_of_words_with_which_one_asks() -> None:
    found = library("Main points of all reports", "The report", "Summary")
    assert asked(found, "What are the main points of “The report”?")[0] == 200
    assert asked(found, "Summarise main points of all reports")[0] == 100
    assert asked(found, "‘Summary’의 핵심 내용은 무엇인가요?")[0] == 300
    assert asked(found, "Give me a summary of my documents")[0] == 300, "the newest of all"


def test_what_names_no_document_is_searched_for() -> None:
    assert asked(library("Handbook"), "Summarise the section on cooling") == []


def test_nothing_is_brought_for_a_question_in_particular() -> None:
    assert asked(library("Handbook"), "What does the handbook say about ropes?") == []


def test_a_collection_can_be_named() -> None:
    found = library("Handbook")
    found.put("Ropes", 1, of="c2")
    ships = replace(collection("c2"), name="Ships")
    assert asked(found, "Give me an overview of the ships collection", collection("c1"), ships) == [200]


def test_pointed_at_is_what_was_spoken_of_last() -> None:
    turns = [Turn(Speaker.USER, "How long?"), Turn(Speaker.ASSISTANT, "A day [1].", "Ropes")]
    assert asked(library("Ropes", "Lamps", passages=2), "Summarise it", history=turns) == [100, 101]


def test_without_a_name_all_documents_begin_the_newest_first() -> None:
    assert asked(library("Ropes", "Lamps", "Books"), "Summarise my documents") == [300, 309, 200, 100]
    assert asked(library("Ropes"), "이 문서 요약해 줘") == [100, 103, 106, 109]


def test_many_documents_show_their_beginnings() -> None:
    assert asked(library(*"abcdefgh"), "What are these documents about?") == [800, 700, 600, 500]


def test_what_may_not_be_seen_is_left_out() -> None:
    found = library("Ropes")
    found.hidden = {100, 103}
    assert asked(found, "Summarise this document") == [106, 109]


def test_documents_elsewhere_are_not_looked_at() -> None:
    found = Library()
    found.put("Ropes", 2, of="c9")
    assert asked(found, "Summarise the ropes") == []


def test_a_step_is_taken_to_where_a_section_begins() -> None:
    headings = ["1", "1", "2", "2", "2", "2", "3", "3", "3", "3"]
    steps = [Step(n, heading, 800) for n, heading in enumerate(headings)]
    assert spread(steps, 4) == [0, 2, 6, 9]


def test_title_pages_are_left_out_where_there_is_more() -> None:
    assert spread([Step(0, None, 30), Step(1, None, 800), Step(2, None, 800)], 6) == [1, 2]
    assert spread([Step(0, None, 30)], 6) == [0]
    assert spread([Step(n, None, 800) for n in range(5)], 1) == [0]
