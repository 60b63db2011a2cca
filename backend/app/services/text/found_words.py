"""Where the words of a query stand in a text that it found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from backend.app.services.text.sentences import Span
from backend.app.services.text.terms import TermAnalyzer, content_terms

# "설치하나요" asks for 설치: its ending stands in any text that asks something.
_KOREAN_ENDING = re.compile(
    r"(?<=[가-힣]{2})(?:(?:하|되|할|될|한|된|했|됐)?(?:나요|가요|는가|까요?|습니까|려면|는지|지요?)"
    r"|합니까|됩니까|합니다|됩니다|하는|되는|하기|하려고|해요|했다|한다|된다)(?![가-힣])"
)


class LocatingAnalyzer(TermAnalyzer, Protocol):
    def located(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield each index term of ``text`` with where it begins and ends."""


def found_words(query: str, texts: list[str], analyzer: LocatingAnalyzer) -> list[tuple[Span, ...]]:
    """Return for each text where it holds a content word of ``query``, as the index understands words.

    A Hangul word is found by its pairs of syllables; pairs that touch are one span, so that
    «데이터베이스를» marks the whole of «데이터베이스».
    """
    wanted = content_terms(_KOREAN_ENDING.sub(" ", query), analyzer)
    return [_merged((start, end) for term, start, end in analyzer.located(text) if term in wanted) for text in texts]


def _merged(spans: Iterator[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)
