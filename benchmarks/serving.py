"""Requests a second and latencies over HTTP: a cached search beside a bare Flask route, and what is not cached.

The bare route holds one of the same answers, of their mean size, and returns it in the same app and
gunicorn, so with session, metrics and compression too. Both are asked in turns within one run, by 64
connections of one load generator, so that their ratio holds on any machine. A Flask app of that route
alone, under the same gunicorn configuration, tells what everything around a route costs.

    python benchmarks/serving.py [--rounds 3] [--seconds 4]
"""

from __future__ import annotations

import argparse
import statistics
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import psutil

from benchmarks.support.bare import bare_server
from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.corpus import Texts
from benchmarks.support.corpus import load as load_texts
from benchmarks.support.figures import Result, Series
from benchmarks.support.load import CONNECTIONS, Load, get, load
from benchmarks.support.servers import measured_server, prepared_folder, session_cookie, signed_in
from tests.services.likeopt import Server

SMALL, LARGE = 1_000, 10_000  # passages
HOT = 20  # questions that are asked again and again
UNCACHED = 400  # questions that are asked once, by one person
CROWD = 16
CONVERSATIONS = 60
HANGING_ROUNDS = 6  # of the hot questions, while Redis hangs
FULL_ROUNDS, FULL_SECONDS = 8, 10.0
WARM_SECONDS = 3.0
SETTLE_SECONDS = 5.0


@dataclass(frozen=True)
class Target:
    """A running server over prepared passages, and the headers of a person who is signed in."""

    server: Server
    headers: Mapping[str, str]
    workers: int


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each turn in a round")
    options = begin(parser)
    if options.full:
        options.rounds, options.seconds = FULL_ROUNDS, FULL_SECONDS

    texts = load_texts()
    result = Result("serving", notes=[f"Passages and questions: {texts.source}."])
    found: dict[int, Load] = {}
    with target(SMALL, texts) as small:
        found[SMALL] = uncached(small, texts)
    with target(LARGE, texts) as large:
        compare(large, texts, result, options)
        found[LARGE] = uncached(large, texts)
        searches(large, texts, result, found)
        lists(large, texts, result)
        lose_redis(large, texts, result)
    title = "Uncached search, one person"
    lines = {"p50": [one.p50 for one in found.values()], "p95": [one.p95 for one in found.values()]}
    result.series = [Series(title, "passages", "ms", [*found], lines)]
    finish(result, options)


@contextmanager
def target(passages: int, texts: Texts) -> Iterator[Target]:
    with prepared_folder(passages, texts) as data, measured_server(data) as server:
        headers = {"Cookie": session_cookie(server), "Accept-Encoding": "br"}
        workers = len(psutil.Process(server.services()["pids"]["web"]).children())
        load(server.url, [search(text) for text in texts.questions[-100:]], seconds=WARM_SECONDS, headers=headers)
        yield Target(server, headers, workers)


def compare(target: Target, texts: Texts, result: Result, options: argparse.Namespace) -> None:
    """Ask both servers in turns; the ratio is the median of the rounds' ratios."""
    requests = [search(text) for text in texts.questions[:HOT]]
    answers = [answer_to(target, request) for request in requests]
    mean = statistics.mean(map(len, answers))
    body, headers = min(answers, key=lambda answer: abs(len(answer) - mean)), target.headers
    route = [get("/bare")]
    naked: list[Load] = []
    bare: list[Load] = []
    ours: list[Load] = []
    with bare_server(target.workers, body, target.server) as url, bare_server(target.workers, body) as plain:
        for server, asked in ((url, requests), (url, route), (plain, route)):  # workers come one by one
            load(server, asked, seconds=WARM_SECONDS, headers=headers)
        for _ in range(options.rounds):
            bare.append(load(url, route, seconds=options.seconds, headers=headers))
            ours.append(load(url, requests, seconds=options.seconds, headers=headers))
            naked.append(load(plain, route, seconds=options.seconds, headers=headers))
    check(*naked, *bare, *ours)
    ratio = statistics.median(our.rate / plain_one.rate for our, plain_one in zip(ours, bare, strict=True))
    result.add("cached_ratio", "cached search to a bare route in the same app, rates", ratio, "", "at least 0.7")
    ratio = statistics.median(our.rate / plain_one.rate for our, plain_one in zip(ours, naked, strict=True))
    result.add("naked_ratio", "cached search to a Flask app of that route alone", ratio, "", better="higher")
    rate = statistics.median(one.rate for one in ours)
    result.add("cached_rate", f"cached search, {CONNECTIONS} connections", rate, "/s", "at least 1,000")
    result.add("cached_p50", "its p50", statistics.median(one.p50 for one in ours), "ms", better="lower")
    result.add("cached_p95", "its p95", statistics.median(one.p95 for one in ours), "ms", better="lower")
    bare_rate = statistics.median(one.rate for one in bare)
    result.add("bare_rate", f"bare route, {CONNECTIONS} connections", bare_rate, "/s", better="higher")
    result.add("bare_p95", "its p95", statistics.median(one.p95 for one in bare), "ms", better="lower")


def uncached(target: Target, texts: Texts) -> Load:
    """Ask questions that nobody asked before, one after the other."""
    requests = [search(text) for text in texts.questions[HOT : HOT + UNCACHED]]
    found = load(target.server.url, requests, seconds=30.0, connections=1, headers=target.headers, most=len(requests))
    check(found)
    return found


def searches(target: Target, texts: Texts, result: Result, found: Mapping[int, Load]) -> None:
    for passages, one in found.items():
        label = f"uncached search, {passages:,} passages, one person"
        result.add(f"search_{passages}_p50", f"{label}: p50", one.p50, "ms", better="lower")
        result.add(f"search_{passages}_p95", f"{label}: p95", one.p95, "ms", "under 100")
    first = HOT + UNCACHED
    requests = [search(text) for text in texts.questions[first : first + 4 * UNCACHED]]
    crowd = load(
        target.server.url, requests, seconds=20.0, connections=CROWD, headers=target.headers, most=len(requests)
    )
    check(crowd)
    label = f"uncached search, {CROWD} at once"
    result.add("search_crowd_rate", label, crowd.rate, "/s", better="higher")
    result.add("search_crowd_mean", f"{label}: mean", crowd.mean, "ms", "under 200")
    result.add("search_crowd_p95", f"{label}: p95", crowd.p95, "ms", "under 500")


def lists(target: Target, texts: Texts, result: Result) -> None:
    with signed_in(target.server) as client:
        for text in texts.questions[:CONVERSATIONS]:
            client.ask(text)
    for name in ("conversations", "documents"):
        found = load(
            target.server.url,
            [get(f"/api/v1/{name}")],
            seconds=5.0,
            connections=CROWD,
            headers=target.headers,
        )
        check(found)
        label = f"GET /{name}, {CROWD} at once"
        result.add(f"{name}_rate", label, found.rate, "/s", better="higher")
        result.add(f"{name}_mean", f"{label}: mean", found.mean, "ms", "under 200")
        result.add(f"{name}_p95", f"{label}: p95", found.p95, "ms", "under 500")


def lose_redis(target: Target, texts: Texts, result: Result) -> None:
    """Stop Valkey where it stands, the worst way to lose it, and ask on, each time over a new connection.

    Once what the workers' own memory knows, and once what was never asked before, for which they would ask Redis.
    """
    hot = [search(text) for text in texts.questions[:HOT]] * HANGING_ROUNDS
    first = HOT + 5 * UNCACHED
    new = [search(text) for text in texts.questions[first : first + 2 * len(hot)]]
    for request in hot:  # so that each worker has seen the session
        answer_to(target, request)
    turns = (("", "requests", hot, hot), ("_new", "searches that no cache knows", new[::2], new[1::2]))
    for key, what, before, meanwhile in turns:
        usual = [seconds_of(target, request) for request in before]
        valkey = psutil.Process(target.server.services()["pids"]["valkey"])
        valkey.suspend()
        try:
            times = [seconds_of(target, request) for request in meanwhile]
        finally:
            valkey.resume()
        time.sleep(SETTLE_SECONDS)  # until it is used again
        longer = (max(times) - statistics.median(usual)) * 1e3
        label = f"Redis hangs, {len(times)} {what}"
        result.add(f"lost{key}_worst", f"{label}: the most that one of them waited longer", longer, "ms", "under 50")
        result.add(f"lost{key}_p50", f"{label}: p50", statistics.median(times) * 1e3, "ms", better="lower")
        usual_p50 = statistics.median(usual) * 1e3
        result.add(f"usual{key}_p50", f"the same {what} while Redis answers: p50", usual_p50, "ms", better="lower")


def seconds_of(target: Target, request: str) -> float:
    begun = time.perf_counter()
    answer_to(target, request)  # raises where it is no success
    return time.perf_counter() - begun


def search(question: str) -> str:
    return get(f"/api/v1/search?q={quote(question, safe='')}")


def answer_to(target: Target, request: str) -> bytes:
    path = request.split(" ")[1]
    asked = urllib.request.Request(target.server.url + path, headers={"Cookie": target.headers["Cookie"]})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return bytes(answer.read())


def check(*found: Load) -> None:
    """A rate of refusals would be a good one."""
    failed, answers = sum(one.failed for one in found), sum(one.answers for one in found)
    if failed or not answers:
        why = next((one.why for one in found if one.why), "")
        raise SystemExit(f"{failed} requests failed, {answers} were answered: these are no figures\n{why}")


if __name__ == "__main__":
    main()
