"""Thousands of answers that stream at the same time: what fails, what each costs, and what is added before its first token.

Streams begin at an even pace, whatever becomes of the earlier ones, with 200 questions in turns and the cache for
answers off, as a repeated answer would be no stream; what warms the workers up asks 200 others, so that each of these is
searched for once at least. The scripted model sends the first token at once and 60 in
30 s, or in as much longer as it takes for all to be open at once. So what a client waits for its first token is
what was added. Memory is the proportional set size of all processes of Like-Opt, at its highest, beyond
that before. ``--full`` opens 10,000 at each of three paces, of which the first is the quickest that
answers of 30 s allow.

    python benchmarks/streams.py [--streams 2000] [--per-second 100 ...] [--full]
"""

from __future__ import annotations

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
PACES, FULL_PACES = (100.0,), (400.0, 200.0, 100.0)  # streams that begin a second
QUESTIONS = 200
TOKENS, SECONDS = 60, 30.0
MARGIN = 1.2  # a stream goes on for so many times what it takes for all to begin
WARM = 200  # answers
PATIENCE_SECONDS = 120.0  # beyond the time that a stream takes
SETTLE_SECONDS = 5.0


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--streams", type=int, default=0, help=f"{STREAMS:,} unless told; {FULL_STREAMS:,} with --full")
    parser.add_argument("--per-second", type=float, nargs="+", help="paces at which streams begin")
    options = begin(parser)
    streams = options.streams or (FULL_STREAMS if options.full else STREAMS)
    paces = options.per_second or (FULL_PACES if options.full else PACES)

    texts = load_texts()
    result = Result("streams", notes=[f"Passages and questions: {texts.source}. {QUESTIONS} questions in turns."])
    for pace in paces:
        measure(result, texts, streams, pace)
    finish(result, options)


def measure(result: Result, texts: Texts, streams: int, pace: float) -> None:
    lasts = max(SECONDS, MARGIN * streams / pace)
    with (
        prepared_folder(PASSAGES, texts) as data,
        scripted_model(TOKENS, lasts / TOKENS) as model,
        measured_server(data, LLM_BASE_URL=model) as server,
    ):
        memory = Memory(server)
        crowd = streamed(server, texts, streams, pace, lasts, memory)
    tell(result, streams, pace, lasts, crowd, memory)


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


def streamed(server: Server, texts: Texts, streams: int, pace: float, lasts: float, memory: Memory) -> Crowd:
    """Warm every worker up with streams that are given up, then open the streams that are measured."""
    cookie, others = session_cookie(server), texts.questions[QUESTIONS : 2 * QUESTIONS]
    return_early = ("--streams", str(WARM), "--per-second", "25", "--patience", "3")
    ask(server, cookie, others, *return_early)
    time.sleep(SETTLE_SECONDS)
    memory.begin()
    begin_at = ("--streams", str(streams), "--per-second", str(pace))
    patience = str(lasts + PATIENCE_SECONDS)
    return ask(server, cookie, texts.questions[:QUESTIONS], *begin_at, "--patience", patience, watch=memory.look)


def tell(result: Result, streams: int, pace: float, lasts: float, crowd: Crowd, memory: Memory) -> None:
    added, most, of = crowd.first_ms, crowd.most_open, f"{streams}_{pace:g}"
    which = f"{streams:,} of {lasts:.0f} s, {pace:g} a second"
    result.add(f"failed_{of}", f"{which}: failed", crowd.failed, "", "at most 0")
    result.add(f"done_{of}", f"{which}: ended with done", crowd.done, "", f"at least {streams:,}")
    result.add(f"open_{of}", f"{which}: open at once, at most", most, "", f"at least {streams:,}")
    each = (max(memory.totals) - memory.before) * 1024 / most
    result.add(f"memory_{of}", f"{which}: memory a stream", each, "KB", "under 60")
    result.add(f"peak_{of}", f"{which}: memory of all processes", max(memory.totals), "MB", better="lower")
    label = f"{which}: added before the first token"
    result.add(f"added_p50_{of}", f"{label}, p50", percentile(added, 0.5), "ms", better="lower")
    result.add(f"added_p95_{of}", f"{label}, p95", percentile(added, 0.95), "ms", "under 250")
    for name, seconds in sorted(crowd.processor.items(), key=lambda item: -item[1]):
        if seconds >= 0.5:
            key, label = f"cpu_{name.replace(' ', '_')}_{of}", f"{which}: processor a stream, {name}"
            result.add(key, label, seconds * 1000 / streams, "ms", better="lower")
    note_failures(result, f"Of {which}", crowd)
    lines = {"all processes": memory.totals}
    title = f"Memory while {streams:,} streams are open, {pace:g} a second"
    result.series.append(Series(title, "seconds", "MB (PSS)", memory.seconds, lines))


if __name__ == "__main__":
    main()
