from __future__ import annotations

import threading
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.services.retrieval import analyzer
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.text.found_words import found_words


def terms(text: str) -> list[str]:
    return Analyzer().terms(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t…!?—「」", []),
        ("The cats are RUNNING", ["the", "cat", "are", "run"]),
        ("It's the author’s", ["it", "the", "author"]),
        ("대한민국의 수도", ["대한", "한민", "민국", "국의", "수도"]),
        ("물", ["물"]),
        ("ㅋㅋㅋ", ["ㅋㅋ", "ㅋㅋ"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("北京市", ["北京", "京市"]),
        ("𠀀𠀁", ["𠀀𠀁"]),
        ("GPT-4o costs 3.50", ["gpt", "4o", "cost", "3", "50"]),
        ("2024년 Apple의 M3칩", ["2024", "년", "appl", "의", "m3", "칩"]),
        ("snake_case", ["snake", "case"]),
        ("Привет, мир", ["привет", "мир"]),
        ("café naïve", ["café", "naïv"]),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_repetitions_are_kept_in_order() -> None:
    assert terms("서울 dog 서울") == ["서울", "dog", "서울"]


@pytest.mark.parametrize("text", ["한국어 검색", "Zoë’s résumé", "ガギグ", "각각"])
def test_composed_and_decomposed_text_give_the_same_terms(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert decomposed != text
    assert terms(decomposed) == terms(text)


def test_a_query_finds_the_inflected_word() -> None:
    for query, indexed in (("organizations", "organization"), ("indexes", "indexed"), ("검색을", "검색이")):
        assert set(terms(query)) & set(terms(indexed)), query


def test_data_in_place_of_words_is_neither_stemmed_nor_remembered() -> None:
    words = Analyzer()
    key = "running" * 20
    assert words.terms(key) == [key]
    assert words._stems == {}


def test_the_memory_of_stems_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyzer, "_CACHED_STEMS", 10)
    words = Analyzer()
    for number in range(100):
        assert words.terms(f"w{number}") == [f"w{number}"]
        assert len(words._stems) <= 10


@given(st.text())
def test_any_text_has_terms_that_are_words(text: str) -> None:
    found = terms(text)
    assert found == terms(text)
    for term in found:
        assert term
        assert not any(character.isspace() for character in term)
        term.encode()  # a lone surrogate would stop the index


@given(st.text())
def test_the_form_of_the_text_makes_no_difference(text: str) -> None:
    assert terms(unicodedata.normalize("NFD", text)) == terms(text)


@given(st.lists(st.text(alphabet="가나다라 abcdefgh12", max_size=30), max_size=10))
def test_what_was_analysed_before_makes_no_difference(texts: list[str]) -> None:
    words = Analyzer()
    assert [words.terms(text) for text in texts] == [terms(text) for text in texts]


def test_threads_share_an_analyser() -> None:
    words = [f"{stem}{ending}" for stem in ("connect", "relat", "nation") for ending in ("ing", "ed", "ional", "s", "")]
    expected = [terms(word) for word in words]
    shared, wrong = Analyzer(), []
    together = threading.Barrier(4, timeout=20)

    def work() -> None:
        together.wait()
        for _ in range(50):
            shared._stems.clear()
            if [shared.terms(word) for word in words] != expected:
                wrong.append(True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# Hangul in both forms, other scripts, apostrophes, signs that grow when lowered, data, and what is no word at all.
_SCRIPTS = st.sampled_from(
    "가나다힣각ㅋ漢字タワー\U00020000abzABZÉéİßſΣς’'_ 0９٣.,!?\u200b\u00ad\n😀\u0301\u11a8\u1161\u1100"
)
_TEXTS = st.one_of(st.text(max_size=80), st.text(_SCRIPTS, max_size=80))


@given(_TEXTS)
def test_any_text_has_the_same_terms_in_every_form_of_it(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert terms(composed) == terms(decomposed) == terms(text)


@given(_TEXTS)
def test_the_places_of_terms_are_within_any_text_and_in_order(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    located = list(Analyzer().located(text))
    assert all(0 <= start < end <= len(text) for _, start, end in located)
    assert [start for _, start, _ in located] == sorted(start for _, start, _ in located)
    if len(text.lower()) == len(text):
        assert [term for term, _, _ in located] == terms(text)


@given(_TEXTS, st.sampled_from(["NFC", "NFD", "NFKD"]))
def test_the_places_of_terms_are_right_in_every_form_of_the_text(text: str, form: str) -> None:
    text = unicodedata.normalize(form, text)
    composed = unicodedata.normalize("NFC", text)
    located, expected = list(Analyzer().located(text)), list(Analyzer().located(composed))
    assert [term for term, _, _ in located] == [term for term, _, _ in expected]
    for (_, start, end), (_, first, last) in zip(located, expected, strict=True):
        assert 0 <= start < end <= len(text)
        assert composed[first:last] in unicodedata.normalize("NFC", text[start:end])


def test_hangul_is_found_where_it_stands_in_a_decomposed_text() -> None:
    text = unicodedata.normalize("NFD", "새 검색은")
    (_, start, end) = next(found for found in Analyzer().located(text) if found[0] == "검색")
    assert unicodedata.normalize("NFC", text[start:end]) == "검색"
    assert (start, end) == (3, 9)


@given(st.text(st.sampled_from("가나다힣ㅋ漢字タabzABZé' 09.,!?\n😀"), max_size=80))
def test_what_stands_at_a_terms_place_is_that_term(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    for term, start, end in Analyzer().located(text):
        assert terms(text[start:end]) == [term]


@given(_TEXTS, _TEXTS)
def test_found_words_are_within_any_text_and_apart(query: str, text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    (spans,) = found_words(query, [text], Analyzer())
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
