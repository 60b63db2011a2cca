"""Cursors of lists: the sort key of the last item, opaque to whoever carries it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from backend.app.errors import InvalidRequest

_LARGEST = 2**31 - 1  # what a column of integers holds

Key = str | int | bool | datetime


def encode(*key: Key) -> str:
    plain = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    raw = json.dumps(plain, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str, *kinds: type[Key]) -> tuple[Key, ...]:
    """Return the key that ``encode`` was given.

    Raises:
        InvalidRequest: the cursor is not one of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.urlsafe_b64decode(padded))
        if not isinstance(key, list):
            raise TypeError("not a list")
        return tuple(_part(part, kind) for part, kind in zip(key, kinds, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidRequest("The cursor is not valid. Begin the list anew, without a cursor.") from error


def _part(part: object, kind: type[Key]) -> Key:
    """Return a part of a key, being sure that a database can compare it.

    Raises:
        TypeError, ValueError, OverflowError
    """
    if kind is datetime and isinstance(part, str):
        return datetime.fromisoformat(part).astimezone(UTC)
    if kind is bool and isinstance(part, bool):
        return part
    if kind is int and isinstance(part, int) and not isinstance(part, bool) and abs(part) <= _LARGEST:
        return part
    if kind is str and isinstance(part, str) and part.isprintable():
        return part
    raise TypeError(f"not a {kind.__name__}")
