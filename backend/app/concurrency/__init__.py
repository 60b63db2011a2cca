"""The only package that knows gevent.

Web workers run under gevent's monkey patching, the command line and the indexer do not. The
same calls work in both: cooperative there, with plain threads here. Whatever runs elsewhere
takes its caller's context variables along, so that a log line still carries the request's id.
"""

from __future__ import annotations

from backend.app.concurrency.calls import each, gather, in_background, shielded
from backend.app.concurrency.deadlines import TooLate, within
from backend.app.concurrency.idle import EndWhenIdle
from backend.app.concurrency.native import NativePool
from backend.app.concurrency.pump import Pump
from backend.app.concurrency.sockets import is_readable
from backend.app.concurrency.turns import Turns
from backend.app.concurrency.worlds import Outcome, in_native_thread, is_cooperative

__all__ = [
    "EndWhenIdle",
    "NativePool",
    "Outcome",
    "Pump",
    "TooLate",
    "Turns",
    "each",
    "gather",
    "in_background",
    "in_native_thread",
    "is_cooperative",
    "is_readable",
    "shielded",
    "within",
]
