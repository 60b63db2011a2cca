"""The best passages of fusion ordered anew by a second embedder, at several depths and weights.

    python -m benchmarks.quality.reranked FOLDER ... [--embedding use] [--second e5] [--depths 5,20] [--weights 1,0.5]

What becomes of the second scores is the product's own (``services/retrieval/reranking.py``). A model that reads question and
passage together was not to be had: an embedder better than the first stands in for one, and a worse one for one that
does not know the language. Questions are split as by ``benchmarks.quality.fusion``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean

import numpy as np

from backend.app.domain.search import FusedId
from backend.app.services.embedding import registry
from backend.app.services.retrieval.fusion import fuse
from backend.app.services.retrieval.index_text import index_text
from backend.app.services.retrieval.reranking import weighed
from benchmarks.quality.fusion import Ranking, quality
from benchmarks.quality.sets import Asked, PreparedSet, embedded, prepare

HALVES = {"tuned": [True], "held": [False], "all": [True, False]}


def main() -> None:
    options = _options()
    usual = registry.create(options.embedding).fusion_weight
    sets = [prepare(folder, options.embedding, None, None) for folder in options.folders]
    seconds = [Second(prepared, options.second) for prepared in sets]
    for name, of in HALVES.items():
        print(f"\n{options.embedding} at {usual:g}, then {options.second}, {name}: {', '.join(s.name for s in sets)}")
        before = [quality(s, of, lambda asked: [item.passage_id for item in _fused(asked, usual)]) for s in sets]
        _print("as fused", before, before)
        for depth in options.depths:
            for weight in options.weights:
                rankings = [second.ranking(usual, depth, weight) for second in seconds]
                found = [quality(s, of, ranking) for s, ranking in zip(sets, rankings, strict=True)]
                _print(f"first {depth} at {weight:g}", found, before)


class Second:
    """Another embedder's view of a set."""

    def __init__(self, prepared: PreparedSet, embedding: str) -> None:
        embedder = registry.create(embedding, threads=2)
        texts = [index_text(prepared.titles[passage.document_id], passage) for passage in prepared.passages]
        asked = [one.question.text for one in prepared.asked]
        points = embedded(embedder, f"{prepared.name}-questions", asked, of_questions=True)
        self._space = embedded(embedder, f"{prepared.name}-passages", texts, of_questions=False)
        self._points = {one.question.id: point for one, point in zip(prepared.asked, points, strict=True)}

    def ranking(self, usual: float, depth: int, weight: float) -> Ranking:
        def ranked(asked: Asked) -> list[int]:
            fused = _fused(asked, usual)
            ids = [item.passage_id for item in fused]
            rows = np.array(ids[:depth], dtype=int) - 1  # ids count from 1
            again = (self._space[rows] @ self._points[asked.question.id]).tolist()
            mixed = weighed([item.score for item in fused[:depth]], again, weight)
            order = sorted(range(len(mixed)), key=lambda number: -mixed[number])
            return [*(ids[number] for number in order), *ids[depth:]]

        return ranked


def _fused(asked: Asked, usual: float) -> list[FusedId]:
    return fuse(asked.bm25, asked.vector, usual, asked.strength)


def _print(name: str, found: list[float], before: list[float]) -> None:
    figures = "  ".join(f"{value:.4f}" for value in found)
    print(f"  {name:17}{figures}  mean {fmean(found):.4f}  {fmean(found) - fmean(before):+.4f}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--embedding", default="use")
    parser.add_argument("--second", default="e5")
    parser.add_argument("--weights", default="1,0.7,0.5,0.3", type=lambda text: [float(n) for n in text.split(",")])
    parser.add_argument("--depths", default="5,20,50", type=lambda text: [int(n) for n in text.split(",")])
    return parser.parse_args()


if __name__ == "__main__":
    main()
