"""Time from `likeopt serve` to its first answer, and the memory of all its processes.

Proportional set size: memory that workers share is counted once. Run it on a quiet machine;
the first round warms the file cache and is left out.

    python benchmarks/start.py [--rounds 5] [--workers 0]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil

from tests.services.likeopt import Server, likeopt_server

SETTLE_SECONDS = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", default="0", help="0: the default number")
    options = parser.parse_args()

    first, again, memory = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds + 1):
            data = Path(folder) / str(number)
            new = start(data, options.workers)
            old = start(data, options.workers)
            if number:
                first.append(new[0])
                again.append(old[0])
                memory.append(old[1])
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"ready, new data folder   {statistics.median(first):6.2f} s   ({min(first):.2f} to {max(first):.2f})")
    print(f"ready, old data folder   {statistics.median(again):6.2f} s   ({min(again):.2f} to {max(again):.2f})")
    names = sorted({name for sample in memory for name in sample}, key=lambda name: -memory[-1].get(name, 0))
    for name in names:
        print(f"memory, {name:<16} {statistics.median(sample.get(name, 0.0) for sample in memory):6.0f} MB")
    print(f"memory, {'all':<16} {statistics.median(sum(sample.values()) for sample in memory):6.0f} MB (PSS)")


def start(data: Path, workers: str) -> tuple[float, dict[str, float]]:
    """Return the seconds until it was ready and each service's megabytes."""
    begun = time.perf_counter()
    with likeopt_server(data, "--workers", workers) as server:
        took = time.perf_counter() - begun
        time.sleep(SETTLE_SECONDS)
        return took, memory_by_service(server)


def memory_by_service(server: Server) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    found["supervisor"] = proportional(server.popen.pid)
    for name, pid in server.services()["pids"].items():
        process = psutil.Process(pid)
        found[name] += proportional(pid)
        children = process.children(recursive=True)
        label = f"{name}'s {len(children)}" if children else name
        for child in children:
            found[label] += proportional(child.pid)
    return dict(found)


def proportional(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
