"""People who keep a server busy while a test does something to it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

_THINKING_SECONDS = 0.02  # between two acts, so that the machine is not busy with them alone


class Traffic:
    """Repeats each act in a thread of its own until it fails or the block is left::

    with Traffic({"reads": read, "writes": write}) as traffic:
        ...
    traffic.done      # how often each act was done to its end
    traffic.failures  # what went wrong, in words
    """

    def __init__(self, acts: dict[str, Callable[[], None]], *, once: bool = False) -> None:
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []
        self._once = once
        self._leaving = threading.Event()
        self._threads = [threading.Thread(target=self._repeat, args=act) for act in acts.items()]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._leaving.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, name: str, act: Callable[[], None]) -> None:
        while not (self._leaving.is_set() or (self._once and self.done[name])):
            try:
                act()
            except Exception as error:
                self.failures.append(f"{name}: {error!r}")
                return
            else:
                self.done[name] += 1
                self._leaving.wait(_THINKING_SECONDS)
