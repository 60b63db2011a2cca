"""Search at size: each branch alone, both together, sixteen people at once, Chroma's recall, and what rank_bm25 costs.

Every question is asked once, so that nothing comes from a cache. Modes take turns, so that what else the machine does
falls on all alike. ``--full`` goes on to 100,000 passages, of Debian's documentation packages (support/documentation.py).

    python benchmarks/retrieval.py [--questions 300] [--full]
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import numpy as np
import psutil

from backend.app.config import Settings
from backend.app.services.embedding.use import UseEmbedder
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.query_terms import QueryTerms
from backend.app.storage.indexes.rank_bm25 import RankBm25Indexes
from backend.app.storage.indexes.tantivy import TantivyIndexes
from benchmarks.support import corpus, documentation
from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.figures import Result, Series
from benchmarks.support.load import Load, get, load
from benchmarks.support.measures import percentile
from benchmarks.support.processes import memory_by_service
from benchmarks.support.servers import measured_server, prepared_folder, session_cookie, signed_in
from benchmarks.support.stored import Stored
from tests.services.client import Client
from tests.services.likeopt import Server

SIZES, FULL_SIZES = (1_000, 10_000), (1_000, 10_000, 100_000)
MODES = ("bm25", "vector", "hybrid")
WARM = 30  # questions of each mode before any is timed
PEOPLE = 16
PEOPLES_QUESTIONS = 1_500
K = 10
COMPARED, COMPARED_SECONDS = 200, 20.0  # questions to both engines of BM25, and for how long at most


@dataclass(slots=True)
class Found:
    """What was measured at one size; times in milliseconds, sorted."""

    passages: int
    alone: dict[str, list[float]]
    people_p95: float
    people_rate: float
    failed: int
    recall: float
    chroma: list[float]
    chroma_mb: float
    tantivy: list[float]
    rank_bm25: list[float]
    rank_build_s: float
    rank_mb: float

    def alone_p50(self, mode: str) -> float:
        return percentile(self.alone[mode], 0.5)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--questions", type=int, default=300, help="of each mode, and for recall")
    options = begin(parser)
    texts = documentation.texts() if options.full else corpus.load()
    result = Result("retrieval", notes=[f"Passages and questions: {texts.source}."])
    sizes = FULL_SIZES if options.full else SIZES
    found = [measure(size, texts, options.questions) for size in sizes]
    for size, one in zip(sizes, found, strict=True):
        tell(result, size, one)
    result.series = series([one.passages for one in found], found)
    finish(result, options)


def measure(size: int, texts: corpus.Texts, count: int) -> Found:
    questions = iter(texts.questions)
    with prepared_folder(size, texts) as data:
        with measured_server(data) as server, signed_in(server) as client:
            alone = by_mode(client, questions, count)
            crowd = by_people(server, questions)
            if crowd.failed:
                print(f"failed: {crowd.why}")
            stored = Stored(data, server.services()["chroma_url"])
            asked = list(islice(questions, count))
            recall, chroma = recall_at(stored, asked)
            chroma_mb = memory_by_service(server)["chroma"]
        engines = by_engine(data, stored, asked)
    return Found(
        stored.passages, alone, crowd.p95, crowd.rate, crowd.failed, recall, chroma, chroma_mb, *engines
    )  # fmt: skip


def by_mode(client: Client, questions: Iterator[str], count: int) -> dict[str, list[float]]:
    """Ask in turn, each question in one mode only: what one leaves in a cache must not help another."""
    times: dict[str, list[float]] = {mode: [] for mode in MODES}
    for number in range(WARM + count):
        for mode in MODES:
            question = next(questions)
            begun = time.perf_counter()
            client.search(question, mode=mode)
            if number >= WARM:
                times[mode].append((time.perf_counter() - begun) * 1000)
    return {mode: sorted(values) for mode, values in times.items()}


def by_people(server: Server, questions: Iterator[str]) -> Load:
    requests = [
        get(f"/api/v1/search?q={quote(question, safe='')}") for question in islice(questions, PEOPLES_QUESTIONS)
    ]
    headers = {"Cookie": session_cookie(server), "Accept-Encoding": "br"}
    return load(server.url, requests, seconds=120.0, connections=PEOPLE, headers=headers, most=len(requests))


def recall_at(stored: Stored, questions: Sequence[str]) -> tuple[float, list[float]]:
    """Return the share of the ``K`` nearest passages that Chroma finds, and its times over HTTP, sorted."""
    ids, vectors = stored.vectors()
    points = UseEmbedder().embed_queries(list(questions))
    times, shares = [], []
    for point in points:
        nearest = set(ids[np.argpartition(-(vectors @ point), K)[:K]].tolist())
        begun = time.perf_counter()
        near = stored.chroma.search(stored.collection, point, Settings().candidates)[:K]
        times.append((time.perf_counter() - begun) * 1000)
        shares.append(len(nearest & {item.passage_id for item in near}) / K)
    return statistics.fmean(shares), sorted(times)


def by_engine(data: Path, stored: Stored, questions: Sequence[str]) -> tuple[list[float], list[float], float, float]:
    """Ask tantivy and rank_bm25 the same questions in turn, in this process.

    Return the times of each, sorted, and the seconds and megabytes that rank_bm25's index took.
    """
    analyzer = Analyzer()
    terms_of = QueryTerms(analyzer)
    ours = TantivyIndexes(Settings(data_dir=data).lexical_dir, analyzer.version)
    reference = RankBm25Indexes(lambda _: stored.terms(analyzer))
    before, begun = _resident_mb(), time.perf_counter()
    reference.search(stored.collection, 1, ["warm"], 1)
    build, taken = time.perf_counter() - begun, _resident_mb() - before
    times: tuple[list[float], list[float]] = ([], [])
    ended = time.perf_counter() + COMPARED_SECONDS
    for question in questions[:COMPARED]:
        terms = terms_of(question)
        for engine, own in zip((ours, reference), times, strict=True):
            begun = time.perf_counter()
            engine.search(stored.collection, 1, terms, Settings().candidates)
            own.append((time.perf_counter() - begun) * 1000)
        if time.perf_counter() > ended:
            break
    return sorted(times[0]), sorted(times[1]), build, taken


def _resident_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


def tell(result: Result, size: int, found: Found) -> None:
    large, at = size == FULL_SIZES[-1], f"{found.passages:,} passages"
    for mode in MODES:
        result.add(f"{mode}_{size}", f"{at}: {mode} search, p50", found.alone_p50(mode), "ms", better="lower")
    result.add(f"hybrid_{size}_p95", f"{at}: hybrid search, p95", percentile(found.alone["hybrid"], 0.95), "ms")
    slower = max(found.alone_p50("bm25"), found.alone_p50("vector"))
    result.add(
        f"parallel_{size}", f"{at}: hybrid to the slower branch", found.alone_p50("hybrid") / slower, "x", "at most 1.5"
    )
    result.add(
        f"people_{size}_p95",
        f"{at}: {PEOPLE} at once, hybrid, p95",
        found.people_p95,
        "ms",
        "under 100" if large else "",
    )
    result.add(
        f"people_{size}_rate", f"{at}: {PEOPLE} at once, searches a second", found.people_rate, "/s", better="higher"
    )
    result.add(f"people_{size}_failed", f"{at}: {PEOPLE} at once, failed", found.failed, "", "at most 0")
    ours, reference = percentile(found.tantivy, 0.5), percentile(found.rank_bm25, 0.5)
    result.add(f"tantivy_{size}", f"{at}: BM25 by tantivy, p50", ours, "ms", better="lower")
    result.add(f"rank_bm25_{size}", f"{at}: BM25 by rank_bm25, p50", reference, "ms")
    result.add(
        f"bm25_ratio_{size}", f"{at}: rank_bm25 to tantivy", reference / ours, "x", "at least 50" if large else ""
    )
    result.add(f"rank_build_{size}", f"{at}: rank_bm25 builds its index, analysis included", found.rank_build_s, "s")
    result.add(f"rank_memory_{size}", f"{at}: rank_bm25's index, in each process", found.rank_mb, "MB")
    result.add(f"recall_{size}", f"{at}: Chroma's recall@{K} against exact search", found.recall, "", "at least 0.97")
    result.add(
        f"chroma_{size}_p50", f"{at}: Chroma over HTTP, p50", percentile(found.chroma, 0.5), "ms", better="lower"
    )
    result.add(f"chroma_{size}_p95", f"{at}: Chroma over HTTP, p95", percentile(found.chroma, 0.95), "ms")
    result.add(f"chroma_{size}_memory", f"{at}: Chroma's memory", found.chroma_mb, "MB", better="lower")


def series(x: Sequence[float], found: Sequence[Found]) -> list[Series]:
    search = {mode: [one.alone_p50(mode) for one in found] for mode in MODES}
    search[f"hybrid, {PEOPLE} at once, p95"] = [one.people_p95 for one in found]
    engines = {
        "tantivy": [percentile(one.tantivy, 0.5) for one in found],
        "rank_bm25": [percentile(one.rank_bm25, 0.5) for one in found],
        "Chroma over HTTP": [percentile(one.chroma, 0.5) for one in found],
    }
    return [
        Series("A search that no cache knows", "passages", "ms", x, search, log=True),
        Series("The engines alone", "passages", "ms", x, engines, log=True),
    ]


if __name__ == "__main__":
    main()
