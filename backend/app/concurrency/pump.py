"""An iterator that is drained while its reader does something else."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from backend.app.concurrency.worlds import is_cooperative

T = TypeVar("T")


class Pump(Generic[T]):
    """Drains an iterator in the background, so that its reader can do something while it waits.

    Iterating yields lists: all that has arrived since the last look, or an empty list after ``idle``
    seconds of nothing. What the source raises is raised here. ``close`` stops the source: a greenlet
    is killed where it stands, so a connection that it holds is closed even while nothing arrives. A
    thread cannot be killed: there the source is closed as soon as it yields.

    With ``until``, draining ends after the first item of which that is true. From then on the reader
    fetches each item from the source itself, in lists of one, and waits for it.
    """

    _END = object()
    _MOST = 1000  # items that may wait for the reader, and that a list holds

    def __init__(self, source: Iterator[T], idle: float, until: Callable[[T], bool] | None = None) -> None:
        self._source = source
        self._idle = idle
        self._until = until
        self._handed_over = False
        self._context = copy_context()
        self._queue: Any = queue.Queue(maxsize=self._MOST)
        self._begun = False
        self._closed = False
        self._runner = self._start()

    def __iter__(self) -> Iterator[list[T]]:
        while not self._closed:
            items, last = self._arrived()
            if items or last is None:
                yield items
            if isinstance(last, _Raised):
                raise last.error
            if last is self._END:
                break
        if self._handed_over:
            self._queue = self._runner = None  # five kilobytes, which nobody needs any more
            yield from self._fetched()

    def close(self, seconds: float = 0.0) -> list[T]:
        """Stop the source, and return what had arrived before; harmless when repeated or too late.

        Under gevent it waits ``seconds`` at most for what the source does at its end.
        """
        self._closed = True
        if is_cooperative() and self._runner is not None:
            self._runner.kill(block=seconds > 0, timeout=seconds)
        if self._handed_over or (is_cooperative() and not self._begun):  # a greenlet that never ran closes nothing
            self._context.run(self._close_source)
        items: list[T] = []
        if self._queue is None:
            return items
        with contextlib.suppress(queue.Empty):  # this makes room for a source that waits to hand over, too
            while (entry := self._queue.get_nowait()) is not self._END and not isinstance(entry, _Raised):
                items.append(entry)
        return items

    def _arrived(self) -> tuple[list[T], Any]:
        """Return what has arrived and, behind it, the source's end or error; None while it goes on."""
        items: list[T] = []
        try:
            entry = self._queue.get(timeout=self._idle)
            while entry is not self._END and not isinstance(entry, _Raised):
                items.append(entry)
                if len(items) == self._MOST:
                    return items, None
                entry = self._queue.get_nowait()
        except queue.Empty:
            return items, None
        return items, entry

    def _fetched(self) -> Iterator[list[T]]:
        while not self._closed:
            item = self._context.run(next, self._source, self._END)
            if item is self._END:
                return
            yield [item]  # type: ignore[list-item]  # the end is no item

    def _start(self) -> Any:
        if is_cooperative():
            import gevent

            return gevent.spawn(self._context.run, self._drain)
        thread = threading.Thread(target=self._context.run, args=(self._drain,), daemon=True)
        thread.start()
        return thread

    def _drain(self) -> None:
        self._begun = True
        last: Any = self._END
        try:
            try:
                while not self._closed and not self._handed_over:
                    self._hand(next(self._source))
            except StopIteration:
                pass
            finally:
                if not self._handed_over:
                    self._close_source()
        except BaseException as error:
            if self._closed:  # nobody is left to raise it to
                raise
            last = _Raised(error)
        if not self._closed:
            self._queue.put(last)

    def _hand(self, item: T) -> None:
        self._queue.put(item)
        # Closed meanwhile, it has no reader who could go on with it.
        self._handed_over = self._until is not None and self._until(item) and not self._closed

    def _close_source(self) -> None:
        close = getattr(self._source, "close", None)
        if close is not None:
            close()


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException
