"""Identifiers that sort by the time they were made (UUID version 7, as 32 hexadecimal digits)."""

from __future__ import annotations

import secrets
import time


def new_id() -> str:
    """Return a new id; later ids compare greater, to the millisecond (RFC 9562, section 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return f"{value:032x}"
