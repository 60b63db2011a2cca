"""Before a listening socket is closed: see to it that nobody waits at it.

The kernel resets the connections that wait to be accepted when a listening socket is closed. Their
requests have been sent already, so no proxy may send them elsewhere unless they only read.
"""

from __future__ import annotations

import contextlib
import ctypes
import select
import socket
import struct
import sys
import time
from collections.abc import Iterable

_ROUND_TRIP_SECONDS = 0.2  # whoever was promised a connection has taken it up by then
_PATIENCE_SECONDS = 3.0
_SO_ATTACH_FILTER = 26  # Python has no name for it
# A program for the kernel's packet filter: take the byte of TCP's flags, and drop the packet if it
# has SYN without ACK. Whoever sent it sends it again a second later, and is then refused: that is
# an answer after which every request may be sent elsewhere.
_DROP_NEW = (
    (0x30, 0, 0, 13),  # load byte 13
    (0x54, 0, 0, 0x12),  # and SYN | ACK
    (0x15, 0, 1, 0x02),  # only SYN?
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # pass
)


def last_call(listeners: Iterable[socket.socket]) -> None:
    """Let nobody new knock, and return once those who wait have been let in by the workers.

    For sockets that are closed right after it: nobody else could be let in by them. Where the
    system has no such filter, it only waits for a moment at which nobody waits.
    """
    waiting = list(listeners)
    for listener in waiting:
        _drop_new(listener)
    give_up = time.monotonic() + _PATIENCE_SECONDS
    time.sleep(_ROUND_TRIP_SECONDS)
    while select.select(waiting, [], [], 0)[0] and time.monotonic() < give_up:
        time.sleep(0.01)


def _drop_new(listener: socket.socket) -> None:
    if not sys.platform.startswith("linux") or listener.family not in (socket.AF_INET, socket.AF_INET6):
        return
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in _DROP_NEW))
    with contextlib.suppress(OSError):
        listener.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", len(_DROP_NEW), ctypes.addressof(program))
        )
