"""Proof for the claims of an answer: each [n] is checked against the text of source n."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from backend.app.domain.chat import Citation, Source
from backend.app.services.text.folding import FoldedText, fold
from backend.app.services.text.markers import Marker, find_markers
from backend.app.services.text.sentences import Span, sentence_spans
from backend.app.services.text.terms import TermAnalyzer, content_terms

# Of the claim's weight that a passage's sentences have to hold. Questions of SQuAD and KorQuAD
# made into claims by their answers: at 0.4, 95 and 97 % of the right passages hold, and 9 and 6 %
# of the next best ones that BM25 finds; at 0.3 those are 21 and 14 %, at 0.5 the right ones 89 and 92 %.
LEAST_SUPPORT = 0.4
_PAIR_GAIN = 0.15  # two sentences are quoted where the second adds at least so much
_MOST_PAIR_CHARS = 700
_LEAST_EXACT_CHARS = 10
_QUOTED = re.compile(r"[\"“「『«]([^\"“”「」『』«»]{8,400})[\"”」』»]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_STOP = re.compile(r"[.!?。！？…\"'”’」』»)]{0,3}")
_EDGES = " \t\r\n\"'“”‘’.,;:!?。！？…*_`#>-•()"


class Verified(NamedTuple):
    """The citations that hold, in the answer's order, and how many markers proved nothing."""

    citations: tuple[Citation, ...]
    dropped: int


class CitationVerifier:
    """Finds, for every marker of an answer, the words of its source that support the claim."""

    def __init__(self, analyzer: TermAnalyzer) -> None:
        self._analyzer = analyzer

    def verify(self, answer: str, sources: Sequence[Source]) -> Verified:
        """Check every marker; a number that names no source, or is not supported, is dropped."""
        passages = {source.n: _Passage(source, self._analyzer) for source in sources}
        citations: dict[tuple[int, int, int], Citation] = {}
        dropped = 0
        for marker in find_markers(answer):
            for n in marker.numbers:
                passage = passages.get(n)
                span = self._support(marker, passage) if passage else None
                if passage is None or span is None:
                    dropped += 1
                else:
                    citations.setdefault((n, *span), _citation(passage.source, span))
        return Verified(tuple(citations.values()), dropped)

    def _support(self, marker: Marker, passage: _Passage) -> Span | None:
        for quote in _quotes(marker.claim):
            if span := passage.folded.find(quote):
                return span[0], _STOP.match(passage.source.text, span[1]).end()  # type: ignore[union-attr]  # matches always
        claims = dict.fromkeys((marker.claim, marker.sentence))
        return next(filter(None, (self._overlapping(claim, passage) for claim in claims)), None)

    def _overlapping(self, claim: str, passage: _Passage) -> Span | None:
        """Return the sentence, or two adjoining ones, that hold most of the claim's weight.

        A number that the passage does not hold at all is a claim that it does not support,
        however alike the words are.
        """
        terms = content_terms(claim, self._analyzer)
        if not terms or not _numbers(claim) <= passage.numbers:
            return None
        total = sum(map(passage.weight, terms))
        best: tuple[float, Span] = (0.0, (0, 0))
        for span, held, cost in passage.windows():
            value = sum(passage.weight(term) for term in terms & held) / total - cost
            if value > best[0]:
                best = (value, span)
        return best[1] if best[0] >= LEAST_SUPPORT else None


class _Passage:
    """What verification needs of a source, worked out when first cited."""

    def __init__(self, source: Source, analyzer: TermAnalyzer) -> None:
        self.source = source
        self._analyzer = analyzer

    @cached_property
    def folded(self) -> FoldedText:
        return FoldedText(self.source.text)

    @cached_property
    def numbers(self) -> frozenset[str]:
        return _numbers(self.source.text)

    @cached_property
    def _sentences(self) -> list[tuple[Span, frozenset[str]]]:
        text = self.source.text
        return [(span, frozenset(self._analyzer.terms(text[slice(*span)]))) for span in sentence_spans(text)]

    @cached_property
    def _frequencies(self) -> Counter[str]:
        return Counter(term for _, terms in self._sentences for term in terms)

    def weight(self, term: str) -> float:
        """Return how much a term tells: less the more of the passage's sentences hold it.

        One that the passage does not hold at all weighs as a middling one does: it may be a
        paraphrase's own word as well as an invention.
        """
        n = len(self._sentences)
        frequency = self._frequencies[term] or max(1, n // 3)
        return math.log(1 + (n + 0.5) / frequency)

    def windows(self) -> Iterator[tuple[Span, frozenset[str], float]]:
        """Yield each sentence and each pair of neighbours, with what the extra length costs."""
        previous: tuple[Span, frozenset[str]] | None = None
        for span, terms in self._sentences:
            yield span, terms, 0.0
            if previous is not None and span[1] - previous[0][0] <= _MOST_PAIR_CHARS:
                yield (previous[0][0], span[1]), previous[1] | terms, _PAIR_GAIN
            previous = (span, terms)


def _citation(source: Source, span: Span) -> Citation:
    return Citation(source.n, source.passage_id, source.text[slice(*span)], *span)


def _quotes(claim: str) -> Iterator[str]:
    """Yield the whole claim, then what stands in quotation marks in it, folded for the search."""
    for text in (claim, *(match[1] for match in _QUOTED.finditer(claim))):
        folded = fold(text.strip(_EDGES))
        if len(folded) >= _LEAST_EXACT_CHARS:
            yield folded


def _numbers(text: str) -> frozenset[str]:
    """Return the numbers of two digits and more, written the same way: 1,500 as 1500.

    Single digits are left out: they count what stands there in words, or number a list.
    """
    found = (match.group().replace(",", "") for match in _NUMBER.finditer(unicodedata.normalize("NFKC", text)))
    return frozenset(number for number in found if len(number) > 1)
