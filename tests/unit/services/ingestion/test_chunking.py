"""What every reader of passages relies on."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.app.domain.documents import Chunk, ExtractedDocument, Heading, PageSpan
from backend.app.services.ingestion.chunking import chunk

SENTENCE = "The keeper writes the state of the weather into the log at every watch. "
KOREAN = "도서관은 화요일부터 일요일까지 아침 아홉 시에 문을 열고 저녁 여덟 시에 닫습니다. "


def document(text: str, headings: tuple[Heading, ...] = (), pages: tuple[PageSpan, ...] = ()) -> ExtractedDocument:
    return ExtractedDocument(text=text, title=None, media_type="text/plain", pages=pages, headings=headings)


def with_headings(*sections: tuple[int, str, str]) -> ExtractedDocument:
    """Build a document from (level, title, body)."""
    text, headings = "", []
    for level, title, body in sections:
        headings.append(Heading(len(text), level, title))
        text += f"{title}\n\n{body}\n\n" if body else f"{title}\n\n"
    return document(text.rstrip(), tuple(headings))


def with_pages(*bodies: str, join: str = "\n\n") -> ExtractedDocument:
    text, pages = "", []
    for number, body in enumerate(bodies, start=1):
        text += join if text else ""
        pages.append(PageSpan(number, len(text), len(text) + len(body)))
        text += body
    return document(text, pages=tuple(pages))


def check(source: ExtractedDocument, chunks: list[Chunk], target: int) -> None:
    text = source.text
    assert [piece.ordinal for piece in chunks] == list(range(len(chunks)))
    covered = 0
    before = -1
    for piece in chunks:
        assert piece.text == text[piece.start : piece.end]
        assert piece.text == piece.text.strip()
        assert piece.text
        assert piece.start > before
        assert len(piece.text) <= target + target // 2
        assert not text[covered : piece.start].strip(), "something visible lies between two passages"
        before, covered = piece.start, max(covered, piece.end)
        assert piece.heading is None or len(piece.heading) <= 200
    assert not text[covered:].strip()


LETTERS = st.sampled_from(
    [*"ab .!?\n\n  가나다요。\u0301\u200d👍🏽한ᄒ\u1161\u11ab\t|-(9", "\n\n", "다. ", "e.g. ", "word ", "긴문장 "]
)


@st.composite
def documents(draw: st.DrawFn) -> ExtractedDocument:
    text = "".join(draw(st.lists(LETTERS, max_size=600)))
    places = draw(st.lists(st.integers(0, max(0, len(text) - 1)), max_size=12)) if text else []
    headings = tuple(Heading(at, draw(st.integers(1, 6)), text[at : at + 9].strip() or "x") for at in sorted(places))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=5)))
    edges = [0, *cuts, len(text)]
    pages = tuple(PageSpan(n, a, b) for n, (a, b) in enumerate(pairwise(edges), start=1))
    return document(text, headings, pages if draw(st.booleans()) else ())


@settings(max_examples=300, deadline=None)
@given(documents(), st.integers(1, 200), st.integers(0, 60))
def test_slices_are_exact_ordered_bounded_and_cover_everything(
    source: ExtractedDocument, target: int, overlap: int
) -> None:
    check(source, chunk(source, target=target, overlap=overlap), target)


@settings(max_examples=100, deadline=None)
@given(documents(), st.integers(1, 200))
def test_without_overlap_no_two_passages_share_a_character(source: ExtractedDocument, target: int) -> None:
    chunks = chunk(source, target=target)
    assert all(one.end <= other.start for one, other in pairwise(chunks))


@pytest.mark.parametrize("text", ["", " \n\t ", "\n\n\n"])
def test_nothing_visible_makes_no_passage(text: str) -> None:
    assert chunk(document(text), target=100) == []


def test_a_text_up_to_half_longer_than_the_target_stays_whole() -> None:
    text = (SENTENCE * 20)[:1480].strip()
    assert [piece.text for piece in chunk(document(text), target=1000)] == [text]


def test_long_texts_are_cut_after_sentences() -> None:
    for source in (SENTENCE * 100, KOREAN * 100):
        chunks = chunk(document(source), target=500)
        check(document(source), chunks, 500)
        assert all(piece.text.endswith(".") for piece in chunks)
        assert all(len(piece.text) >= 300 for piece in chunks[:-1])


@pytest.mark.parametrize("mark", ["Dr. Kim", "e.g. this", "No. 7", "J. Doe", "version 3.5 of"])
def test_abbreviations_and_numbers_end_no_sentence(mark: str) -> None:
    text = " ".join(f"X{'x' * 30} {mark} {'y' * 30}." for _ in range(20))
    assert all(piece.text.endswith("y.") for piece in chunk(document(text), target=200))


def test_paragraphs_are_kept_together_where_they_fit() -> None:
    paragraphs = [(f"{number} " + SENTENCE * 5).strip() for number in range(10)]
    chunks = chunk(document("\n\n".join(paragraphs)), target=1000)
    assert [piece.text.count("\n\n") for piece in chunks] == [1] * 5
    assert all(piece.text.split("\n\n")[0] in paragraphs for piece in chunks)


def test_a_heading_begins_a_passage_and_stays_with_its_text() -> None:
    source = with_headings((1, "One", SENTENCE * 8), (1, "Two", SENTENCE * 25), (1, "Three", SENTENCE * 8))
    chunks = chunk(source, target=1000)
    check(source, chunks, 1000)
    for title in ("One", "Two", "Three"):
        first = next(piece for piece in chunks if piece.heading == title)
        assert first.text.startswith(f"{title}\n\nThe keeper")


def test_the_path_names_the_headings_above_and_later_passages_keep_it() -> None:
    source = with_headings((1, "Guide", SENTENCE * 9), (2, "설치", SENTENCE * 30), (3, "Linux", SENTENCE * 9))
    paths = [piece.heading for piece in chunk(source, target=800)]
    assert paths[0] == "Guide"
    assert paths.count("Guide › 설치") >= 2
    assert paths[-1] == "Guide › 설치 › Linux"


def test_headings_without_text_open_the_passage_of_the_next_one() -> None:
    source = with_headings((1, "Chapter", ""), (2, "Section", SENTENCE * 9), (2, "Other", SENTENCE * 9))
    chunks = chunk(source, target=700)
    assert chunks[0].text.startswith("Chapter\n\nSection\n\nThe keeper")
    assert chunks[0].heading == "Chapter › Section"


def test_a_title_without_text_joins_the_chapter_after_it() -> None:
    chunks = chunk(with_headings((1, "The Book", ""), (1, "Chapter", SENTENCE * 30)), target=1000)
    assert chunks[0].text.startswith("The Book\n\nChapter\n\nThe keeper")
    assert chunks[0].heading == "Chapter"


def test_tiny_sections_under_one_parent_share_a_passage_and_others_do_not() -> None:
    tiny = [(2, f"Q{number}", "Short answer.") for number in range(4)]
    source = with_headings((1, "FAQ", "Intro."), *tiny, (1, "Legal", SENTENCE * 5))
    chunks = chunk(source, target=1000)
    assert [piece.heading for piece in chunks] == ["FAQ", "Legal"]


def test_a_long_path_gives_way_at_its_outer_end() -> None:
    sections = [(level, f"{level} " + "long title " * 12, SENTENCE * 12) for level in range(1, 6)]
    last = chunk(with_headings(*sections), target=800)[-1]
    assert last.heading is not None
    assert len(last.heading) <= 200
    assert last.heading.split(" › ")[-1].startswith("5 long title")


def test_passages_keep_to_their_page() -> None:
    source = with_pages(SENTENCE * 8, SENTENCE * 8, SENTENCE * 8)
    chunks = chunk(source, target=1000)
    assert [piece.page for piece in chunks] == [1, 2, 3]


def test_a_sentence_over_the_page_break_stays_whole() -> None:
    source = with_pages(SENTENCE * 8 + "The beam reaches", "twenty miles. " + SENTENCE * 8, join=" ")
    chunks = chunk(source, target=1000)
    assert chunks[0].text.endswith("The beam reaches twenty miles.")
    assert [piece.page for piece in chunks] == [1, 2]


def test_nearly_empty_pages_share_a_passage() -> None:
    chunks = chunk(with_pages(*["A short slide."] * 30), target=1000)
    assert len(chunks) < 10
    assert chunks[0].page == 1


def test_letters_are_never_parted_from_their_marks() -> None:
    for cluster in ("e\u0301\u0323", "👍🏽", "👨\u200d👩\u200d👧", "\u1112\u1161\u11ab"):
        source = document(cluster * 500)
        chunks = chunk(source, target=100)
        check(source, chunks, 100)
        assert all(len(piece.text) % len(cluster) == 0 for piece in chunks)


def test_marks_without_end_are_cut_all_the_same() -> None:
    source = document("a" + "\u0301" * 5000)
    check(source, chunk(source, target=100), 100)


def test_overlap_repeats_whole_words_of_the_passage_before() -> None:
    source = document(SENTENCE * 60)
    chunks = chunk(source, target=500, overlap=80)
    check(source, chunks, 500)
    for one, other in pairwise(chunks):
        assert 0 < one.end - other.start <= 80
        assert source.text[other.start - 1].isspace()


def test_hostile_shapes_are_cut() -> None:
    shapes = {
        "no spaces": document("가" * 1_000_000),
        "brackets": document("[" * 150_000 + "a"),
        "closing brackets": document("a." + ")" * 150_000),
        "full stops": document("." * 150_000),
        "newlines": document("\n \n" * 100_000 + "a"),
        "tiny sentences": document("a. " * 200_000),
    }
    for source in shapes.values():
        check(source, chunk(source, target=1000), 1000)


def test_a_hundred_thousand_headings_are_cut() -> None:
    text = "title\n\n" * 100_000
    headings = tuple(Heading(7 * number, number % 6 + 1, "title") for number in range(100_000))
    source = document(text, headings)
    check(source, chunk(source, target=1000), 1000)


def test_normal_form_is_kept() -> None:
    text = unicodedata.normalize("NFC", KOREAN * 50)
    assert all(unicodedata.is_normalized("NFC", piece.text) for piece in chunk(document(text), target=300))
