"""Time from `likeopt serve` to its first answer, and the memory of all its idle processes.

Memory is the proportional set size: what processes share is counted once. Run it on a quiet machine; the first
round warms the file cache and is left out.

    python benchmarks/start.py [--rounds 3] [--workers 0]
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.corpus import load
from benchmarks.support.figures import Result, Series
from benchmarks.support.processes import memory_by_service
from benchmarks.support.servers import measured_server, prepared_folder

SETTLE_SECONDS = 3.0
SIZES = (1_000, 10_000)  # passages
FULL_ROUNDS = 12


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", default="0", help="0: the default number")
    options = begin(parser)
    rounds = FULL_ROUNDS if options.full else options.rounds

    texts = load()
    result = Result("start", notes=[f"The passages are made of {texts.source}."])
    first, again, memory = _empty(rounds, options.workers)
    result.add("start_new", "ready, new data folder", statistics.median(first), "s", better="lower")
    result.add("start_warm", "ready, old data folder", statistics.median(again), "s", "under 3")
    medians = {0: statistics.median(again)}
    totals = {0: statistics.median(sum(sample.values()) for sample in memory)}
    for passages in SIZES:
        with prepared_folder(passages, texts) as data:
            found = [_start(data, options.workers) for _ in range(max(2, rounds // 2))][1:]
        medians[passages] = statistics.median(seconds for seconds, _ in found)
        totals[passages] = statistics.median(sum(sample.values()) for _, sample in found)
        label = f"ready, {passages:,} passages"
        result.add(f"start_{passages}", label, medians[passages], "s", "under 3")
    result.add("idle_memory", "memory of all processes, idle, no document", totals[0], "MB", "under 700")
    for name in sorted(memory[-1], key=lambda name: -memory[-1][name]):
        of_it = statistics.median(sample.get(name, 0.0) for sample in memory)
        result.add(f"idle_memory_{name}", f"of it {name}", of_it, "MB", better="lower")
    result.series = [
        Series("Start", "passages", "seconds until ready", [*medians], {"old data folder": [*medians.values()]}),
        Series("Idle memory", "passages", "MB (PSS)", [*totals], {"all processes": [*totals.values()]}),
    ]
    finish(result, options)


def _empty(rounds: int, workers: str) -> tuple[list[float], list[float], Sequence[dict[str, float]]]:
    """Start on new folders and then again on the same; return both times and the idle memory."""
    first, again, memory = [], [], []
    with tempfile.TemporaryDirectory(prefix="likeopt-bench-") as folder:
        for number in range(rounds + 1):
            data = Path(folder) / str(number)
            new, old = _start(data, workers), _start(data, workers)
            if number:
                first.append(new[0])
                again.append(old[0])
                memory.append(old[1])
    return first, again, memory


def _start(data: Path, workers: str) -> tuple[float, dict[str, float]]:
    """Return the seconds until it was ready and each service's megabytes."""
    begun = time.perf_counter()
    with measured_server(data, "--workers", workers) as server:
        took = time.perf_counter() - begun
        time.sleep(SETTLE_SECONDS)
        return took, memory_by_service(server)


if __name__ == "__main__":
    main()
