"""Texts to index and questions to ask.

Real ones come from folders in BEIR's layout (corpus.jsonl, queries.jsonl). Without any, the project's
own documentation serves: cut into paragraphs, with questions made of its words. Where more text is asked
for than there is, sentences are drawn anew from all of it, which keeps the words' frequencies and repeats no
paragraph. Everything is seeded: the same folders give the same texts.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "LIKEOPT_BENCH_DATA"  # folders, parted as in PATH
SEED = 2026
_SENTENCE = re.compile(r"(?<=[.!?。])\s+")
_OWN_TEXTS = ("README.md", "README.ko.md", "CONTRIBUTING.md", "docs/*.md")
_REPORT = "performance.md"  # what the benchmarks write is not what they read
_SENTENCES_A_PARAGRAPH = 6
_OWN_QUESTIONS = 12_000
_WORDS_A_QUESTION = (4, 9)
_LEAST_CHARS = 40  # of a paragraph
_MOST_CHARS = 1000  # of a question: some test sets ask with whole articles, which no person types


@dataclass(frozen=True, slots=True)
class Texts:
    """What a benchmark works on; ``source`` says in words where it comes from."""

    paragraphs: tuple[str, ...]
    questions: tuple[str, ...]
    source: str

    @property
    def digest(self) -> str:
        """Name the paragraphs; an index of them does not depend on the questions."""
        return hashlib.blake2b("\0".join(self.paragraphs).encode(), digest_size=8).hexdigest()


def folders_from_environment() -> list[Path]:
    return [Path(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]


def load(folders: Sequence[Path] | None = None) -> Texts:
    """Read the folders, those of the environment unless some are named; shuffled, so that languages mix.

    Raises:
        OSError: a folder lacks its files.
    """
    chosen = folders_from_environment() if folders is None else folders
    if not chosen:
        return _own()
    paragraphs = [text for folder in chosen for text in _texts(folder / "corpus.jsonl")]
    asked = (text for folder in chosen for text in _texts(folder / "queries.jsonl"))
    questions = [text for text in asked if len(text) <= _MOST_CHARS]
    draw = random.Random(SEED)
    draw.shuffle(paragraphs)
    draw.shuffle(questions)
    names = ", ".join(folder.resolve().name for folder in chosen)
    source = f"{len(paragraphs):,} real texts and {len(questions):,} real questions of {names}"
    return Texts(tuple(dict.fromkeys(paragraphs)), tuple(dict.fromkeys(questions)), source)


def documents(texts: Texts, chars: int) -> Iterator[str]:
    """Yield documents of about so many characters without end: first every text once, then new paragraphs."""
    document: list[str] = []
    length = 0
    for paragraph in _endless(texts):
        document.append(paragraph)
        length += len(paragraph) + 2
        if length >= chars:
            yield "\n\n".join(document)
            document, length = [], 0


def _endless(texts: Texts) -> Iterator[str]:
    yield from texts.paragraphs
    draw = random.Random(SEED)
    sentences = [sentence for text in texts.paragraphs for sentence in _SENTENCE.split(text) if sentence]
    while True:
        yield " ".join(draw.choices(sentences, k=_SENTENCES_A_PARAGRAPH))


def _texts(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if text := " ".join(str(entry["text"]).split()):
                yield text


def _own() -> Texts:
    files = [path for pattern in _OWN_TEXTS for path in sorted(ROOT.glob(pattern)) if path.name != _REPORT]
    parts = (part for path in files for part in re.split(r"\n\s*\n", path.read_text("utf-8")))
    paragraphs = tuple(dict.fromkeys(" ".join(part.split()) for part in parts if len(part) >= _LEAST_CHARS))
    source = f"{len(paragraphs):,} paragraphs of the project's own documentation and questions made of their words"
    return Texts(paragraphs, tuple(_made_questions(paragraphs)), source)


def _made_questions(paragraphs: Sequence[str]) -> Iterator[str]:
    """Make questions of neighbouring words, so that they find something as real ones do."""
    draw = random.Random(SEED)
    words = [re.findall(r"\w+", paragraph) for paragraph in paragraphs]
    made: dict[str, None] = {}
    while len(made) < _OWN_QUESTIONS:
        chosen = draw.choice(words)
        size = draw.randint(*_WORDS_A_QUESTION)
        first = draw.randrange(max(1, len(chosen) - size))
        made[" ".join(chosen[first : first + size]) + "?"] = None
    return iter(made)
