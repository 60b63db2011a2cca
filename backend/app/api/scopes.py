"""What an API key needs for each route.

A route that does not stand here takes no key at all: signing in, accounts, who shares what, and keys
themselves are a person's affair. tests/integration/api/test_keys.py goes over every route of the app.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend.app.domain.keys import Scope


@dataclass(frozen=True, slots=True)
class Needs:
    """``scope`` is None where any key will do. ``bounded`` tells whether a key for some collections alone
    will: only where everything that is answered is known to lie in them."""

    scope: Scope | None
    bounded: bool = False


# These never look at who asks; one has a token of its own.
OPEN = frozenset({"health.live", "health.ready", "metrics.scrape", "metrics.report", "openapi.show"})

_ANY = Needs(None, bounded=True)
_READ, _READ_ALL = Needs(Scope.READ, bounded=True), Needs(Scope.READ)
_WRITE, _WRITE_ALL = Needs(Scope.WRITE, bounded=True), Needs(Scope.WRITE)
_ASK = Needs(Scope.ASK, bounded=True)
_ADMIN = Needs(Scope.ADMIN)

NEEDS = {
    "about.show": _ANY,
    "auth.me": _ANY,
    "search.find": _READ,
    "collections.index": _READ,
    "collections.create": _WRITE_ALL,
    "collections.rename": _WRITE_ALL,
    "collections.delete": _WRITE_ALL,
    "documents.index": _READ,
    "documents.show": _READ,
    "documents.content": _READ,
    "documents.passages": _READ,
    "documents.images": _READ,
    "documents.image": _READ,
    "documents.upload": _WRITE,
    "documents.delete": _WRITE,
    "documents.retry": _WRITE,
    "jobs.show": _READ,
    "jobs.events": _READ,
    "jobs.cancel": _WRITE,
    "jobs.status": _READ_ALL,
    "room.show": _READ_ALL,
    "chat.ask": _ASK,
    "openai.complete": _ASK,
    "openai.index": _ASK,
    "openai.show": _ASK,
    "mcp.answer": _ANY,  # each tool has its scope
    "conversations.index": _READ_ALL,
    "conversations.show": _READ_ALL,
    "conversations.messages": _READ_ALL,
    "conversations.export": _READ_ALL,
    "conversations.update": _WRITE_ALL,
    "conversations.delete": _WRITE_ALL,
    "feedback.rate": _WRITE_ALL,
    "performance.show": _ADMIN,
}
