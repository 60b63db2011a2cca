"""Thousands of answers that stream at the same time: what fails, what each costs, and what is added before its first token.

Streams begin at an even pace, whatever becomes of the earlier ones, with 200 questions in turns and the cache for
answers off, as a repeated answer would be no stream. The scripted model sends the first token at once and 60 in
30 s, or in as much longer as it takes for all to be open at once. So what a client waits for its first token is
what was added. Memory is the proportional set size of all processes of Like-Opt, at its highest, beyond
that before.

    python benchmarks/streams.py [--streams 2000] [--per-second 100] [--full]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field

from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.corpus import Texts
from benchmarks.support.corpus import load as load_texts
from benchmarks.support.crowd import Crowd, ask, note_failures
from benchmarks.support.figures import Result, Series
from benchmarks.support.measures import percentile
from benchmarks.support.processes import memory_by_service
from benchmarks.support.servers import measured_server, prepared_folder, scripted_model, session_cookie
from tests.services.likeopt import Server

PASSAGES = 10_000
STREAMS, FULL_STREAMS = 2_000, 10_000
QUESTIONS = 200
TOKENS, SECONDS = 60, 30.0
MARGIN = 1.2  # a stream goes on for so many times what it takes for all to begin
WARM = 200  # answers
PATIENCE_SECONDS = 120.0  # beyond the time that a stream takes
SETTLE_SECONDS = 5.0


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--streams", type=int, default=0, help=f"{STREAMS:,} unless told; {FULL_STREAMS:,} with --full")
    parser.add_argument("--per-second", type=float, default=100.0, help="pace at which streams begin")
    options = begin(parser)
    options.streams = options.streams or (FULL_STREAMS if options.full else STREAMS)

    texts = load_texts()
    lasts = max(SECONDS, MARGIN * options.streams / options.per_second)
    result = Result("streams", notes=[f"Passages and questions: {texts.source}.", _described(options, lasts)])
    with (
        prepared_folder(PASSAGES, texts) as data,
        scripted_model(TOKENS, lasts / TOKENS) as model,
        measured_server(data, LLM_BASE_URL=model) as server,
    ):
        memory = Memory(server)
        crowd = streamed(server, texts, options, lasts, memory)
    tell(result, options.streams, crowd, memory)
    finish(result, options)


@dataclass
class Memory:
    """Megabytes of all processes together, as time goes on."""

    server: Server
    before: float = 0.0
    begun: float = 0.0
    seconds: list[float] = field(default_factory=list)
    totals: list[float] = field(default_factory=list)

    def begin(self) -> None:
        self.before, self.begun = self._now(), time.monotonic()

    def look(self) -> None:
        self.totals.append(self._now())
        self.seconds.append(time.monotonic() - self.begun)

    def _now(self) -> float:
        return sum(memory_by_service(self.server).values())


def streamed(server: Server, texts: Texts, options: argparse.Namespace, lasts: float, memory: Memory) -> Crowd:
    """Warm every worker up with streams that are given up, then open the streams that are measured."""
    cookie, questions = session_cookie(server), texts.questions[:QUESTIONS]
    return_early = ("--streams", str(WARM), "--per-second", "25", "--patience", "3")
    ask(server, cookie, questions, *return_early)
    time.sleep(SETTLE_SECONDS)
    memory.begin()
    pace = ("--streams", str(options.streams), "--per-second", str(options.per_second))
    patience = str(lasts + PATIENCE_SECONDS)
    return ask(server, cookie, questions, *pace, "--patience", patience, watch=memory.look)


def tell(result: Result, streams: int, crowd: Crowd, memory: Memory) -> None:
    added, most = crowd.first_ms, crowd.most_open
    result.add("failed", f"streams of {streams:,} that failed", crowd.failed, "", "at most 0")
    result.add("done", "that ended with done", crowd.done, "", f"at least {streams:,}")
    result.add("open", "open at once, at most", most, "", f"at least {streams:,}")
    result.add("memory", "memory a stream", (max(memory.totals) - memory.before) * 1024 / most, "KB", "under 60")
    result.add("before", "memory of all processes before", memory.before, "MB", better="lower")
    result.add("peak", "memory of all processes at most", max(memory.totals), "MB", better="lower")
    result.add("added_p50", "added before the first token: p50", percentile(added, 0.5), "ms", better="lower")
    result.add("added_p95", "added before the first token: p95", percentile(added, 0.95), "ms", "under 250")
    for name, seconds in sorted(crowd.processor.items(), key=lambda item: -item[1]):
        if seconds >= 0.5:
            key = f"cpu_{name.replace(' ', '_')}"
            result.add(key, f"processor time, {name}", seconds, "s", better="lower")
    note_failures(result, "Of the streams", crowd)
    lines = {"all processes": memory.totals}
    result.series.append(Series("Memory while streams are open", "seconds", "MB (PSS)", memory.seconds, lines))


def _described(options: argparse.Namespace, lasts: float) -> str:
    return (
        f"{options.streams:,} streams, {options.per_second:g} begin a second, each of {TOKENS} tokens "
        f"over {lasts:.0f} s; {QUESTIONS} questions."
    )


if __name__ == "__main__":
    main()
