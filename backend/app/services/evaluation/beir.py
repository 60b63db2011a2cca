"""Reading a test set in BEIR's layout: corpus.jsonl, queries.jsonl, and judgements beside them.

The layout is that of Thakur et al. 2021, «BEIR: A Heterogenous Benchmark for Zero-shot Evaluation
of Information Retrieval Models».
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from backend.app.errors import AppError

_QRELS = ("qrels.tsv", "qrels/test.tsv")


class MalformedTestSet(AppError):
    """A folder that is no test set; the message names file and line."""

    status, error_code, error = 422, "MALFORMED_TEST_SET", "Malformed test set"


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of the corpus; title and text are in NFC, as extraction makes them."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A query with its judged documents; ``relevance`` of 0 and below means not relevant."""

    id: str
    text: str
    relevance: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LabelledSet:
    documents: tuple[Entry, ...]
    questions: tuple[Question, ...]


def read_folder(folder: Path, limit: int | None = None) -> LabelledSet:
    """Read a whole test set; ``limit`` keeps the first so many questions of queries.jsonl.

    Only questions with a relevant document are kept: of the others no measure says anything.

    Raises:
        MalformedTestSet: a file is missing, a line cannot be read, or nothing can be measured.
    """
    documents = tuple(_documents(_existing(folder, "corpus.jsonl")))
    if not documents:
        raise MalformedTestSet(f"{folder / 'corpus.jsonl'} holds no document.")
    judged = _judgements(_existing(folder, *_QRELS))
    known = {document.id for document in documents}
    questions = (
        Question(id, text, judged[id])
        for id, text in _queries(_existing(folder, "queries.jsonl"))
        if any(relevance > 0 for relevance in judged.get(id, {}).values())
    )
    kept = tuple(islice(questions, limit))
    if not kept:
        raise MalformedTestSet(f"No question in {folder} has a relevant document. Do the ids in its files agree?")
    if not any(document_id in known for question in kept for document_id in question.relevance):
        raise MalformedTestSet(f"The judgements in {folder} name no document of its corpus. Do the ids agree?")
    return LabelledSet(documents, kept)


def _existing(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise MalformedTestSet(
        f"{folder} has no {' or '.join(names)}. A test set is a folder with corpus.jsonl, queries.jsonl and qrels.tsv."
    )


def _documents(path: Path) -> Iterator[Entry]:
    for id, fields, where in _objects(path):
        title, text = _text(fields, "title", where, default=""), _text(fields, "text", where)
        yield Entry(id, title.strip(), text.strip() or title.strip())


def _queries(path: Path) -> Iterator[tuple[str, str]]:
    for id, fields, where in _objects(path):
        yield id, _text(fields, "text", where)


def _objects(path: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield each line's ``_id`` with its fields and its place in words."""
    seen: set[str] = set()
    for number, line in _lines(path):
        where = f"{path}, line {number}"
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise MalformedTestSet(f"{where}: this is not JSON.") from error
        if not isinstance(fields, dict):
            raise MalformedTestSet(f"{where}: expected an object with _id and text.")
        id = fields.get("_id")
        if isinstance(id, bool) or not isinstance(id, str | int) or id == "":
            raise MalformedTestSet(f"{where}: there is no _id.")
        if str(id) in seen:
            raise MalformedTestSet(f"{where}: the _id {id!r} was there before.")
        seen.add(str(id))
        yield str(id), fields, where


def _text(fields: Mapping[str, Any], name: str, where: str, default: str | None = None) -> str:
    value = fields.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise MalformedTestSet(f"{where}: {name} is not a text.")
    return unicodedata.normalize("NFC", value)


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    judged: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        parts = [part.strip() for part in line.split("\t")]
        if number == 1 and parts[-1].lower() == "score":
            continue
        try:
            query_id, document_id, score = parts
            judged.setdefault(query_id, {})[document_id] = int(score)
        except ValueError as error:
            raise MalformedTestSet(
                f"{path}, line {number}: expected query-id, corpus-id and a whole number as score, with tabs between."
            ) from error
    return judged


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = "this is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise MalformedTestSet(f"{path} cannot be read: {reason}.") from error
