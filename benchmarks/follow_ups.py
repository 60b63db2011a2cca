"""The second question of a conversation: how often its passage is among the best five, with and without the first.

    OPENBLAS_NUM_THREADS=1 python benchmarks/follow_ups.py [--misses]

The conversations and the 350 passages that they are about were written for this, in English and Korean: products,
libraries, kinds of leave and versions that share all properties, so that a question about «it» fits eight of them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.app.domain.chat import Speaker, Turn
from backend.app.services.embedding.registry import create
from backend.app.services.evaluation.beir import Entry
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.contextual_query import contextual_query
from benchmarks.quality.sets import in_first_half
from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.figures import Result
from benchmarks.support.in_process import InProcessSearch

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "follow_ups"
DEPTH = 5
KINDS = {
    "pointer": "pointing back («how long is it guaranteed?»)",
    "ellipsis": "leaving out what it is about («소비 전력은?»)",
    "other": "asking the same of another («그럼 그 다음 버전은?»)",
    "answer": "about what the answer named",
    "alone": "about something else",
}


@dataclass(frozen=True, slots=True)
class Conversation:
    language: str
    kind: str
    history: tuple[Turn, ...]
    follow_up: str
    relevant: str


Query = Callable[[Conversation], str]
WEIGHTS = tuple((leaning, alone) for leaning in (1, 2, 3, 4, 5) for alone in (3, 5, 7) if alone >= leaning)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--halves", action="store_true", help="choose the weights on one half, and tell the other")
    parser.add_argument("--misses", action="store_true", help="list the questions whose passage is not found")
    options = begin(parser)
    talks, analyzer = conversations(), Analyzer()
    with tempfile.TemporaryDirectory() as folder:
        search = InProcessSearch(passages(), Path(folder), create("use"), analyzer)
        alone = found(search, talks, lambda talk: talk.follow_up)
        together = found(search, talks, lambda talk: contextual_query(talk.follow_up, talk.history, analyzer))
        if options.halves:
            _halves(search, talks, analyzer)

    result = Result(
        "follow_ups", notes=[f"{len(talks)} conversations, {len(search.entries)} passages, embedder `use`."]
    )
    for label, hits in (("without the conversation", alone), ("with it", together)):
        key = "with" if hits is together else "without"
        result.add(f"recall_{key}", f"recall@{DEPTH} {label}", share(talks, hits), better="higher")
        for language in ("en", "ko"):
            result.add(
                f"recall_{key}_{language}", f"of it {language}", share(talks, hits, language=language), better="higher"
            )
    for kind, words in KINDS.items():
        result.add(f"recall_with_{kind}", f"with it, {words}", share(talks, together, kind=kind), better="higher")
    if options.misses:
        for talk, hit in zip(talks, together, strict=True):
            if not hit:
                print(f"not found: {talk.history[0].text} / {talk.follow_up} -> {talk.relevant}")
    finish(result, options)


def _halves(search: InProcessSearch, talks: Sequence[Conversation], analyzer: Analyzer) -> None:
    """Print recall at each pair of weights, on the half that they are chosen on and on the other."""
    tuned = [in_first_half(talk.follow_up) for talk in talks]
    print(f"weights: recall on {sum(tuned)} to choose on, on the other {len(talks) - sum(tuned)}")
    for weights in WEIGHTS:
        hits = found(search, talks, lambda talk: contextual_query(talk.follow_up, talk.history, analyzer, weights))  # noqa: B023  # asked at once
        chosen, other = ([hit for hit, half in zip(hits, tuned, strict=True) if half is one] for one in (True, False))
        print(f"{weights}: {sum(chosen) / len(chosen):.3f}, {sum(other) / len(other):.3f}", flush=True)


def conversations() -> list[Conversation]:
    titles = {entry.text: entry.title for entry in passages()}
    rows = map(json.loads, (FOLDER / "conversations.jsonl").read_text().splitlines())
    return [
        Conversation(
            language=row["language"],
            kind=row["kind"],
            history=(
                Turn(Speaker.USER, row["first"]),
                Turn(Speaker.ASSISTANT, f"{row['answer']} [1]", titles[row["answer"]]),
            ),
            follow_up=row["follow_up"],
            relevant=row["relevant"][0],
        )
        for row in rows
    ]


def passages() -> list[Entry]:
    rows = map(json.loads, (FOLDER / "corpus.jsonl").read_text().splitlines())
    return [Entry(row["_id"], row["title"], row["text"]) for row in rows]


def found(search: InProcessSearch, talks: Sequence[Conversation], query: Query) -> list[bool]:
    """Tell of each conversation whether the passage that its second question asks for is among the best."""
    return [talk.relevant in {source.document_id for source in search.best(query(talk), DEPTH)} for talk in talks]


def share(talks: Sequence[Conversation], hits: Sequence[bool], language: str = "", kind: str = "") -> float:
    chosen = [
        hit
        for talk, hit in zip(talks, hits, strict=True)
        if (not language or talk.language == language) and (not kind or talk.kind == kind)
    ]
    return sum(chosen) / len(chosen)


if __name__ == "__main__":
    main()
