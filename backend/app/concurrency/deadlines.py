"""Giving up a wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from backend.app.concurrency.worlds import is_cooperative

T = TypeVar("T")


class TooLate(Exception):
    """It took longer than it may."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what ``call`` returns, or raise ``TooLate`` from where it waits.

    Under gevent alone: a thread that waits cannot be woken, and in a plain process nobody else waits for it.
    """
    if seconds <= 0:
        raise TooLate
    if not is_cooperative():
        return call()
    import gevent

    with gevent.Timeout(seconds, TooLate):
        return call()
