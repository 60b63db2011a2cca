"""One suite over both engines: what one finds in the two languages, the other finds too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from backend.app.domain.documents import Passage
from backend.app.domain.search import ScoredId
from backend.app.errors import SearchUnavailable
from backend.app.storage.contents import WordIndexes
from backend.app.storage.indexes.rank_bm25 import RankBm25Indexes
from backend.app.storage.indexes.tantivy import TantivyIndexes
from tests.contract.indexes.corpus import QUESTIONS, passages, terms

PASSAGES = passages()
FIRST_DOCUMENT = PASSAGES[0].document_id


class Library:
    """An index with what SQL would hold of it: rank_bm25 reads there, tantivy is told."""

    def __init__(self, folder: Path | None) -> None:
        self.stored: dict[str, dict[int, Passage]] = {}
        self.index: WordIndexes = RankBm25Indexes(self._terms_of) if folder is None else TantivyIndexes(folder, "1")
        self.version = 0

    def _terms_of(self, collection_id: str) -> Iterable[tuple[int, list[str]]]:
        return [(passage.id, terms(passage.text)) for passage in self.stored.get(collection_id, {}).values()]

    def add(self, passages: Sequence[Passage], collection_id: str = "c") -> None:
        self.stored.setdefault(collection_id, {}).update({passage.id: passage for passage in passages})
        self.index.add(collection_id, [(passage, terms(passage.text)) for passage in passages])
        self.version += 1

    def remove(self, document_id: str, collection_id: str = "c") -> None:
        stored = self.stored[collection_id]
        self.stored[collection_id] = {id: p for id, p in stored.items() if p.document_id != document_id}
        self.index.remove_document(collection_id, document_id)
        self.version += 1

    def drop(self, collection_id: str = "c") -> None:
        self.stored.pop(collection_id, None)
        self.index.drop(collection_id)
        self.version += 1

    def search(self, question: str, k: int = 100, collection_id: str = "c") -> list[ScoredId]:
        return self.index.search(collection_id, self.version, terms(question), k)

    def ids(self, question: str, k: int = 100, collection_id: str = "c") -> list[int]:
        return [found.passage_id for found in self.search(question, k, collection_id)]


@pytest.fixture(params=["tantivy", "rank_bm25"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path if request.param == "tantivy" else None)
    yield library
    library.index.close()


@pytest.fixture
def both(tmp_path: Path) -> tuple[Library, Library]:
    return Library(tmp_path), Library(None)


def test_the_size_is_what_a_search_looks_through(library: Library) -> None:
    library.add(PASSAGES)
    assert library.index.size("c", library.version) == len(PASSAGES)
    library.remove(FIRST_DOCUMENT)
    assert library.index.size("c", library.version) == len(library.stored["c"]) < len(PASSAGES)


@pytest.mark.parametrize("question", QUESTIONS)
def test_both_engines_give_the_same_scores(both: tuple[Library, Library], question: str) -> None:
    for library in both:
        library.add(PASSAGES)
    fast, plain = (sorted(library.search(question), key=_best_first) for library in both)
    assert [found.passage_id for found in fast] == [found.passage_id for found in plain]
    assert [found.score for found in fast] == pytest.approx([found.score for found in plain], rel=1e-4)


def test_of_long_passages_both_find_the_same_nearly_in_the_same_order(both: tuple[Library, Library]) -> None:
    # tantivy keeps a length above 40 terms to an eighth, in one byte: neighbours may change places.
    texts = [" ".join(p.text for p in PASSAGES[n : n + 2 + n % 9]) for n in range(len(PASSAGES) - 1)]
    for library in both:
        library.add([replace(PASSAGES[n], text=text) for n, text in enumerate(texts)])
    assert max(len(terms(text)) for text in texts) > 150
    for question in QUESTIONS:
        fast, plain = ({found.passage_id: found.score for found in library.search(question)} for library in both)
        assert fast.keys() == plain.keys()
        assert [fast[id] for id in fast] == pytest.approx([plain[id] for id in fast], rel=0.05)


def test_every_question_finds_something_to_compare(library: Library) -> None:
    library.add(PASSAGES)
    assert all(library.ids(question) for question in QUESTIONS)


def test_a_term_that_most_passages_hold_still_counts_in_favour(library: Library) -> None:
    library.add(PASSAGES[:5])  # four of them say «bread» or «the»
    assert all(found.score > 0 for found in library.search("the bread"))


def test_after_a_removal_both_find_the_same(both: tuple[Library, Library]) -> None:
    # Not with the same scores: tantivy counts removed passages in its statistics until it merges.
    for library in both:
        library.add(PASSAGES)
        library.remove(FIRST_DOCUMENT)
    fast, plain = both
    for question in QUESTIONS:
        assert set(fast.ids(question)) == set(plain.ids(question))


def test_the_best_come_first_and_no_more_than_asked_for(library: Library) -> None:
    library.add(PASSAGES)
    found = library.search("bread oven")
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    assert library.search("bread oven", 2) == found[:2]
    assert library.search("bread oven", 0) == []


@pytest.mark.parametrize(
    ("question", "beginning"),
    [
        ("How long do I knead?", "Knead the dough"),
        ("kneading doughs", "Knead the dough"),
        ("보증금은 언제 돌려받나요", "보증금은 계약이"),
        ("임대차계약", "임대차 계약은"),
        ("난방의 수리", "집주인은 지붕과"),
        ("redis 캐시", "서버를 다시"),
        ("색인기", "The server 서버"),
    ],
)
def test_the_passage_that_answers_comes_first(library: Library, question: str, beginning: str) -> None:
    library.add(PASSAGES)
    best = library.ids(question)[0]
    assert PASSAGES[best - 1].text.startswith(beginning)


def test_a_question_without_known_terms_finds_nothing(library: Library) -> None:
    library.add(PASSAGES)
    for question in ("", "   ", "?!", "zebra", "얼룩말"):
        assert library.search(question) == []


def test_characters_of_query_languages_mean_nothing(library: Library) -> None:
    library.add(PASSAGES)
    index, version = library.index, library.version
    for term in ("*", "bread*", "+bread", "bread~2", '"bread"', "terms:bread", "a AND b", "[a TO z]", "/b.*/", "\x00"):
        assert index.search("c", version, [term], 10) == []


def test_an_empty_index_finds_nothing(library: Library) -> None:
    library.add([])
    assert library.index.exists("c")
    assert library.index.count("c") == 0
    assert library.search("bread") == []


def test_passages_without_terms_are_no_trouble(library: Library) -> None:
    library.add([Passage(1, "d", "c", 0, "…", 0, 1, None, None)])
    assert library.search("bread") == []
    assert library.index.count("c") == 1


def test_collections_are_apart_in_what_they_find_and_in_how_they_weigh(library: Library) -> None:
    library.add(PASSAGES, "c")
    alone = library.search("bread", collection_id="c")
    library.add([Passage(900 + n, "d", "other", n, "bread and butter", 0, 1, None, None) for n in range(9)], "other")
    assert library.search("bread", collection_id="c") == alone
    assert set(library.ids("bread", collection_id="other")) == set(range(900, 909))


def test_counting_and_removing(library: Library) -> None:
    library.add(PASSAGES)
    assert library.index.count("c") == len(PASSAGES)
    library.remove(FIRST_DOCUMENT)
    assert library.index.count("c") == len(PASSAGES) - 5
    assert not set(library.ids("bread dough salt rye the")) & {1, 2, 3, 4, 5}
    library.remove(FIRST_DOCUMENT)
    library.remove("no such document")
    assert library.index.count("c") == len(PASSAGES) - 5


def test_what_was_removed_can_come_again(library: Library) -> None:
    library.add(PASSAGES)
    library.remove(FIRST_DOCUMENT)
    library.add(PASSAGES[:5])
    assert library.index.count("c") == len(PASSAGES)
    assert library.ids("knead")[0] == 1


def test_what_is_added_little_by_little_is_found(library: Library) -> None:
    for passage in PASSAGES:
        library.add([passage])
    assert library.index.count("c") == len(PASSAGES)
    for question in QUESTIONS:
        assert library.ids(question)


def test_a_dropped_index_holds_nothing_and_can_be_made_anew(library: Library) -> None:
    library.add(PASSAGES)
    library.add(PASSAGES, "kept")
    library.drop()
    library.drop()
    assert library.index.count("c") == 0
    library.add(PASSAGES[:5])
    assert library.index.count("c") == 5
    assert set(library.ids("bread")) <= {1, 2, 3, 4, 5}
    assert library.index.count("kept") == len(PASSAGES)


def test_ids_as_large_as_sql_gives_them_come_back(library: Library) -> None:
    library.add([Passage(2**62 + 1, "d", "c", 0, "bread", 0, 5, None, None)])
    assert library.ids("bread") == [2**62 + 1]


def test_all_that_an_index_holds_is_told(library: Library) -> None:
    assert library.index.entries("c") == Counter()
    library.add(PASSAGES)
    assert library.index.entries("c") == Counter(passage.id for passage in PASSAGES)
    library.remove(FIRST_DOCUMENT)
    kept = [passage.id for passage in PASSAGES if passage.document_id != FIRST_DOCUMENT]
    assert library.index.entries("c") == Counter(kept)
    library.index.replace("c", [PASSAGES[-1].document_id], [])
    assert library.index.strays(["c"]) == []


def test_after_closing_it_opens_again(library: Library) -> None:
    library.add(PASSAGES)
    before = library.search("bread")
    library.index.close()
    assert library.search("bread") == before


def test_rank_bm25_reads_again_only_when_the_version_moves() -> None:
    library = Library(None)
    library.add(PASSAGES[:1])
    assert library.ids("knead") == [1]
    library.stored["c"] = {2: PASSAGES[1]}
    assert library.ids("knead") == [1]
    library.version += 1
    assert library.ids("knead") == []
    assert library.ids("doubled") == [2]


def test_tantivy_takes_single_passages_away_and_tells_what_is_there_twice(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.add(PASSAGES)
    library.add(PASSAGES[:2])
    ids = [passage.id for passage in PASSAGES]
    assert library.index.entries("c") == Counter([*ids, *ids[:2]])
    library.index.remove("c", [ids[0], ids[3], ids[4]])
    left = Counter([*ids, ids[1]]) - Counter([ids[0], ids[3], ids[4]])
    assert library.index.entries("c") == left
    library.index.replace("c", [FIRST_DOCUMENT], [(PASSAGES[0], terms(PASSAGES[0].text))])
    of_first = [passage.id for passage in PASSAGES if passage.document_id == FIRST_DOCUMENT]
    expected = Counter({id: count for id, count in left.items() if id not in of_first}) + Counter([ids[0]])
    assert library.index.entries("c") == expected


def test_tantivy_names_indexes_of_nobody_and_removes_them(tmp_path: Path) -> None:
    library, older = Library(tmp_path), TantivyIndexes(tmp_path, "0")
    library.add(PASSAGES[:1])
    library.add(PASSAGES[:1], "gone")
    (tmp_path / "analyzer-1" / "half.lock").touch()
    older.add("c", [])
    strays = library.index.strays(["c"])
    assert strays == ["analyzer-0", "analyzer-1/gone", "analyzer-1/half"]
    for name in strays:
        library.index.remove_stray(name)
    assert library.index.strays(["c"]) == []
    assert {path.name for path in (tmp_path / "analyzer-1").iterdir()} == {"c", "c.lock"}
    assert library.index.entries("c") == Counter([PASSAGES[0].id])


def test_tantivy_tells_of_an_index_that_is_missing(tmp_path: Path) -> None:
    index = TantivyIndexes(tmp_path, "1")
    assert not index.exists("c")
    assert index.count("c") == 0
    index.remove_document("c", FIRST_DOCUMENT)
    index.drop("c")
    with pytest.raises(SearchUnavailable, match="missing"):
        index.search("c", 0, ["bread"], 10)
    assert list(tmp_path.rglob("*")) == []


def _best_first(found: ScoredId) -> tuple[float, int]:
    return -round(found.score, 4), found.passage_id
