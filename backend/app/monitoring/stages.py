"""The stages of the request that is being answered, for its line in the log."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar

# One object for the whole request: what runs elsewhere for it has a copy of the context, and in
# it the same dictionary.
_noted: ContextVar[dict[str, float] | None] = ContextVar("noted_stages", default=None)


def begin_stages() -> Mapping[str, float]:
    """Return where the stages of what begins now are noted, in milliseconds."""
    noted: dict[str, float] = {}
    _noted.set(noted)
    return noted


def note_stages(milliseconds: Mapping[str, float]) -> None:
    noted = _noted.get()
    if noted is not None:
        noted.update(milliseconds)
