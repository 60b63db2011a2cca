"""What others wait while slow clients hold their connections, against what they wait without these.

2,000 idle connections, half of which have begun a head, 50 bodies of which a byte has come and ten readers of endless answers
who have stopped; the server waits for all of them for ten minutes in place of its defaults, so that none is thrown out
meanwhile. One person asks as before, in turns with and without them, so that what else the machine does falls
on both alike.

    python benchmarks/slow_clients.py [--rounds 3] [--requests 100]
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.figures import Result
from benchmarks.support.measures import percentile
from tests.fakes.scripted_model import Endless, Script, ScriptedModel, delta
from tests.integration.api.sockets import Browser
from tests.services.likeopt import likeopt_server
from tests.services.siege import IDLE, TRICKLING, UNREAD, Siege, many_files

PATHS = {"who": "/auth/me", "list": "/collections", "search": "/search?q=ferry"}
PATIENT = {f"LIKEOPT_{name}": "600" for name in ("BODY_SECONDS", "SEND_SECONDS", "KEEPALIVE")}
TALKATIVE = {"LIKEOPT_LLM_MAX_TOKENS": "3000000", "LIKEOPT_LLM_CONTEXT_TOKENS": "4000000"}
Times = dict[tuple[str, bool], list[float]]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=100)
    options = begin(parser)
    script = Script([Endless(delta({"content": "seven in the morning " * 400}), pause=0.05)])
    with (
        many_files(),
        tempfile.TemporaryDirectory() as folder,
        ScriptedModel(script) as model,
        likeopt_server(Path(folder), LLM_BASE_URL=model.url, LLM_MODEL="scripted-1", **PATIENT, **TALKATIVE) as server,
    ):
        person = Browser(server.url).register("ann")
        ask(person, options.requests // 2)  # warm
        times: Times = defaultdict(list)
        for _ in range(options.rounds):
            for besieged in (False, True):
                with contextlib.ExitStack() as stack:
                    siege = Siege(person, stack) if besieged else None
                    if siege:
                        siege.send_a_byte()
                    for name, seconds in ask(person, options.requests).items():
                        times[name, besieged] += seconds
                    assert siege is None or siege.hangs(), "it lasted until the end"
    tell(times, options.rounds * options.requests, options)


def ask(person: Browser, requests: int) -> dict[str, list[float]]:
    """Return the seconds of each request, a connection each."""
    found = defaultdict(list)
    for _ in range(requests):
        for name, path in PATHS.items():
            begun = time.perf_counter()
            assert person.get(path).status == 200
            found[name].append(time.perf_counter() - begun)
    return found


def tell(times: Times, requests: int, options: argparse.Namespace) -> None:
    notes = [f"{IDLE:,} idle connections, {TRICKLING} bodies, {UNREAD} readers; {requests} requests each, in turns."]
    result = Result("slow_clients", notes=notes)
    for name, path in PATHS.items():
        quiet, besieged = times[name, False], times[name, True]
        for word, found in (("quiet", quiet), ("besieged", besieged)):
            for at in (50, 95):
                label = f"GET {path}, {word}: p{at}"
                result.add(
                    f"slow_{name}_{word}_p{at}", label, percentile(sorted(found), at / 100) * 1000, "ms", better="lower"
                )
        ratio = percentile(sorted(besieged), 0.95) / percentile(sorted(quiet), 0.95)
        result.add(f"slow_{name}_ratio", f"GET {path}: besieged to quiet, p95", ratio, "x", better="lower")
        median = statistics.median(besieged) / statistics.median(quiet)
        result.add(f"slow_{name}_median", f"GET {path}: besieged to quiet, median", median, "x", better="lower")
    finish(result, options)


if __name__ == "__main__":
    main()
