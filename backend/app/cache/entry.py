"""The stored form of an entry: a fixed header, and the value as msgpack.

Whatever is not exactly that (another version, half a file, somebody else's bytes) is no entry.
"""

from __future__ import annotations

import struct
from typing import NamedTuple
from zlib import crc32

_MAGIC = b"L1"  # the form's version: raise it with the header
_HEADER = struct.Struct("<2sBxddddI")  # magic, kind, created, fresh until, expires at, cost, checksum
_VALUE, _MISSING = 0, 1

HEADER_BYTES = _HEADER.size


class Entry(NamedTuple):
    """Times are wall-clock seconds, which all processes of a machine share; ``cost`` is seconds of computing."""

    missing: bool
    created: float
    fresh_until: float
    expires_at: float
    cost: float
    payload: memoryview


def pack(
    payload: bytes, *, missing: bool = False, created: float, fresh_until: float, expires_at: float, cost: float
) -> bytes:
    kind = _MISSING if missing else _VALUE
    header = _HEADER.pack(_MAGIC, kind, created, fresh_until, expires_at, cost, 0)
    return _HEADER.pack(_MAGIC, kind, created, fresh_until, expires_at, cost, crc32(payload, crc32(header))) + payload


def unpack(raw: bytes, *, trusted: bool = False) -> Entry | None:
    """Return the entry, or None for anything else; ``trusted`` leaves the checksum out."""
    if len(raw) < HEADER_BYTES:
        return None
    magic, kind, created, fresh_until, expires_at, cost, checksum = _HEADER.unpack_from(raw)
    if magic != _MAGIC or kind > _MISSING:
        return None
    payload = memoryview(raw)[HEADER_BYTES:]
    if not trusted:
        header = _HEADER.pack(magic, kind, created, fresh_until, expires_at, cost, 0)
        if crc32(payload, crc32(header)) != checksum:
            return None
    return Entry(kind == _MISSING, created, fresh_until, expires_at, cost, payload)
