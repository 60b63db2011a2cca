"""A look at a socket that never waits."""

from __future__ import annotations

import select
import sys
from typing import Any


def is_readable(socket: Any) -> bool:
    """Tell whether an idle connection has something to read: a stray reply, or its end.

    gevent's ``poll`` makes a watcher in the hub even for a look of no duration, which costs as much as a whole
    question to Redis. This is the system's own.
    """
    poller = _poll()
    poller.register(socket, select.POLLIN)
    return bool(poller.poll(0))


def _poll() -> Any:
    monkey = sys.modules.get("gevent.monkey")
    return monkey.get_original("select", "poll")() if monkey else select.poll()
