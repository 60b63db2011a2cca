"""What a route takes and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.app.api.body import Body
from backend.app.api.query import Query
from backend.app.errors import AppError

OPEN, SIGNED_IN, ADMINISTRATOR, SCRAPER = "open", "signed in", "administrator", "scraper"


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart body: files in parts of this ``name``, and texts beside them."""

    name: str
    texts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One route, as docs/api.md tells it in words.

    ``data`` is the shape of the envelope's, of each of its items with ``many``; without one it is
    null. ``beside`` are further keys of the envelope. ``content`` names the media types of an answer
    that has no envelope, ``plain`` is the shape of its JSON, ``also`` are
    further statuses of that, ``events`` the shapes of a stream's events.
    """

    summary: str
    data: Any = None
    many: bool = False
    status: int = 200
    body: type[Body] | None = None
    form: Form | None = None
    query: Sequence[type[Query]] = ()
    access: str = SIGNED_IN
    errors: Sequence[type[AppError]] = ()
    beside: Mapping[str, Any] = field(default_factory=dict)
    content: Sequence[str] = ()
    plain: Any = None
    also: Sequence[int] = ()
    events: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_envelope(self) -> bool:
        return not (self.content or self.plain or self.events or self.status == 204)
