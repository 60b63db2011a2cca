"""Time that Like-Opt adds to the model's own first token, for one person who asks one question after the other.

The scripted model tells when a request reached it and when it sent its first token. Added is what passes between
sending the question and reading the first ``token`` event, less that.

    python benchmarks/first_token.py [--questions 200]
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.corpus import Texts, load
from benchmarks.support.figures import Result, Series
from benchmarks.support.measures import percentile
from benchmarks.support.servers import measured_server, model_state, prepared_folder, scripted_model, session_cookie
from benchmarks.support.streams import Asker

SMALL, LARGE = 1_000, 10_000  # passages
FULL_QUESTIONS = 2_000
WARM_QUESTIONS = 30
TOKENS, PAUSE = 60, 0.001


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--questions", type=int, default=200)
    options = begin(parser)
    count = FULL_QUESTIONS if options.full else options.questions

    texts = load()
    result = Result("first_token", notes=[f"Passages and questions: {texts.source}."])
    added = {passages: measure(passages, texts, count) for passages in (SMALL, LARGE)}
    for passages, (uncached, _) in added.items():
        label = f"time to the first token beyond the model's, {passages:,} passages"
        result.add(f"added_{passages}_p50", f"{label}: p50", percentile(uncached, 0.5), "ms", better="lower")
        result.add(f"added_{passages}_p95", f"{label}: p95", percentile(uncached, 0.95), "ms", "under 60")
    cached = added[LARGE][1]
    result.add(
        "cached_answers", "questions asked again, answered from the cache", len(cached) / count, "", "at least 1"
    )
    if cached:
        result.add("cached_p50", "first token of a cached answer: p50", percentile(cached, 0.5), "ms", better="lower")
        result.add("cached_p95", "first token of a cached answer: p95", percentile(cached, 0.95), "ms", "under 15")
    lines = {f"p{share}": [percentile(one[0], share / 100) for one in added.values()] for share in (50, 95)}
    result.series = [Series("Added to the first token, uncached", "passages", "ms", [*added], lines)]
    finish(result, options)


def measure(passages: int, texts: Texts, count: int) -> tuple[Sequence[float], Sequence[float]]:
    """Return what was added to answers that were made, and to those that came from the cache, sorted, in ms."""
    questions = texts.questions[:count]
    with (
        prepared_folder(passages, texts) as data,
        scripted_model(TOKENS, PAUSE) as model,
        measured_server(data, LLM_BASE_URL=model) as server,
        Asker(server.url, session_cookie(server)) as person,
    ):
        for question in texts.questions[-WARM_QUESTIONS:]:
            person.ask(question)
        made: list[float] = []
        cached: list[float] = []
        for _ in ("first", "again"):
            for question in questions:
                before = len(model_state(model)["times"])
                streamed = person.ask(question)
                own = [sent - received for received, sent in model_state(model)["times"][before:]]
                if streamed.last != "done":
                    raise SystemExit(f"an answer ended with {streamed.last}")
                (cached if streamed.cached else made).append((streamed.first_token - sum(own)) * 1000)
    return sorted(made), sorted(cached)


if __name__ == "__main__":
    main()
