"""People and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

NO_PASSWORD = "!"  # noqa: S105  # stands in place of a hash: the account is signed in to in another way


class Role(StrEnum):
    """What an account may do on the whole server."""

    ADMINISTRATOR = "administrator"
    MEMBER = "member"


class Access(StrEnum):
    """What a member may do in one collection, weakest last."""

    OWNER = "owner"
    EDITOR = "editor"
    READER = "reader"

    @property
    def may_write(self) -> bool:
        return self is not Access.READER


@dataclass(frozen=True, slots=True)
class User:
    """``reach`` is set while a key acts that is bounded to some collections: they are all there is then."""

    id: str
    email: str
    name: str
    role: Role
    created_at: datetime
    suspended_at: datetime | None = None
    reach: frozenset[str] | None = None

    @property
    def is_administrator(self) -> bool:
        return self.role is Role.ADMINISTRATOR

    def reaches(self, collection_id: str) -> bool:
        return self.reach is None or collection_id in self.reach


@dataclass(frozen=True, slots=True)
class Member:
    user_id: str
    email: str
    name: str
    access: Access


@dataclass(frozen=True, slots=True)
class Person:
    """An account as administrators see it: nothing of what it keeps but its amount.

    ``only_owned`` are the collections that have no other owner.
    """

    user: User
    seen_at: datetime | None
    sessions: int
    only_owned: int
    documents: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """``email`` binds it to an address; without one, whoever has the link may use it, once."""

    id: str
    email: str | None
    role: Role
    invited_by: str | None  # an address; None: by the command line, or by an account that is gone
    used_by: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A browser that is signed in: ``agent`` is what it calls itself, ``address`` where it was last."""

    id: str
    user_id: str
    agent: str
    address: str
    begun_at: datetime
    seen_at: datetime
