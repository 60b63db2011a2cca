"""Which sentences of the sources answer a question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from backend.app.domain.chat import Source
from backend.app.services.llm.questions import expected_form
from backend.app.services.text.sentences import sentence_spans
from backend.app.services.text.terms import TermAnalyzer, content_terms, rarity

# Chosen on 1,000 questions each of SQuAD 1.1 and KorQuAD 1.0, with the right passage among six
# that BM25 finds; on 1,000 others the answer holds the expected words in 85 and 92 % of cases,
# its best sentence alone in 71 and 81 %, with 2.2 sentences and 390 and 200 characters.
MOST_SENTENCES = 3
MOST_CHARS = 900
_KEEP_SHARE = 0.5  # of the best score: a sentence below it says something else
_REDUNDANCY = 0.5
_FORM_BONUS = 0.15
_NEIGHBOUR_SHARE = 0.25
_SOURCE_SHARE = 0.2
_LENGTH_PENALTY = 0.25
_UNFINISHED_SHARE = 0.8  # without a stop it may be a heading
_ECHO_TERMS = 2  # a heading with no more new terms than this only repeats the question
_LEAST_CHARS = 12
_OPENING_CHARS = 30  # a shorter sentence greets or thanks

_REFERENCE_MARK = re.compile(r"\s?(?:\[\d+(?:\s*[-,]\s*\d+)*\]|【\d+】|\[\^\d+\])")
_BULLET = re.compile(r"^(?:[-*•‣◦▪·○●■□▶※])\s+")
_CONTENTS_LINE = re.compile(r"(?:\.\s?){4,}|…{2,}|(?:·\s?){4,}")
_FINISHED = re.compile(r"[.!?。！？…다요음함됨임]\W*\Z")
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of source ``n``; ``place`` is its number within the source."""

    n: int
    place: int
    shown: str
    terms: frozenset[str]
    score: float = 0.0


class SentenceRanker:
    """Scores sentences by the question's terms that they hold, weighted by how rare those are."""

    def __init__(self, analyzer: TermAnalyzer) -> None:
        self._analyzer = analyzer

    def best(self, question: str, sources: Sequence[Source]) -> list[Candidate]:
        """Return up to three sentences in reading order, none where no sentence holds a word of the question."""
        candidates = self._candidates(sources)
        asked = content_terms(question, self._analyzer)
        weights = rarity(asked, [candidate.terms for candidate in candidates])
        total = sum(weights.values())
        coverage = (
            [sum(weights[term] for term in asked & candidate.terms) / total for candidate in candidates]
            if total
            else []
        )
        if not any(coverage):
            return []
        scored = self._scored(question, candidates, coverage, _relevance(sources))
        # An echo says nothing by itself; it has spoken for its neighbours already.
        telling = [candidate for candidate in scored if not _is_echo(candidate, asked)]
        return _in_reading_order(_diverse(telling or scored))

    def openings(self, sources: Sequence[Source]) -> list[Candidate]:
        """Return the sentences that the sources begin with, two of the first and one of each other.

        Of a source without a whole sentence, such as a table, that is the longest line.
        """
        chosen: list[Candidate] = []
        for source in sources:
            lines = self._candidates([source])
            whole = [one for one in lines if len(one.shown) >= _OPENING_CHARS and _FINISHED.search(one.shown)]
            if len(whole) > 1 and _is_cut(source, whole[0]):
                del whole[0]
            chosen += whole[: 1 if chosen else 2] or sorted(lines, key=lambda one: -len(one.shown))[:1]
        return chosen

    def _candidates(self, sources: Iterable[Source]) -> list[Candidate]:
        found = []
        for source in sources:
            for place, (start, end) in enumerate(sentence_spans(source.text)):
                shown = _shown(source.text[start:end])
                if _is_sentence(source.text[start:end], shown):
                    found.append(Candidate(source.n, place, shown, frozenset(self._analyzer.terms(shown))))
        return found

    def _scored(
        self, question: str, candidates: Sequence[Candidate], coverage: Sequence[float], relevance: Mapping[int, float]
    ) -> list[Candidate]:
        average = sum(len(candidate.terms) for candidate in candidates) / len(candidates)
        matches = expected_form(question)
        scored = []
        for i, candidate in enumerate(candidates):
            beside = (j for j in (i - 1, i + 1) if 0 <= j < len(candidates) and candidates[j].n == candidate.n)
            score = coverage[i] / (1 - _LENGTH_PENALTY + _LENGTH_PENALTY * len(candidate.terms) / average)
            if coverage[i]:
                score += _NEIGHBOUR_SHARE * max((coverage[j] for j in beside), default=0.0)
            if not _FINISHED.search(candidate.shown):
                score *= _UNFINISHED_SHARE
            score += _SOURCE_SHARE * relevance[candidate.n] + _FORM_BONUS * matches(candidate.shown)
            scored.append(replace(candidate, score=score))
        return scored


def _is_cut(source: Source, sentence: Candidate) -> bool:
    """Tell whether a passage begins within this sentence: it does not begin as sentences do."""
    return source.start > 0 and sentence.place == 0 and sentence.shown[:1].islower()


def _relevance(sources: Sequence[Source]) -> dict[int, float]:
    """Return the retriever's scores as 0 to 1: their scale differs from retriever to retriever."""
    low = min(source.score for source in sources)
    high = max(source.score for source in sources)
    return {source.n: (source.score - low) / (high - low) if high > low else 1.0 for source in sources}


def _diverse(scored: Sequence[Candidate]) -> list[Candidate]:
    """Choose by maximal marginal relevance (Carbonell and Goldstein, 1998)."""
    left = sorted(scored, key=lambda candidate: -candidate.score)[:20]
    chosen = [left.pop(0)]
    floor = _KEEP_SHARE * chosen[0].score
    while left and len(chosen) < MOST_SENTENCES:
        value, following = max(
            ((_marginal(candidate, chosen), i) for i, candidate in enumerate(left)), key=lambda pair: pair[0]
        )
        candidate = left.pop(following)
        if value < floor or sum(len(c.shown) for c in chosen) + len(candidate.shown) > MOST_CHARS:
            break
        chosen.append(candidate)
    return chosen


def _marginal(candidate: Candidate, chosen: Sequence[Candidate]) -> float:
    def overlap(other: Candidate) -> float:
        return len(candidate.terms & other.terms) / (min(len(candidate.terms), len(other.terms)) or 1)

    return candidate.score * (1 - _REDUNDANCY * max(map(overlap, chosen)))


def _is_echo(candidate: Candidate, asked: frozenset[str]) -> bool:
    """Tell a question, or a heading that repeats the one that was asked."""
    new = candidate.terms - asked
    if candidate.shown.endswith("?"):
        return True
    return len(new) <= _ECHO_TERMS and not _FINISHED.search(candidate.shown) and not any(map(str.isdigit, new))


def _in_reading_order(chosen: Sequence[Candidate]) -> list[Candidate]:
    """Let the best sentence's source speak first, each source in its own order."""
    first: dict[int, int] = {}
    for candidate in chosen:
        first.setdefault(candidate.n, len(first))
    return sorted(chosen, key=lambda candidate: (first[candidate.n], candidate.place))


def _shown(sentence: str) -> str:
    """Return a sentence on one line, without marks that would read as ours or as a table's."""
    text = " ".join(_REFERENCE_MARK.sub("", sentence).split())
    if text.startswith("|"):
        return " · ".join(filter(None, map(str.strip, text.split("|"))))
    return _BULLET.sub("", text)


def _is_sentence(sentence: str, shown: str) -> bool:
    """Tell a sentence from a heading, a line of a table of contents, a rule or a fragment."""
    if len(shown) < _LEAST_CHARS or sentence.startswith("#") or _CONTENTS_LINE.search(shown):
        return False
    return len(_LETTERS.findall(shown)) * 2 > len(shown.replace(" ", ""))
