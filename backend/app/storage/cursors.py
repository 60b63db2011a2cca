"""Cursors of lists: the sort key of the last item, opaque to whoever carries it."""

from __future__ import annotations

import base64
import binascii
import json

from backend.app.errors import InvalidRequest


def encode(*key: str | int | bool) -> str:
    raw = json.dumps(key, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> tuple[object, ...]:
    """Return the key that ``encode`` was given.

    Raises:
        InvalidRequest: the cursor is not one of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, list) or len(key) != len(kinds) or not all(map(isinstance, key, kinds)):
        raise InvalidRequest("The cursor is not valid. Begin the list anew, without a cursor.")
    return tuple(key)
