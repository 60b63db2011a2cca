"""Identifiers that sort by the time they were made (UUID version 7, as 32 hexadecimal digits)."""

from __future__ import annotations

import re
import secrets
import time

_OWN = re.compile("[0-9a-f]{32}")


def new_id(after: str = "") -> str:
    """Return a new id; of two that a thread makes, the later compares greater, unless the clock is set back.

    Whatever the clock says, it compares greater than ``after``. The 12 bits after the milliseconds hold
    the millisecond's part, to a quarter of a microsecond (RFC 9562, section 6.2, method 3): a question
    and its answer are often made in one millisecond.
    """
    made = _made_of(*divmod(time.time_ns(), 1_000_000))
    if after and made <= after and _OWN.fullmatch(after):
        milliseconds = int(after[:12], 16) + 1
        return _made_of(milliseconds, 0)
    return made


def _made_of(milliseconds: int, nanoseconds: int) -> str:
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= (nanoseconds << 12) // 1_000_000 << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return f"{value:032x}"
