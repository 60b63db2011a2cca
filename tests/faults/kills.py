"""Kill a real indexer at random moments, again and again, and prove that nothing is lost or left.

    python -m tests.faults.kills --kills 50 --seed 1

Meanwhile documents are sent, deleted, cancelled and tried again, and whole collections come and go. In
the end every document that was acknowledged must be ready exactly once, and all stores must agree.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from backend.app.config import Settings
from backend.app.domain.agreement import Disagreement
from backend.app.domain.documents import Document, DocumentStatus
from backend.app.errors import AppError
from backend.app.processes.embedded import embedded
from tests.faults.proof import doctor
from tests.integration.library import Library, migrated
from tests.services.likeopt import alive

_STARVED_SECONDS = 300.0  # without a step forward: slow is what this may be, however busy the machine is
_WORDS = [
    "harbour",
    "lamp",
    "night",
    "master",
    "ship",
    "heavy",
    "book",
    "gull",
    "pier",
    "salt",
    "rope",
    "항구",
    "등대",
    "배",
    "밧줄",
    "소금",
    "갈매기",
    "장부",
    "밤",
]


@dataclass
class Outcome:
    """What was done, in which states documents were when the indexer died, and what is wrong in the end."""

    kills: int = 0
    children: int = 0  # that the killed indexers had
    done: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    given_up: int = 0  # left out by the indexer for having been at work in too many kills, then tried again
    passages: int = 0
    wrong: list[str] = field(default_factory=list)
    disagreements: tuple[Disagreement, ...] = ()
    seconds: float = 0.0
    draining_seconds: float = 0.0  # after the last kill
    longest_step_seconds: float = 0.0  # in which nothing came any further then


class Havoc:
    """People who use a library while its indexer is killed; ``expected`` is what was promised to them."""

    def __init__(self, library: Library, seed: int, largest: int) -> None:
        """``largest`` is the most paragraphs of a document, each about a passage."""
        self._sizes = [size for size in (1, 3, 20, 150, 400) if size <= largest]
        self.library = library
        self.chance = random.Random(seed)
        self.outcome = Outcome()
        self.expected: dict[str, set[DocumentStatus]] = {}
        self.collections = [library.collection.id]
        self._made = 0

    def act(self) -> None:
        """Do one thing that a person might do."""
        ways: list[Callable[[], None]] = [self.send] * 6 + [self.send_notes, self.delete, self.cancel, self.retry]
        ways += [self.make_collection, self.delete_collection] if self.chance.random() < 0.2 else []
        way = self.chance.choice(ways)
        with contextlib.suppress(AppError):  # such as trying again what has not failed
            way()

    def send(self) -> None:
        self._send(self.chance.choice(self._sizes))

    def send_notes(self) -> None:
        """Send small ones, whose vectors are made together."""
        for _ in range(self.chance.randint(5, 20)):
            self._send(1)

    def _send(self, size: int) -> None:
        self._made += 1
        text = "\n\n".join(" ".join(self.chance.choices(_WORDS, k=160)) for _ in range(size))
        document = self.library.put(f"{self._made}.txt", f"Number {self._made}.\n\n{text}", self._collection())
        self.expected[document.id] = {DocumentStatus.READY}
        self.outcome.done["sent"] += 1

    def delete(self) -> None:
        document = self._some()
        self.library.services.documents.delete(self.library.user, document.id)
        del self.expected[document.id]
        self.outcome.done["deleted"] += 1

    def cancel(self) -> None:
        document = self._some()
        if document.job_id is not None:
            self.library.services.documents.cancel(self.library.user, document.job_id)
            self.expected[document.id] = {DocumentStatus.READY, DocumentStatus.CANCELLED}  # it may come too late
            self.outcome.done["cancelled"] += 1

    def retry(self) -> None:
        cancelled = [id for id, states in self.expected.items() if DocumentStatus.CANCELLED in states]
        document_id = self.chance.choice(cancelled) if cancelled else ""
        self.library.services.documents.retry(self.library.user, document_id)
        self.expected[document_id] = {DocumentStatus.READY}
        self.outcome.done["tried again"] += 1

    def make_collection(self) -> None:
        self._made += 1
        made = self.library.services.collections.create(self.library.user, f"Collection {self._made}")
        self.collections.append(made.id)
        self.outcome.done["collections made"] += 1

    def delete_collection(self) -> None:
        collection_id = self.chance.choice(self.collections[1:] or [""])
        gone = [d.id for d in self.library.parts.indexing.documents_of(collection_id)]
        self.library.services.collections.delete(self.library.user, collection_id)
        self.collections.remove(collection_id)
        for document_id in gone:
            self.expected.pop(document_id, None)
        self.outcome.done["collections deleted"] += 1

    def judge(self) -> None:
        """Compare what is there with what was promised, and all stores with each other."""
        found = self.library.parts.records.records()
        states = {record.id: record.status for record in found}
        for document_id, promised in self.expected.items():
            if states.get(document_id) not in promised:
                self.outcome.wrong.append(f"{document_id} is {states.get(document_id)} instead of {promised}")
        self.outcome.wrong += [f"{id} was never acknowledged" for id in states.keys() - self.expected.keys()]
        self.outcome.passages = sum(record.stored for record in found)
        self.outcome.disagreements = self.library.agreement(owns_vectors=True).compare().disagreements

    def left(self) -> float:
        """Return how much is still to be done, in documents and their parts, and deletions."""
        indexing = self.library.parts.indexing
        documents = [one for id in indexing.collection_ids() for one in indexing.documents_of(id)]
        waiting = sum(2 - one.progress for one in documents if not one.status.is_final)
        return waiting + sum(self.library.parts.records.removals().values())

    def try_again(self) -> bool:
        """Try those again that the indexer has left out; return False if there are none."""
        failed = [id for id, status in self.library.documents() if status is DocumentStatus.FAILED]
        for document_id in failed:
            self.library.services.documents.retry(self.library.user, document_id)
        self.outcome.given_up += len(failed)
        return bool(failed)

    def _collection(self) -> str:
        return self.chance.choice(self.collections)

    def _some(self) -> Document:
        document_id = self.chance.choice(list(self.expected) or [""])
        return self.library.services.documents.get(self.library.user, document_id)


def kill_indexers(
    folder: Path, kills: int, seed: int, *, largest: int = 400, say: Callable[[str], None] = lambda line: None
) -> Outcome:
    """Kill so many indexers, let a last one finish, and return what is there then."""
    settings = Settings(data_dir=folder, ollama_url="")
    begun = time.monotonic()
    with embedded(settings, "tests", redis=True, chroma=True) as running, migrated(running) as library:
        havoc = Havoc(library, seed, largest)
        children: list[psutil.Process] = []  # that read files and embed passages
        for number in range(1, kills + 1):
            with indexer(running) as process:
                _live(havoc, process)
                children += psutil.Process(process.pid).children(recursive=True)
                process.kill()
                process.wait()
            states = Counter(status.value for _, status in library.documents() if not status.is_final)
            havoc.outcome.struck.update(state for state in states if state != "queued")
            say(f"kill {number}: {dict(states) or 'nothing in work'}")
        havoc.outcome.kills, havoc.outcome.children = kills, len(children)
        with indexer(running):
            _drain(havoc)
        havoc.judge()
    havoc.outcome.wrong += [f"{child} outlived its indexer" for child in alive(children)]
    # And as an operator would ask, who sees whether this differs from what was just found.
    havoc.outcome.wrong += doctor(folder, {**os.environ, "LIKEOPT_OLLAMA_URL": ""})
    havoc.outcome.seconds = time.monotonic() - begun
    return havoc.outcome


@contextlib.contextmanager
def indexer(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Run an indexer on services that run already."""
    log = (settings.data_dir / "indexer.log").open("ab")
    command = [sys.executable, "-m", "backend.app", "indexer", "--data-dir", str(settings.data_dir)]
    with log, subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(60)


def _live(havoc: Havoc, process: subprocess.Popen[bytes]) -> None:
    """Let people act until the moment at which the indexer dies: mostly while it works, now and then at its start."""
    chance = havoc.chance
    if chance.random() < 0.85:
        _beats(havoc.library.settings.run_dir / "indexers" / str(process.pid), process)
    end = time.monotonic() + chance.uniform(0.0, 3.0)
    for _ in range(chance.randint(1, 6)):
        havoc.act()
        time.sleep(max(0.0, min(chance.uniform(0.0, 0.3), end - time.monotonic())))
    time.sleep(max(0.0, end - time.monotonic()))


def _beats(path: Path, process: subprocess.Popen[bytes]) -> None:
    while not path.exists():
        if process.poll() is not None:
            raise RuntimeError("The indexer ended by itself.")
        time.sleep(0.02)


def _drain(havoc: Havoc) -> None:
    """Wait until all is done, for as long as there are steps forward."""
    begun = stepped = time.monotonic()
    least = havoc.left()
    while True:
        left, now = havoc.left(), time.monotonic()
        if left < least:
            havoc.outcome.longest_step_seconds = max(havoc.outcome.longest_step_seconds, now - stepped)
            least, stepped = left, now
        if not left:
            if not havoc.try_again():
                break
            least, stepped = havoc.left(), now
        elif now - stepped > _STARVED_SECONDS:
            havoc.outcome.wrong.append(f"for {_STARVED_SECONDS:.0f} s nothing came any further: {left:.2f} are left")
            break
        time.sleep(0.2)
    havoc.outcome.draining_seconds = time.monotonic() - begun


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(2)))
    chosen = options.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        outcome = kill_indexers(
            Path(folder) / "data", chosen.kills, chosen.seed, say=lambda line: print(line, flush=True)
        )
    print(f"{outcome.kills} kills in {outcome.seconds:.0f} s; in work when the indexer died: {dict(outcome.struck)}")
    print(
        f"the last indexer took {outcome.draining_seconds:.0f} s to work everything off; "
        f"its longest step {outcome.longest_step_seconds:.1f} s"
    )
    print(f"{outcome.children} processes of theirs went with them")
    print(f"{dict(outcome.done)}; {outcome.passages:,} passages; {outcome.given_up} left out, then tried again")
    for line in [*outcome.wrong, *map(str, outcome.disagreements)]:
        print(f"wrong: {line}")
    return 1 if outcome.wrong or outcome.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
