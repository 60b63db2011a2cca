"""People who use a server steadily, come what may, and write down what they were told."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from tests.faults.ledger import Exchange, File, Ledger, Shelf, Talk, Thing, there
from tests.faults.voice import Broken, Refused, Said, Voice

PASSWORD = "a long password"
_THINKING = (0.05, 0.5)  # seconds between two acts
_AFTER_AN_ERROR = 0.5
_ENDED = ("ready", "failed", "cancelled")
_SUBJECTS = ["lamp", "harbour", "ferry", "등대", "master", "gull", "pier", "항구", "ledger", "rope", "소금", "night"]

T = TypeVar("T")
L = TypeVar("L", bound=Thing)


class Person:
    """One who does one thing after the other, in a thread of its own."""

    def __init__(self, url: str, name: str, seed: int) -> None:
        self.name = name
        self.voice = Voice(url)
        self.ledger = Ledger()
        self.errors: Counter[str] = Counter()
        self.degraded: Counter[str] = Counter()
        self.defects: list[str] = []
        self._email = f"{name}@example.com"
        self._chance = random.Random(f"{seed} {name}")
        self._made = 0
        self._leaving = threading.Event()
        self._thread: threading.Thread | None = None

    # --- coming and going -------------------------------------------------------------------

    def register(self) -> None:
        self.voice.call("POST", "/auth/register", {"email": self._email, "password": PASSWORD, "name": self.name})
        own = self.voice.call("GET", "/collections")[0]
        self.ledger.shelves.append(Shelf(names={own["name"]}, id=own["id"]))

    def sign_in(self) -> None:
        self.voice.call("POST", "/auth/login", {"email": self._email, "password": PASSWORD})

    def stay_signed_in(self) -> None:
        """Sign in anew if the last fault has taken the session."""
        try:
            self.voice.call("GET", "/collections")
        except Refused as error:
            if str(error) != "NOT_SIGNED_IN":
                raise
            self.sign_in()

    def start(self) -> None:
        self._leaving.clear()
        self._thread = threading.Thread(target=self._live, name=self.name)
        self._thread.start()

    def leave(self) -> None:
        """Do nothing more after what is being done."""
        self._leaving.set()

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _live(self) -> None:
        while not self._leaving.is_set():
            try:
                self._act()
                self._leaving.wait(self._chance.uniform(*_THINKING))
            except (Refused, Broken) as error:
                self._suffer(error)
                if str(error) == "NOT_SIGNED_IN":
                    self._come_back()
            except Exception as error:
                # The edge of a thread: neither a defect of the product nor one of this suite may go unseen.
                self.defects.append(f"{self.name}: {error!r}")
                self._leaving.wait(_AFTER_AN_ERROR)

    def _come_back(self) -> None:
        """Sign in anew: the store of sessions has forgotten this one."""
        try:
            self.sign_in()
        except (Refused, Broken) as error:
            self._suffer(error)

    def _suffer(self, error: Exception) -> None:
        self.errors[str(error)] += 1
        self._leaving.wait(_AFTER_AN_ERROR)

    # --- asking -----------------------------------------------------------------------------

    def ask_anew(self) -> None:
        text = self._question()
        exchange, shelf = Exchange({text}), self._some(self._shelves())
        self.ledger.unopened.add(text)

        def begun(meta: dict[str, Any]) -> None:
            self.ledger.unopened.discard(text)
            self.ledger.talks.append(Talk(id=meta["conversation_id"], titles={text}, exchanges=[exchange]))

        where = {"collection_ids": [shelf.id]} if shelf and self._chance.random() < 0.5 else {}
        self._ask(exchange, {"message": text, **where}, begun)

    def ask_on(self) -> None:
        if talk := self._some(self._talks()):
            exchange = Exchange({text := self._question()})
            talk.exchanges.append(exchange)
            self._ask(exchange, {"message": text, "conversation_id": talk.id})

    def ask_again(self) -> None:
        """Have a last answer made anew; best one that broke off, and that the server may still be writing."""
        talks = [talk for talk in self._talks() if talk.exchanges[-1].question_id]
        if talk := self._some([talk for talk in talks if talk.exchanges[-1].is_open] or talks):
            (exchange,) = talk.exchanges[-1:]
            self._replace(talk, exchange, self._chance.choice(sorted(exchange.texts)))

    def edit(self) -> None:
        """Ask a last question in other words, which take its place."""
        if talk := self._some([talk for talk in self._talks() if talk.exchanges[-1].settled_answer]):
            self._replace(talk, talk.exchanges[-1], self._question())

    def _replace(self, talk: Talk, exchange: Exchange, text: str) -> None:
        exchange.texts.add(text)
        exchange.thumbs.add(None)
        if exchange is talk.exchanges[0]:
            talk.titles.add(text)
        latest, question = next(reversed(exchange.answers)), exchange.question_id
        body = {"message": text, "conversation_id": talk.id, "regenerate": latest, "question_id": question}
        self._ask(exchange, body)
        exchange.texts, exchange.thumbs = {text}, {None}

    def _ask(
        self, exchange: Exchange, body: dict[str, Any], begun: Callable[[dict[str, Any]], None] = lambda meta: None
    ) -> None:
        exchange.nameless += 1

        def named(meta: dict[str, Any]) -> None:
            exchange.question_id = meta["question_id"]
            exchange.nameless -= 1
            exchange.answers[meta["message_id"]] = None
            begun(meta)

        said = self.voice.stream(body, named)
        exchange.nameless = 0
        exchange.is_certain = True
        exchange.answers = {said[-1][1]["message_id"]: _text(said)}
        self.degraded.update(said[-1][1]["degraded"])

    def rate(self) -> None:
        answered = [exchange for talk in self._talks() for exchange in talk.exchanges if exchange.settled_answer]
        if exchange := self._some(answered):
            value = self._chance.choice([1, -1])
            exchange.thumbs.add(value)
            self.voice.call("POST", "/feedback", {"message_id": exchange.settled_answer, "value": value})
            exchange.thumbs = {value}

    def search(self) -> None:
        found = self.voice.whole("GET", f"/search?q={quote('the ' + self._chance.choice(_SUBJECTS))}&k=5")
        self.degraded.update(f"search by {part}" for part in found["degraded"])

    # --- what is kept -----------------------------------------------------------------------

    def rename_talk(self) -> None:
        if talk := self._some(self._talks()):
            title = f"Talk {self._number()} of {self.name}"
            talk.titles.add(title)
            self.voice.call("PATCH", f"/conversations/{talk.id}", {"title": title})
            talk.titles = {title}

    def delete_talk(self) -> None:
        self._delete(self.ledger.talks, "/conversations/")

    def send(self) -> None:
        """Send a file, once the one before is through: a busy machine is not to be buried under them."""
        before = there(self.ledger.files)[-1:]
        if before and before[0].id and self.voice.call("GET", f"/documents/{before[0].id}")["status"] not in _ENDED:
            return
        if shelf := self._some(self._shelves()):
            file = File(name=f"{self._number()}-{self.name}.txt", content=self._words(), shelf=shelf)
            self.ledger.files.append(file)
            file.id = self.voice.upload(shelf.id, file.name, file.content)["id"]

    def delete_file(self) -> None:
        self._delete([file for file in self.ledger.files if file.id], "/documents/")

    def make_shelf(self) -> None:
        if len(self._shelves()) < 4:
            shelf = Shelf(names={f"Shelf {self._number()} of {self.name}"})
            self.ledger.shelves.append(shelf)
            shelf.id = self.voice.call("POST", "/collections", {"name": next(iter(shelf.names))})["id"]

    def rename_shelf(self) -> None:
        if shelf := self._some(self._shelves()):
            name = f"Shelf {self._number()} of {self.name}"
            shelf.names.add(name)
            self.voice.call("PATCH", f"/collections/{shelf.id}", {"name": name})
            shelf.names = {name}

    def delete_shelf(self) -> None:
        shelves = [shelf for shelf in self.ledger.shelves[1:] if shelf.id and shelf.gone is not True]
        if shelf := self._some(shelves):
            files = [file for file in self.ledger.files if file.shelf is shelf and file.gone is not True]
            for thing in (shelf, *files):
                thing.gone = None
            self.voice.delete(f"/collections/{shelf.id}")
            for thing in (shelf, *files):
                thing.gone = True

    def _delete(self, things: list[L], path: str) -> None:
        """Delete one of those; best one of which it is not known whether an earlier attempt did it."""
        asked = [thing for thing in things if thing.gone is None]
        if thing := self._some(asked or there(things)):
            thing.gone = None
            self.voice.delete(f"{path}{thing.id}")  # type: ignore[attr-defined]
            thing.gone = True

    # --- choosing ---------------------------------------------------------------------------

    def _act(self) -> None:
        ways: list[tuple[Callable[[], None], float]] = [
            (self.ask_anew, 3),
            (self.ask_on, 4),
            (self.ask_again, 3),
            (self.edit, 1),
            (self.rate, 3),
            (self.search, 2),
            (self.send, 4),
            (self.rename_talk, 2),
            (self.rename_shelf, 1),
            (self.make_shelf, 1),
            (self.delete_file, 1),
            (self.delete_talk, 0.3),
            (self.delete_shelf, 0.3),
        ]
        ((way, _),) = self._chance.choices(ways, [weight for _, weight in ways])
        way()

    def _talks(self) -> list[Talk]:
        """Return the latest conversations: each grows for a while and is then left alone."""
        return there(self.ledger.talks)[-8:]

    def _shelves(self) -> list[Shelf]:
        return [shelf for shelf in there(self.ledger.shelves) if shelf.id]

    def _some(self, things: list[T]) -> T | None:
        return self._chance.choice(things) if things else None

    def _number(self) -> int:
        self._made += 1
        return self._made

    def _question(self) -> str:
        return f"Question {self._number()} of {self.name}: where is the {self._chance.choice(_SUBJECTS)}?"

    def _words(self) -> bytes:
        paragraphs = self._chance.choice([1, 1, 2, 5, 20])
        text = "\n\n".join(" ".join(self._chance.choices(_SUBJECTS, k=120)) for _ in range(paragraphs))
        return f"Sheet {self._number()} of {self.name}\n\n{text}".encode()


def _text(said: Said) -> str:
    return "".join(data["text"] for name, data in said if name == "token")
