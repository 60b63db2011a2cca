"""Where the words of a query stand in a text that it found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from backend.app.services.text.sentences import Span
from backend.app.services.text.terms import TermAnalyzer, content_terms


class LocatingAnalyzer(TermAnalyzer, Protocol):
    def located(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield each index term of ``text`` with where it begins and ends."""


def found_words(query: str, texts: list[str], analyzer: LocatingAnalyzer) -> list[tuple[Span, ...]]:
    """Return for each text where it holds a content word of ``query``, as the index understands words.

    A Hangul word is found by its pairs of syllables; pairs that touch are one span, so that
    «데이터베이스를» marks the whole of «데이터베이스».
    """
    wanted = content_terms(query, analyzer)
    return [_merged((start, end) for term, start, end in analyzer.located(text) if term in wanted) for text in texts]


def _merged(spans: Iterator[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)
