"""Content words: the terms of a text without those that any text has."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

_FUNCTION_WORDS = (
    "a an the of in on at to for from by with about into and or but not no is are was were be been being am do does did has"
    " have had can could will would shall should may might must it its this that these those there their they them he she his"
    " her him you your we our us i me my as if than then so such what which who whom whose when where why how please tell"
    " explain describe many much name"
)
_KOREAN_FUNCTION_WORDS = re.compile(
    r"무엇\S*|무슨|누구\S*|누가|언제\S*|어디\S*|어느|어떤|어떻게|얼마\S*|왜|몇|인가요?\??|은가요?\??|는가\??|입니까\??"
    r"|알려\s?줘|알려\s?주세요|설명해\S*|대해|대하여|관해"
    # What a question ends in, and with it the verb that says nothing: 사용하나요 asks for 사용, 써야 하나요 for 써야.
    r"|(?:하|되|있|했|됐|었|았)?나요|(?:합|됩|있습|했습|됐습|습)니까|(?:할|될|을|일)까요|(?<!\S)(?:때|것|수)(?!\S)"
)

# "죄명은" asks for 죄명: the bigram 명은 would be found only where the same particle follows.
_KOREAN_PARTICLE = re.compile(
    r"(?<=[가-힣]{2})(?:은|는|이|가|을|를|의|에|에서|에게|으로|로|와|과|도|만|까지|부터|이?란)(?![가-힣])"
)


class TermAnalyzer(Protocol):
    def terms(self, text: str) -> list[str]:
        """Return the index terms of ``text``, in order."""


def content_terms(text: str, analyzer: TermAnalyzer) -> frozenset[str]:
    """Return the terms of ``text`` without function words; all of them where nothing else is left."""
    return telling_terms(text, analyzer) or _plain_terms(text, analyzer) or frozenset(analyzer.terms(text))


def telling_terms(text: str, analyzer: TermAnalyzer) -> frozenset[str]:
    """Return the terms of ``text`` without function words, none where it has no others."""
    return _plain_terms(text, analyzer) - _function_terms(analyzer)  # type: ignore[arg-type]  # compared by identity


def _plain_terms(text: str, analyzer: TermAnalyzer) -> frozenset[str]:
    return frozenset(analyzer.terms(_KOREAN_PARTICLE.sub(" ", _KOREAN_FUNCTION_WORDS.sub(" ", text))))


def rarity(asked: frozenset[str], texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """Return of each term that is asked for BM25's inverse document frequency among ``texts``, given as their terms."""
    n = len(texts)
    frequencies = {term: sum(term in text for text in texts) for term in asked}
    return {term: math.log(1 + (n - f + 0.5) / (f + 0.5)) for term, f in frequencies.items()}


def content_words(text: str, analyzer: TermAnalyzer) -> str:
    """Return the words of ``text`` that hold a content term, as they stand there, with single spaces."""
    told = content_terms(text, analyzer)
    return " ".join(word for word in text.split() if told & frozenset(analyzer.terms(word)))


@lru_cache(maxsize=8)  # one analyser a process, but tests make many
def _function_terms(analyzer: TermAnalyzer) -> frozenset[str]:
    return frozenset(analyzer.terms(_FUNCTION_WORDS))
