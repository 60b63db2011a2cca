"""Holds what is there against the ledgers: all that was acknowledged, exactly once, and nothing of what was deleted."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.ledger import Exchange, File, Shelf, Talk
from tests.faults.people import Person

Shape = dict[str, Any]

_COMPARED = {"words indexed", "vectors indexed", "files", "documents"}


class Proof:
    """Asks the server in each person's name, and the database beside it."""

    def __init__(self, people: list[Person], data_dir: Path) -> None:
        self._people = people
        self._data_dir = data_dir

    def wrong(self) -> list[str]:
        """Return in words whatever is not as it was promised."""
        found = [f"{person.name}: {line}" for person in self._people for line in _of(person)]
        return [*found, *self._in_sql()]

    def in_work(self) -> int:
        """Return how many documents are still on their way, and deletions to be carried out in the indexes."""
        (jobs,) = self._sql("select count(*) from jobs where finished_at is null")
        (removals,) = self._sql("select count(*) from removals")
        return int(jobs[0]) + int(removals[0])

    def _in_sql(self) -> Iterator[str]:
        twice = "select text, count(*) from messages where speaker = 'user' and text like 'Question %' group by text"
        for text, count in self._sql(f"{twice} having count(*) > 1"):
            yield f"{count} times in the database: {text}"
        alone = """select q.text from messages q where q.speaker = 'user' and (select a.speaker from messages a
                   where a.conversation_id = q.conversation_id and a.place > q.place order by a.place limit 1)
                   is not 'assistant'"""
        for (text,) in self._sql(alone):
            yield f"without an answer in the database: {text}"
        for sha256, count in self._sql(
            "select sha256, count(*) from documents group by collection_id, sha256 having count(*) > 1"
        ):
            yield f"{count} documents of the same bytes: {sha256}"
        for id, status in self._sql("select id, status from documents where status <> 'ready'"):
            yield f"document {id} is {status}"

    def _sql(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(f"file:{self._data_dir / 'likeopt.db'}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


def doctor(data_dir: Path, environ: dict[str, str]) -> list[str]:
    """Return what `likeopt doctor` finds wrong, beside a server or without one; nothing where it ends with 0."""
    command = [sys.executable, "-m", "backend.app", "doctor", "--json", "--data-dir", str(data_dir)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)
    if not done.stdout.startswith("{"):
        return [f"doctor ended with {done.returncode}: {done.stderr[-2000:]}"]
    checks = json.loads(done.stdout)["checks"]
    found = [
        f"doctor, {check['name']}: {check['detail']} {check['found'][:5]}"
        for check in checks
        if check["state"] == "wrong"
    ]
    if done.returncode != 0 and not found:
        found.append(f"doctor ended with {done.returncode} and said of nothing that it is wrong")
    sound = {check["name"] for check in checks if check["state"] == "ok"}
    return found or [f"doctor did not look at the {name}" for name in sorted(_COMPARED - sound)]


def _of(person: Person) -> Iterator[str]:
    ledger, voice = person.ledger, person.voice
    talks = {talk["id"]: talk for talk in voice.pages("/conversations")}
    for talk in ledger.talks:
        found = talks.pop(talk.id, None)
        yield from _presence(talk, found, f"conversation {sorted(talk.titles)}")
        if found is not None:
            yield from _talk(talk, found, voice.pages(f"/conversations/{talk.id}/messages"))
    begun = Counter(stray["title"] for stray in talks.values())  # whose streams broke before they said so
    for title, count in begun.items():
        if title not in ledger.unopened or count > 1:
            yield f"{count} conversations that nobody heard of: {title!r}"
    yield from _documents(person)
    shelves = voice.pages("/collections")
    for shelf in ledger.shelves:
        yield from _shelf(shelf, [found for found in shelves if _is(shelf, found)])
    known = [found["id"] for found in shelves if any(_is(shelf, found) for shelf in ledger.shelves)]
    yield from (f"nobody made collection {found['name']!r}" for found in shelves if found["id"] not in known)


def _presence(thing: Talk | File, found: Shape | None, what: str) -> Iterator[str]:
    if found is None and thing.gone is False:
        yield f"lost: {what}"
    elif found is not None and thing.gone is True:
        yield f"back after its deletion: {what}"


def _talk(talk: Talk, found: Shape, messages: list[Shape]) -> Iterator[str]:
    if found["title"] not in talk.titles:
        yield f"conversation is called {found['title']!r} instead of {sorted(talk.titles)}"
    counts = Counter(message["id"] for message in messages)
    yield from (f"message {id} is shown {count} times" for id, count in counts.items() if count > 1)
    if [message["role"] for message in messages] != ["user", "assistant"] * (len(messages) // 2):
        yield f"questions and answers do not alternate in {found['title']!r}"
        return
    pairs = list(zip(messages[::2], messages[1::2], strict=True))
    order = []
    for exchange in talk.exchanges:
        own = [number for number, (question, _) in enumerate(pairs) if _asked(exchange, question)]
        order += own
        if len(own) > 1 or (exchange.is_certain and not own):
            yield f"{len(own)} times there: {sorted(exchange.texts)}"
        for number in own:
            yield from _exchange(exchange, *pairs[number])
    if sorted(order) != list(range(len(pairs))):
        yield f"{len(pairs)} exchanges in {found['title']!r}, of which {len(order)} were asked for"
    elif order != sorted(order):
        yield f"the exchanges of {found['title']!r} are out of their order"


def _asked(exchange: Exchange, question: Shape) -> bool:
    return question["id"] == exchange.question_id or question["text"] in exchange.texts


def _exchange(exchange: Exchange, question: Shape, answer: Shape) -> Iterator[str]:
    if question["text"] not in exchange.texts:
        yield f"{question['text']!r} was to read {sorted(exchange.texts)}"
    if exchange.nameless:
        return
    if answer["id"] not in exchange.answers:
        yield f"{question['text']!r} has an answer that it should not have: {answer['status']} {answer['text'][:80]!r}"
        return
    text = exchange.answers[answer["id"]]
    if text is not None and (answer["text"], answer["status"]) != (text, "complete"):
        yield f"the answer to {question['text']!r} is {answer['status']}: {answer['text'][:80]!r}, not {text[:80]!r}"
    if answer["feedback"] not in exchange.thumbs:
        yield f"the answer to {question['text']!r} has the thumb {answer['feedback']}, not {exchange.thumbs}"


def _documents(person: Person) -> Iterator[str]:
    found = {document["id"]: document for document in person.voice.pages("/documents")}
    by_name = {document["filename"]: document for document in found.values()}
    if len(by_name) != len(found):
        yield "a document is there twice"
    for file in person.ledger.files:
        shown = found.get(file.id) or by_name.get(file.name)
        if file.id or shown is not None:
            yield from _presence(file, shown, f"document {file.name}")
        if shown is not None and file.gone is not True:
            if file.shelf.id != shown["collection_id"]:
                yield f"document {file.name} is in another collection"
            content = person.voice.raw("GET", f"/documents/{shown['id']}/content")
            if hashlib.sha256(content.body).digest() != hashlib.sha256(file.content).digest():
                yield f"document {file.name} has another content: {content.status}, {len(content.body)} bytes"
    names = {file.name for file in person.ledger.files}
    yield from (f"nobody sent {name}" for name in by_name.keys() - names)


def _shelf(shelf: Shelf, found: list[Shape]) -> Iterator[str]:
    if len(found) > 1 or (shelf.id and shelf.gone is False and not found):
        yield f"{len(found)} times there: collection {sorted(shelf.names)}"
    for one in found:
        if shelf.gone is True:
            yield f"back after its deletion: collection {one['name']!r}"
        elif one["name"] not in shelf.names:
            yield f"collection is called {one['name']!r} instead of {sorted(shelf.names)}"


def _is(shelf: Shelf, found: Shape) -> bool:
    return found["id"] == shelf.id or (not shelf.id and found["name"] in shelf.names)
