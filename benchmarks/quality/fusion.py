"""Fusion of both branches at several weights, on test sets in BEIR's layout.

    python -m benchmarks.quality.fusion FOLDER ... [--embedding use] [--weights 0.2,0.25] [--questions N --beside N]

The product's own analyser, passages, word index and fusion; vectors are compared exactly. Questions are split by
a hash of their ids: weights are chosen on one half, and reported on the other. ``worst`` is the set on
which fusion stands lowest against the better of its branches.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean

from backend.app.domain.search import ScoredId
from backend.app.services.evaluation.measures import ndcg
from backend.app.services.retrieval.fusion import fuse
from benchmarks.quality.sets import Asked, PreparedSet, prepare

DEPTH = 10
Ranking = Callable[[Asked], list[int]]


def main() -> None:
    options = _options()
    sets = [prepare(folder, options.embedding, options.questions, options.beside) for folder in options.folders]
    halves = {"tuned": [True], "held": [False], "all": [True, False]}
    for name, of in halves.items():
        print(f"\n{options.embedding}, {name}: " + ", ".join(f"{s.name} ({_count(s, of)})" for s in sets))
        words = [quality(prepared, of, lambda asked: _ids(asked.bm25)) for prepared in sets]
        meaning = [quality(prepared, of, lambda asked: _ids(asked.vector)) for prepared in sets]
        better = [max(pair) for pair in zip(words, meaning, strict=True)]
        _print("bm25", words, better)
        _print("vector", meaning, better)
        for weight in options.weights:
            _print(f"hybrid {weight:g}", [quality(prepared, of, _fused(weight)) for prepared in sets], better)


def quality(prepared: PreparedSet, halves: Sequence[bool], ranking: Ranking) -> float:
    """Return nDCG@10 over documents, each of which stands where its first passage does."""
    return fmean(
        ndcg([*dict.fromkeys(prepared.documents[id] for id in ranking(asked))], asked.question.relevance, DEPTH)
        for asked in prepared.asked
        if asked.tuned in halves
    )


def _fused(weight: float) -> Ranking:
    return lambda asked: [item.passage_id for item in fuse(asked.bm25, asked.vector, weight, asked.strength)]


def _ids(scored: Sequence[ScoredId]) -> list[int]:
    return [item.passage_id for item in scored]


def _count(prepared: PreparedSet, halves: Sequence[bool]) -> int:
    return sum(asked.tuned in halves for asked in prepared.asked)


def _print(name: str, found: Sequence[float], better: Sequence[float]) -> None:
    worst = min(one - other for one, other in zip(found, better, strict=True))
    figures = "  ".join(f"{value:.4f}" for value in found)
    print(f"  {name:12}{figures}  mean {fmean(found):.4f}  worst {worst:+.4f}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--embedding", default="use")
    parser.add_argument(
        "--weights", default="0.2,0.25,0.3,0.4,0.5", type=lambda text: [float(w) for w in text.split(",")]
    )
    parser.add_argument("--questions", type=int, help="Ask so many of each set.")
    parser.add_argument("--beside", type=int, help="Documents beside those that are relevant for them; all by default.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
