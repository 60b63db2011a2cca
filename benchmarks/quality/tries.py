"""What else was tried on the word branch, each beside the way that it is done now.

    python -m benchmarks.quality.tries FOLDER ... [--questions 500]

BM25 here is a matrix, as tantivy's parameters are fixed; its figures with k1 = 1.2 and b = 0.75 are tantivy's. Each try
is measured by words alone and fused with the vectors of the default embedder, over all questions that are asked.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
from scipy.sparse import csr_matrix

from backend.app.domain.search import ScoredId
from backend.app.services.evaluation.measures import ndcg
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.fusion import fuse
from backend.app.services.retrieval.query_terms import QueryTerms
from benchmarks.quality.sets import CANDIDATES, PreparedSet, prepare

WEIGHT = 0.25
FEEDBACK_PASSAGES, FEEDBACK_TERMS, FEEDBACK_WEIGHT = 3, 10, 0.3


@dataclass(frozen=True)
class Try:
    name: str
    k1: float = 1.2
    b: float = 0.75
    title: int = 1  # how often the title's and headings' words count
    asking: bool = False  # whether words that only ask are looked up
    feedback: bool = False


TRIES = [
    Try("now"),
    Try("with the words that only ask", asking=True),
    *(Try(f"k1 {k1}, b {b}", k1=k1, b=b) for k1, b in ((0.9, 0.4), (1.2, 0.5), (1.5, 0.75), (2.0, 0.75))),
    Try("without titles", title=0),
    Try("titles twice", title=2),
    Try("titles three times", title=3),
    Try("feedback from the first 3", feedback=True),
]


class Words:
    """BM25 as a product of matrices: a row a passage, a column a term."""

    def __init__(self, prepared: PreparedSet, how: Try, analyzer: Analyzer) -> None:
        self._how, self._analyzer = how, analyzer
        self._columns: dict[str, int] = {}
        counts = []
        for passage in prepared.passages:
            context = [prepared.titles[passage.document_id], passage.heading or ""]
            head = analyzer.terms("\n".join(context)) * how.title
            counts.append(Counter(head + analyzer.terms(passage.text)))
        self._weights = self._matrix(counts)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--questions", type=int, default=500)
    options = parser.parse_args()
    analyzer = Analyzer()
    sets = [_first(prepare(folder, "use", None, None), options.questions) for folder in options.folders]
    print("  ".join(f"{s.name} ({len(s.asked)})" for s in sets))
    for how in TRIES:
        words = [_both(prepared, Words(prepared, how, analyzer).search) for prepared in sets]
        alone, fused = zip(*words, strict=True)
        for kind, found in (("words", alone), ("fused", fused)):
            figures = "  ".join(f"{value:.4f}" for value in found)
            print(f"{how.name:30}{kind}  {figures}  mean {fmean(found):.4f}", flush=True)


def _first(prepared: PreparedSet, count: int) -> PreparedSet:
    return replace(prepared, asked=prepared.asked[:count])


def _both(prepared: PreparedSet, search: Callable[[str], list[ScoredId]]) -> tuple[float, float]:
    alone, fused = [], []
    for asked in prepared.asked:
        words = search(asked.question.text)
        relevance = asked.question.relevance
        alone.append(ndcg(_documents(prepared, [item.passage_id for item in words]), relevance, 10))
        both = [item.passage_id for item in fuse(words, asked.vector, WEIGHT, asked.strength)]
        fused.append(ndcg(_documents(prepared, both), relevance, 10))
    return fmean(alone), fmean(fused)


def _documents(prepared: PreparedSet, ids: Sequence[int]) -> list[str]:
    return [*dict.fromkeys(prepared.documents[id] for id in ids)]


if __name__ == "__main__":
    main()
