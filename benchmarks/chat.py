"""Whole answers a second and the time to their first token, for 1, 20 and 100 people who ask at the same time.

Each asks, reads the whole answer, and asks again. Uncached: questions that nobody asked before, with the cache
off. Cached: a few questions that were asked before. The scripted model sends 60 tokens, 1 ms apart. It and
the load generator run on the same processors; what they use is told.

    python benchmarks/chat.py [--seconds 20]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.corpus import load as load_texts
from benchmarks.support.crowd import Crowd, ask, note_failures
from benchmarks.support.figures import Result, Series
from benchmarks.support.measures import percentile
from benchmarks.support.servers import measured_server, prepared_folder, scripted_model, session_cookie

PASSAGES = 10_000
ANSWERS = {1: 60, 20: 500, 100: 1000}  # by people, uncached; at most, within the time
CACHED_ANSWERS = {1: 200, 20: 1000, 100: 1500}
FULL_TIMES = 3  # as many answers
HOT, WARM = 50, 100  # questions
TOKENS, PAUSE = 60, 0.001
MOST = max(ANSWERS)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="at which each of the six crowds stops asking")
    options = begin(parser)
    times = FULL_TIMES if options.full else 1
    seconds = str(options.seconds * times)

    texts = load_texts()
    fresh = iter(texts.questions)
    result = Result("chat", notes=[f"Passages and questions: {texts.source}."])
    made: dict[int, Crowd] = {}
    cached: dict[int, Crowd] = {}
    with (
        prepared_folder(PASSAGES, texts) as data,
        scripted_model(TOKENS, PAUSE) as model,
        measured_server(data, LLM_BASE_URL=model) as server,
    ):
        cookie = session_cookie(server)
        ask(server, cookie, _next(fresh, WARM), "--people", "4", "--answers", str(WARM))
        for people, answers in ANSWERS.items():
            count = answers * times
            questions = _next(fresh, count + people)
            limits = ("--people", str(people), "--answers", str(count), "--seconds", seconds)
            made[people] = ask(server, cookie, questions, *limits)
            tell(result, "uncached", people, made[people])
        hot = _next(fresh, HOT)
        ask(server, cookie, hot, "--people", "1", "--answers", str(HOT), "--use-cache")
        for people, answers in CACHED_ANSWERS.items():
            limits = ("--people", str(people), "--answers", str(answers * times), "--seconds", seconds)
            cached[people] = ask(server, cookie, hot, *limits, "--use-cache")
            tell(result, "cached", people, cached[people])
    costs(result, "uncached", made[MOST])
    costs(result, "cached", cached[MOST])
    hits = sum(crowd.cached for crowd in cached.values()) / max(1, sum(crowd.done for crowd in cached.values()))
    result.add("cached_share", "of the questions asked again, answered from the cache", hits, "", "at least 0.99")
    result.series = [*_series(made, cached)]
    finish(result, options)


def _next(fresh: Iterator[str], count: int) -> list[str]:
    """Return questions that were not asked yet, fewer where there are no more."""
    found = [question for question, _ in zip(fresh, range(count), strict=False)]
    if len(found) < count:
        raise SystemExit(f"the texts have too few questions: {count} more are needed")
    return found


def tell(result: Result, kind: str, people: int, crowd: Crowd) -> None:
    aims = kind == "uncached" and people == MOST
    who = f"{people} people" if people > 1 else "1 person"
    key, label = f"{kind}_{people}", f"{who}, {kind}"
    result.add(f"{key}_rate", f"{label}: whole answers", crowd.rate, "/s", "at least 40" if aims else "", "higher")
    result.add(f"{key}_first_p50", f"{label}: first token p50", percentile(crowd.first_ms, 0.5), "ms", better="lower")
    aim = "under 3,000" if aims else ""
    result.add(f"{key}_first_p95", f"{label}: first token p95", percentile(crowd.first_ms, 0.95), "ms", aim, "lower")
    result.add(f"{key}_failed", f"{label}: errors", crowd.failed, "", "at most 0")
    note_failures(result, label, crowd)


def costs(result: Result, kind: str, crowd: Crowd) -> None:
    """Tell the processor time of each process that an answer takes."""
    for name, seconds in sorted(crowd.processor.items(), key=lambda item: -item[1]):
        cost = seconds / max(1, crowd.done) * 1000
        if cost >= 0.05:
            key = f"{kind}_{MOST}_cpu_{name.replace(' ', '_')}"
            result.add(key, f"{MOST} people, {kind}: processor an answer, {name}", cost, "ms", better="lower")


def _series(made: Mapping[int, Crowd], cached: Mapping[int, Crowd]) -> Iterator[Series]:
    both = {"uncached": made, "cached": cached}
    rates = {kind: [crowd.rate for crowd in crowds.values()] for kind, crowds in both.items()}
    yield Series("Whole answers", "people", "answers a second", [*made], rates)
    first = {kind: [percentile(crowd.first_ms, 0.95) for crowd in crowds.values()] for kind, crowds in both.items()}
    yield Series("First token, p95", "people", "ms", [*made], first)


if __name__ == "__main__":
    main()
