"""Memory of all processes with 10,000 passages indexed and after 10,000 requests of every kind.

Memory is the proportional set size: what processes share is counted once. ``--full`` goes on for twenty minutes
and tells by how much the last ten of them grew.

    python benchmarks/memory.py [--requests 10000] [--full]
"""

from __future__ import annotations

import random
import statistics
import time
from collections import defaultdict
from urllib.parse import quote

from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.corpus import SEED, Texts
from benchmarks.support.corpus import load as load_texts
from benchmarks.support.figures import Result, Series
from benchmarks.support.load import get, load, post
from benchmarks.support.processes import memory_by_service
from benchmarks.support.servers import measured_server, prepared_folder, scripted_model, session_cookie
from tests.services.likeopt import Server

PASSAGES = 10_000
PEOPLE = 16
STEPS = 10  # at which memory is measured on the way
MIX = {"search": 0.3, "chat": 0.1, "conversations": 0.3, "documents": 0.3}  # shares of the requests
SOAK_SECONDS, SAMPLE_SECONDS = 1200.0, 30.0
SETTLE_SECONDS = 5.0


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    options = begin(parser)

    texts = load_texts()
    mix = ", ".join(f"{share:.0%} {name}" for name, share in MIX.items())
    result = Result("memory", notes=[f"Passages and questions: {texts.source}. Requests: {mix}, by {PEOPLE} people."])
    with (
        prepared_folder(PASSAGES, texts) as data,
        scripted_model() as model,
        measured_server(data, LLM_BASE_URL=model) as server,
    ):
        requests = mixed(texts, options.requests)
        headers = {"Cookie": session_cookie(server), "Accept-Encoding": "br", "Sec-Fetch-Site": "same-origin"}
        time.sleep(SETTLE_SECONDS)
        samples = {0: memory_by_service(server)}
        failed, step = 0, options.requests // STEPS
        for first in range(0, options.requests, step):
            part = requests[first : first + step]
            found = load(server.url, part, seconds=120.0, connections=PEOPLE, headers=headers, most=len(part))
            failed += found.failed
            samples[first + step] = memory_by_service(server)
        tell(result, samples, failed)
        if options.full:
            soak(server, requests, headers, result)
    finish(result, options)


def mixed(texts: Texts, count: int) -> list[str]:
    """Return requests of every kind; half of the questions are asked before, as people do."""
    draw = random.Random(SEED)
    kinds = draw.choices(list(MIX), weights=list(MIX.values()), k=count)
    few = texts.questions[:100]
    return [_request(kind, draw.choice(few if draw.random() < 0.5 else texts.questions)) for kind in kinds]


def _request(kind: str, question: str) -> str:
    if kind == "search":
        return get(f"/api/v1/search?q={quote(question, safe='')}")
    if kind == "chat":
        return post("/api/v1/chat", {"message": question})
    return get(f"/api/v1/{kind}")


def tell(result: Result, samples: dict[int, dict[str, float]], failed: int) -> None:
    before, after = samples[0], samples[max(samples)]
    count = f"{max(samples):,}"
    result.add("indexed", f"{PASSAGES:,} passages indexed, idle", sum(before.values()), "MB", "under 600")
    result.add("after", f"after {count} requests", sum(after.values()), "MB", "under 600")
    for name in sorted(after, key=lambda name: -after[name]):
        result.add(f"after_{name}", f"of it {name}", after[name], "MB", better="lower")
    result.add("failed", f"requests of {count} that failed", failed, "", "at most 0")
    lines: dict[str, list[float]] = defaultdict(list)
    for sample in samples.values():
        lines["all processes"].append(sum(sample.values()))
        for name in after:
            lines[name].append(sample.get(name, 0.0))
    result.series.append(Series("Memory over requests", "requests", "MB (PSS)", [*samples], dict(lines)))


def soak(server: Server, requests: list[str], headers: dict[str, str], result: Result) -> None:
    """Go on, and compare the means of the last minute and of the one before the last ten began."""
    minutes, totals = [], []
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < SOAK_SECONDS:
        load(server.url, requests, seconds=SAMPLE_SECONDS, connections=PEOPLE, headers=headers)
        minutes.append((passed + SAMPLE_SECONDS) / 60)
        totals.append(sum(memory_by_service(server).values()))
        random.Random(len(minutes)).shuffle(requests)
    half = SOAK_SECONDS / 120
    then = statistics.mean(total for minute, total in zip(minutes, totals, strict=True) if half - 1 < minute <= half)
    now = statistics.mean(totals[-2:])
    result.add("soak_growth", "growth over the last 10 minutes of 20", (now / then - 1) * 100, "%", "under 2")
    result.add("soak_end", "memory after 20 minutes", now, "MB", better="lower")
    result.series.append(Series("Memory over 20 minutes", "minutes", "MB (PSS)", minutes, {"all processes": totals}))


if __name__ == "__main__":
    main()
