"""Everything that can fail does, while people use a whole server; then all that was acknowledged must be there once.

    python -m tests.faults.run --kills 100 --seed 1

`make faults` runs it. docs/faults.md says what is done and what came of it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.app.processes.addresses import free_port
from tests.faults import clock
from tests.faults.faults import PARTS, QUESTION, Fault, FullDisk, Hang, Kill, Mood, Scene, recover, small_disk
from tests.faults.footprint import half_done, orphans, told
from tests.faults.model import MOODS, ModelProcess
from tests.faults.outcome import Outcome, Struck
from tests.faults.people import PASSWORD, Person
from tests.faults.proof import Proof, doctor
from tests.faults.quiet import cooled, warm
from tests.faults.voice import Broken, Refused, Voice
from tests.services.likeopt import Server, likeopt_server

_DISK_MB = 1500  # doctor wants a gigabyte left
_QUIET_SECONDS = 180.0  # for the indexer to come to its end, and for streams whose reader has gone
_SETTLING_SECONDS = 1.0
_KEY = "sk-of-nobody-else-7f3a"
_HARBOUR = "The harbour of Oakhaven\n\nThe ferry leaves the northern pier at seven; the lamp burns all night.\n"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Form:
    """How long things last, in seconds, and what is done besides; by default as `make faults` does."""

    warm_up: float = 15.0
    pause: float = 1.5  # the longest between two faults
    jumps: tuple[float, ...] = clock.JUMPS  # hours
    jump: float = 5.0
    own_disk: bool = True
    thorough: bool = True  # a document is sent after each fault, and the doctor comes twice


def schedule(kills: int, chance: random.Random, *, stall: float, mood: float) -> list[Fault]:
    """Return so many kills, each part as often as any other, and between them once or twice everything else."""
    found: list[Fault] = [Kill(PARTS[number % len(PARTS)]) for number in range(kills)]
    found += [Hang(part, stall) for part in ("valkey", "chroma")] * 2
    found += [FullDisk(mood)] * 2
    found += [Mood(name, mood) for name in MOODS]
    chance.shuffle(found)
    return found


class Havoc:
    """People, a server and what happens to it. ``folder`` is where everything lies."""

    def __init__(self, folder: Path, seed: int, people: int, say: Say) -> None:
        self.outcome = Outcome(seed, people=people)
        self._folder = folder
        self._seed = seed
        self._say = say
        self._data_dir = folder / "disk" / "data"
        self._people: list[Person] = []
        self._watcher = Voice("")
        self._model = ModelProcess(folder, free_port())

    def run(self, faults: Sequence[Fault], form: Form) -> Outcome:
        """Live through the faults, then start the server anew on what is there, with a clock that jumps."""
        begun = time.monotonic()
        disk = small_disk(self._folder / "disk", _DISK_MB) if form.own_disk else contextlib.nullcontext()
        with disk as ballast, self._model, self._logs_kept():
            if form.own_disk and ballast is None:
                self.outcome.notes.append("No disk may be mounted here: «full disk» is a limit on the size of files.")
            with self._server() as server:
                scene = self._scene(server, form, ballast)
                self._arrive(scene)
                self._live_for(form.warm_up)
                self.outcome.before = warm(scene)
                with self._living():
                    self._strike_all(scene, faults, form)
                self._count()
                self._prove(with_doctor=True)
                self._measure(scene)
                self._end(server)
            self._again(form, ballast)
        self.outcome.seconds = time.monotonic() - begun
        return self.outcome

    def _again(self, form: Form, ballast: Path | None) -> None:
        """Start the server anew on what is there; where that can be had, with a clock that jumps."""
        library = clock.library(self._folder)
        hands = clock.Hands(self._folder, library) if library else None
        if hands is None:
            self.outcome.notes.append("There is no C compiler here: no clock has jumped.")
        with self._server(**hands.environ if hands else {}) as server:
            scene = self._scene(server, form, ballast)
            for voice in (self._watcher, *(person.voice for person in self._people)):
                voice.moved(server.url)
            scene.sign_in()
            recover(scene, time.monotonic())
            if hands is not None:
                with self._living():
                    self._strike_all(scene, [clock.Jump(hands, hours, form.jump) for hours in form.jumps], form)
                self._count()
            self._prove(with_doctor=form.thorough)
            self.outcome.wrong += [f"left half-done: {name}" for name in half_done(self._data_dir)]
            self._end(server)

    def _scene(self, server: Server, form: Form, ballast: Path | None) -> Scene:
        chance = random.Random(self._seed)
        return Scene(server, self._model, self._watcher, chance, self._requests, ballast, form.thorough)

    # --- the load ---------------------------------------------------------------------------

    def _arrive(self, scene: Scene) -> None:
        self._watcher.moved(scene.server.url)
        watcher = {"email": "watcher@example.com", "password": PASSWORD, "name": "Watcher"}
        self._watcher.call("POST", "/auth/register", watcher)
        collection = self._watcher.call("GET", "/collections")[0]["id"]
        self._watcher.upload(collection, "harbour.txt", _HARBOUR.encode())
        self._people = [Person(scene.server.url, f"p{n}", self._seed) for n in range(self.outcome.people)]
        for person in self._people:
            person.register()
        recover(scene, time.monotonic())

    def _live_for(self, seconds: float) -> None:
        with self._living():
            time.sleep(seconds)
        self._quieten()

    @contextlib.contextmanager
    def _living(self) -> Iterator[None]:
        for person in self._people:
            person.start()
        try:
            yield
        finally:
            for person in self._people:
                person.leave()
            for person in self._people:
                person.join()

    def _strike_all(self, scene: Scene, faults: Sequence[Fault], form: Form) -> None:
        for number, fault in enumerate(faults, 1):
            errors = self._errors()
            try:
                seconds = recover(scene, fault.happen(scene))
            except TimeoutError as error:
                self.outcome.wrong.append(f"after «{fault.name}»: {error}")
                return
            self.outcome.struck.append(Struck(fault.name, round(seconds, 2), self._errors() - errors))
            self._say(f"{number}/{len(faults)} {fault.name}: {seconds:.1f} s, {self._errors() - errors} errors")
            time.sleep(scene.chance.uniform(0.0, form.pause))

    def _requests(self) -> int:
        return sum(person.voice.requests for person in self._people)

    def _errors(self) -> int:
        return sum(sum(person.errors.values()) for person in self._people)

    def _count(self) -> None:
        outcome = self.outcome
        outcome.errors, outcome.degraded, outcome.acknowledged = Counter(), Counter(), Counter()
        for person in self._people:
            outcome.errors.update(person.errors)
            outcome.degraded.update(person.degraded)
            outcome.acknowledged.update(person.ledger.counts())
        outcome.requests = self._requests()
        outcome.slowest_seconds = max(person.voice.slowest for person in self._people)
        outcome.wrong += [line for person in self._people for line in person.defects]

    # --- the proof --------------------------------------------------------------------------

    def _quieten(self) -> int:
        """Wait until the indexer has come to its end; return how much is still under way."""
        proof = Proof(self._people, self._data_dir)
        deadline = time.monotonic() + _QUIET_SECONDS
        while (left := proof.in_work()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return left

    def _prove(self, *, with_doctor: bool) -> None:
        """Have all that was acknowledged looked at, until what is under way has come to its end."""
        proof = Proof(self._people, self._data_dir)
        deadline = time.monotonic() + _QUIET_SECONDS
        self._quieten()
        time.sleep(_SETTLING_SECONDS)
        wrong = self._asked(proof, with_doctor=with_doctor)
        while wrong and time.monotonic() < deadline:
            time.sleep(_SETTLING_SECONDS)
            wrong = self._asked(proof, with_doctor=with_doctor)
        if left := self._quieten():
            wrong.append(f"{left} documents or deletions are still under way")
        for line in wrong:
            self._say(f"wrong: {line}")
        self.outcome.wrong += wrong

    def _measure(self, scene: Scene) -> None:
        self.outcome.after, grown = cooled(scene, self.outcome.before)
        self.outcome.wrong += grown
        self.outcome.wrong += [f"nobody's process: {line}" for line in orphans(scene.server)]

    def _end(self, server: Server) -> None:
        if server.terminate() != 0:
            self.outcome.wrong.append("the server did not end well")
        self.outcome.wrong += [f"left running: {line}" for line in orphans(server)]
        cookies = [voice.cookie for voice in (self._watcher, *(person.voice for person in self._people))]
        secrets = (_KEY, PASSWORD, QUESTION, *filter(None, cookies))
        self.outcome.wrong += [f"in a log: {line}" for line in told(self._data_dir, secrets)]

    def _asked(self, proof: Proof, *, with_doctor: bool) -> list[str]:
        try:
            for person in self._people:
                person.stay_signed_in()
            # The doctor first: while he looks, answers come to their end whose readers have gone.
            complaints = doctor(self._data_dir, {**os.environ, "LIKEOPT_OLLAMA_URL": ""}) if with_doctor else []
            return complaints + proof.wrong()
        except (Broken, Refused) as error:
            return [f"nothing can be proved: {error}"]

    @contextlib.contextmanager
    def _logs_kept(self) -> Iterator[None]:
        """Leave the logs where they outlive the disk."""
        try:
            yield
        finally:
            kept = self._folder / "logs"
            shutil.copytree(self._data_dir / "logs", kept, dirs_exist_ok=True)
            shutil.copy(self._data_dir / "stderr.txt", kept)

    @contextlib.contextmanager
    def _server(self, **more: str) -> Iterator[Server]:
        environ = {
            "LIKEOPT_OPEN_REGISTRATION": "true",
            "LIKEOPT_LLM_IDLE_SECONDS": "5",
            "LIKEOPT_LLM_FIRST_TOKEN_SECONDS": "10",
            "LLM_BASE_URL": self._model.url,
            "LLM_MODEL": "scripted-1",
            "LLM_API_KEY": _KEY,
        }
        arguments: dict[str, Any] = {**environ, **more}
        with likeopt_server(self._data_dir, **arguments) as server:
            yield server


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--kills", type=int, default=100, help="kill -9, of every part in turn")
    options.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(2)))
    options.add_argument("--people", type=int, default=6)
    options.add_argument("--stall", type=float, default=30.0, help="seconds for which a store is stopped")
    options.add_argument(
        "--mood", type=float, default=8.0, help="seconds for which the model misbehaves or the disk is full"
    )
    options.add_argument("--folder", type=Path, help="where to work, and to leave everything")
    options.add_argument("--json", type=Path, help="a file for the report")
    chosen = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started and mounted is taken away again
    print(f"seed {chosen.seed}", flush=True)
    with contextlib.ExitStack() as closing:
        folder = chosen.folder or Path(closing.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        havoc = Havoc(folder, chosen.seed, chosen.people, say=lambda line: print(line, flush=True))
        faults = schedule(chosen.kills, random.Random(chosen.seed), stall=chosen.stall, mood=chosen.mood)
        outcome = havoc.run(faults, Form())
    print(outcome.as_text())
    if chosen.json:
        chosen.json.write_text(json.dumps(outcome.as_json(), indent=1), "utf-8")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
