from __future__ import annotations

import pytest

from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.query_terms import QueryTerms


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("Who wrote the log of the lighthouse?", ["wrote", "log", "lighthous"]),
        ("등대는 언제 지었습니까?", ["등대", "대는", "지었", "었습", "습니", "니까"]),
        ("lighthouse keeper", ["lighthous", "keeper"]),
        ("log log", ["log", "log"]),
    ],
)
def test_words_that_only_ask_are_not_looked_up(query: str, terms: list[str]) -> None:
    assert QueryTerms(Analyzer())(query) == terms


@pytest.mark.parametrize("query", ["The Who", "to be or not to be", "누구?"])
def test_where_there_are_no_others_they_are(query: str) -> None:
    analyzer = Analyzer()
    assert QueryTerms(analyzer)(query) == analyzer.terms(query) != []


def test_nothing_stays_nothing() -> None:
    assert QueryTerms(Analyzer())("?!") == []
