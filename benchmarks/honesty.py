"""Questions that the documents do not answer: how many are told so, and how many that they do answer are.

    OPENBLAS_NUM_THREADS=1 python benchmarks/honesty.py --data FOLDER [--questions 400] [--embedding use]

FOLDER is in BEIR's layout. Four kinds of questions are put to the same passages: those with an answer among them; the
same with all passages of the right one's document taken away, so that nothing is about it; those of another folder of the
same language, where several are given; and, where the folder has ``unanswerable.jsonl``, questions that sound as if a passage
answered them, which none does (SQuAD 2.0's). The first two are also asked after a random other question, whose document the
answer to that one cited. The least relevance that at most 3 % of the answered questions miss is chosen on one half of all
sets' questions, and told of the other.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from backend.app.concurrency import NativePool
from backend.app.domain.chat import Source, Speaker, Turn
from backend.app.services.embedding.base import Embedder
from backend.app.services.embedding.registry import create
from backend.app.services.evaluation.beir import LabelledSet, Question, read_folder
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.contextual_query import contextual_query, judged_by
from backend.app.services.retrieval.relevance import SentenceRelevance
from backend.app.services.text.language import language_of
from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.corpus import SEED, folders_from_environment
from benchmarks.support.figures import Result, Series
from benchmarks.support.in_process import InProcessSearch, Uncached
from benchmarks.support.plots import draw

SOURCES = 6  # as a chat has
FINE = tuple(round(0.01 * step, 2) for step in range(51))
THRESHOLDS = tuple(round(0.02 * step, 2) for step in range(26))
SHOWN = (0.2, 0.26, 0.3, 0.34, 0.4)
MOST_WRONG = 0.03  # of the answered questions, by the half that chooses
KINDS = {
    "answerable": "answered",
    "elsewhere": "nothing is about it",
    "answerable_later": "answered, after another question",
    "elsewhere_later": "nothing is about it, after another question",
    "foreign": "asked of another collection",
    "unanswerable": "sounds as if a passage answered it",
}


Asked = tuple[tuple[str, ...], list[Source]]  # the texts by which it is judged, and what was found
Judged = dict[str, np.ndarray]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--questions", type=int, default=400, help="of each kind")
    parser.add_argument("--embedding", default="use")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw the curves there, a picture for each set")
    options = begin(parser)
    result = Result("honesty", notes=[f"{options.questions} questions of each kind, embedder `{options.embedding}`."])
    if not folders_from_environment():
        result.notes.append("Without a folder (--data) there is nothing to ask.")
    found = {
        folder.name: measure(folder, options.questions, create(options.embedding), result)
        for folder in folders_from_environment()
    }
    if found:
        tell_halves(found, result)
    if options.pictures:
        for series in result.series:
            draw(series, options.pictures / f"nothing-fits-{series.title.rpartition(' ')[2]}.png")
    finish(result, options)


def measure(folder: Path, count: int, embedder: Embedder, result: Result) -> Judged:
    """Return for each kind how relevant what was found seemed to each question."""
    labelled, analyzer, name = read_folder(folder), Analyzer(), folder.name
    judge = SentenceRelevance(analyzer, Uncached(), embedder, NativePool())
    with tempfile.TemporaryDirectory() as indexes:
        search = InProcessSearch(labelled.documents, Path(indexes), embedder, analyzer)
        found = {
            kind: np.array([max(judge.of(text, sources) for text in texts) for texts, sources in asked])
            for kind, asked in _asked(search, labelled, folder, count).items()
            if asked
        }
    for kind in list(found)[1:]:
        answered = "answerable_later" if kind == "elsewhere_later" else "answerable"
        label = f"{name}: answered beside «{KINDS[kind]}», area under the curve"
        if kind != "answerable_later":
            result.add(f"auc_{name}_{kind}", label, area(found[answered], found[kind]), better="higher")
    for threshold in SHOWN:
        for kind, values in found.items():
            share = float(np.mean(values < threshold))
            result.add(f"said_{name}_{threshold}_{kind}", f"{name}, {threshold}: said of «{KINDS[kind]}»", share)
    lines = {KINDS[kind]: [float(np.mean(values < at)) for at in THRESHOLDS] for kind, values in found.items()}
    result.series.append(
        Series(f"said that nothing fits, {name}", "least relevance", "share of questions", THRESHOLDS, lines)
    )
    return found


def tell_halves(found: Mapping[str, Judged], result: Result) -> None:
    """Choose on every other question, and tell of the rest: so neither half has the easier documents."""
    at = chosen([judged["answerable"][::2] for judged in found.values()])
    result.add("chosen", f"chosen on half of the questions, {MOST_WRONG:.0%} of the answered ones wrongly", at)
    for name, judged in found.items():
        for kind, values in judged.items():
            share = float(np.mean(values[1::2] < at))
            result.add(f"half_{name}_{kind}", f"{name}, other half, {at}: said of «{KINDS[kind]}»", share)


def chosen(answered: Sequence[np.ndarray]) -> float:
    """Return the highest threshold that tells too few wrongly, each set weighing the same."""
    wrongly = {at: float(np.mean([np.mean(values < at) for values in answered])) for at in FINE}
    return max(at for at, share in wrongly.items() if share <= MOST_WRONG)


def _asked(search: InProcessSearch, labelled: LabelledSet, folder: Path, count: int) -> dict[str, list[Asked]]:
    draw, analyzer = random.Random(SEED), Analyzer()
    chosen = draw.sample(labelled.questions, min(count, len(labelled.questions)))
    path = folder / "unanswerable.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    none = [json.loads(line)["text"] for line in draw.sample(lines, min(count, len(lines)))]
    foreign = _foreign(labelled, folder, draw, count)
    articles = {entry.id: entry.title or entry.id for entry in labelled.documents}
    before = draw.sample(labelled.questions, len(chosen))

    def asked(text: str, history: Sequence[Turn] = (), about: frozenset[str] = frozenset()) -> Asked:
        """Ask where there are no passages of the articles that it is ``about``."""
        query = contextual_query(text, history, analyzer)
        without = frozenset(n for n, entry in enumerate(labelled.documents) if articles[entry.id] in about)
        return judged_by(text, query), search.best(query, SOURCES, without)

    def of(question: Question) -> frozenset[str]:
        return frozenset(articles[id] for id in question.relevance if id in articles)

    def after(other: Question) -> tuple[Turn, ...]:
        return Turn(Speaker.USER, other.text), Turn(Speaker.ASSISTANT, "It is so [1].", min(of(other), default=""))

    return {
        "answerable": [asked(question.text) for question in chosen],
        "elsewhere": [asked(question.text, about=of(question)) for question in chosen],
        "answerable_later": [asked(q.text, after(other)) for q, other in zip(chosen, before, strict=True)],
        "elsewhere_later": [asked(q.text, after(other), of(q)) for q, other in zip(chosen, before, strict=True)],
        "foreign": [asked(text) for text in foreign],
        "unanswerable": [asked(text) for text in none],
    }


def _foreign(labelled: LabelledSet, folder: Path, draw: random.Random, count: int) -> list[str]:
    """Return questions that other folders have answers for, in the language of this one."""
    language = language_of(labelled.questions[0].text)
    others = [other for other in folders_from_environment() if other.resolve() != folder.resolve()]
    texts = [question.text for other in others for question in read_folder(other).questions]
    alike = [text for text in texts if language_of(text) == language]
    return draw.sample(alike, min(count, len(alike)))


def area(higher: Sequence[float] | np.ndarray, lower: Sequence[float] | np.ndarray) -> float:
    """Return how often one of ``higher`` is above one of ``lower``, ties counting half (Mann and Whitney's U)."""
    pairs = np.asarray(higher)[:, None] - np.asarray(lower)[None, :]
    return float(np.mean(pairs > 0) + 0.5 * np.mean(pairs == 0))


if __name__ == "__main__":
    main()
