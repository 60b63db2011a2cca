"""What else was tried on the word branch, each beside the way that it is done now.

    python -m benchmarks.quality.tries FOLDER ... [--questions 500]

BM25 here is a matrix, as tantivy's parameters are fixed; its figures with k1 = 1.2 and b = 0.75 are tantivy's. Each try
is measured by words alone and fused with the vectors of the default embedder, at that embedder's weight.

Questions are split by a hash of their ids. A try is chosen on one half; of the other, what it changes is told with
the interval that 95 of 100 resamples of the questions lie in (Efron's bootstrap, in pairs: each question under
both). It pays where it gains on the one half and the whole interval of the other is above nought.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from backend.app.domain.search import ScoredId
from backend.app.services.embedding.registry import create
from backend.app.services.evaluation.measures import ndcg
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.fusion import fuse
from backend.app.services.retrieval.query_terms import QueryTerms
from benchmarks.quality.sets import CANDIDATES, PreparedSet, prepare

RESAMPLES = 2000
SEED = 2026
Scores = npt.NDArray[np.float64]
FEEDBACK_PASSAGES, FEEDBACK_TERMS, FEEDBACK_WEIGHT = 3, 10, 0.3


@dataclass(frozen=True)
class Try:
    name: str
    k1: float = 1.2
    b: float = 0.75
    title: int = 1  # how often the title's words count
    heading: int = 1  # and those of the headings
    neighbours: float = 0.0  # the share of a passage's score that the passages before and after it get
    asking: bool = False  # whether words that only ask are looked up
    feedback: bool = False


TRIES = [
    Try("now"),
    Try("with the words that only ask", asking=True),
    *(Try(f"k1 {k1}, b {b}", k1=k1, b=b) for k1, b in ((0.9, 0.4), (1.2, 0.5), (1.5, 0.75), (2.0, 0.75))),
    Try("without titles", title=0),
    Try("titles twice", title=2),
    Try("titles three times", title=3),
    Try("headings twice", heading=2),
    Try("without headings", heading=0),
    Try("feedback from the first 3", feedback=True),
    *(Try(f"{share:g} of the neighbours' score", neighbours=share) for share in (0.05, 0.1, 0.25)),
]


class Words:
    """BM25 as a product of matrices: a row a passage, a column a term."""

    def __init__(self, prepared: PreparedSet, how: Try, analyzer: Analyzer) -> None:
        self._how, self._analyzer = how, analyzer
        self._columns: dict[str, int] = {}
        counts = []
        for passage in prepared.passages:
            title = analyzer.terms(prepared.titles[passage.document_id]) * how.title
            heading = analyzer.terms(passage.heading or "") * how.heading
            counts.append(Counter(title + heading + analyzer.terms(passage.text)))
        self._weights = self._matrix(counts)
        self._beside = _beside([prepared.titles[passage.document_id] for passage in prepared.passages])
        self._asked = QueryTerms(analyzer)

    def search(self, question: str) -> list[ScoredId]:
        terms = self._analyzer.terms(question) if self._how.asking else self._asked(question)
        query = {self._columns[term]: float(n) for term, n in Counter(terms).items() if term in self._columns}
        found = self._ranked(query)
        return self._ranked(self._with_feedback(query, found)) if self._how.feedback else found

    def _matrix(self, counts: Sequence[Counter[str]]) -> csr_matrix:
        lengths = np.array([sum(count.values()) for count in counts], dtype=float)
        frequency = Counter(term for count in counts for term in count)
        rows, columns, values = [], [], []
        for row, count in enumerate(counts):
            norm = self._how.k1 * (1 - self._how.b + self._how.b * lengths[row] / lengths.mean())
            for term, tf in count.items():
                rarity = np.log(1 + (len(counts) - frequency[term] + 0.5) / (frequency[term] + 0.5))
                rows.append(row)
                columns.append(self._columns.setdefault(term, len(self._columns)))
                values.append(rarity * tf * (self._how.k1 + 1) / (tf + norm))
        return csr_matrix((values, (rows, columns)), shape=(len(counts), len(self._columns)))

    def _ranked(self, query: dict[int, float]) -> list[ScoredId]:
        vector = np.zeros(len(self._columns))
        for column, weight in query.items():
            vector[column] = weight
        scores = self._weights @ vector
        if self._how.neighbours:
            scores += self._how.neighbours * (self._beside @ scores)
        best = np.argsort(-scores, kind="stable")[:CANDIDATES]
        return [ScoredId(int(row) + 1, float(scores[row])) for row in best if scores[row] > 0]

    def _with_feedback(self, query: dict[int, float], found: Sequence[ScoredId]) -> dict[int, float]:
        """Add the heaviest terms of the first passages, as relevance models do (RM3, Abdul-Jaleel et al. 2004)."""
        first = [item.passage_id - 1 for item in found[:FEEDBACK_PASSAGES]]
        if not first:
            return query
        heavy = np.asarray(self._weights[first].sum(axis=0)).ravel()
        added = np.argsort(-heavy)[:FEEDBACK_TERMS]
        share = FEEDBACK_WEIGHT * sum(query.values()) / heavy[added].sum()
        return {**query, **{int(c): query.get(int(c), 0.0) + share * float(heavy[c]) for c in added}}


def _beside(titles: Sequence[str]) -> csr_matrix:
    """Return which passages stand beside which: those of one title that follow each other in the corpus."""
    first = [row for row in range(len(titles) - 1) if titles[row] and titles[row] == titles[row + 1]]
    rows, columns = [*first, *(row + 1 for row in first)], [*(row + 1 for row in first), *first]
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(titles), len(titles)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--questions", type=int, default=500, help="of each set, of both halves")
    options = parser.parse_args()
    analyzer, weight = Analyzer(), create("use").fusion_weight
    sets = [_first(prepare(folder, "use", None, None), options.questions) for folder in options.folders]
    print("  ".join(f"{s.name} ({len(s.asked)})" for s in sets))
    with_headings = sum(bool(passage.heading) for prepared in sets for passage in prepared.passages)
    print(f"passages below a heading: {with_headings}")
    halves = [np.array([asked.tuned for asked in prepared.asked]) for prepared in sets]
    now: list[Scores] = []
    for how in TRIES:
        found = [_both(prepared, Words(prepared, how, analyzer).search, weight) for prepared in sets]
        now = now or found
        for number, kind in enumerate(("words", "fused")):
            values = [one[number] for one in found]
            changes = [one[number] - before[number] for one, before in zip(found, now, strict=True)]
            tuned = fmean(float(change[half].mean()) for change, half in zip(changes, halves, strict=True))
            low, middle, high = interval([change[~half] for change, half in zip(changes, halves, strict=True)])
            figures = "  ".join(f"{value.mean():.4f}" for value in values)
            told = f"tuned {tuned:+.4f}  held {middle:+.4f} ({low:+.4f} to {high:+.4f})"
            print(f"{how.name:30}{kind}  {figures}  {told}", flush=True)


def interval(changes: Sequence[Scores]) -> tuple[float, float, float]:
    """Return the mean over the sets of their questions' changes, with the bounds of 95 % of its resamples around it."""
    draw = np.random.default_rng(SEED)
    means = [change[draw.integers(len(change), size=(RESAMPLES, len(change)))].mean(axis=1) for change in changes]
    low, high = np.percentile(np.mean(means, axis=0), (2.5, 97.5))
    return float(low), fmean(float(change.mean()) for change in changes), float(high)


def _first(prepared: PreparedSet, count: int) -> PreparedSet:
    return replace(prepared, asked=prepared.asked[:count])


def _both(prepared: PreparedSet, search: Callable[[str], list[ScoredId]], weight: float) -> tuple[Scores, Scores]:
    """Return each question's nDCG@10 by words alone, and fused."""
    alone, fused = [], []
    for asked in prepared.asked:
        words = search(asked.question.text)
        relevance = asked.question.relevance
        alone.append(ndcg(_documents(prepared, [item.passage_id for item in words]), relevance, 10))
        both = [item.passage_id for item in fuse(words, asked.vector, weight, asked.strength)]
        fused.append(ndcg(_documents(prepared, both), relevance, 10))
    return np.array(alone), np.array(fused)


def _documents(prepared: PreparedSet, ids: Sequence[int]) -> list[str]:
    return [*dict.fromkeys(prepared.documents[id] for id in ids)]


if __name__ == "__main__":
    main()
