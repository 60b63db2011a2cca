"""Sessions: which browsers are signed in, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from backend.app.cache.copies import Copies
from backend.app.domain.accounts import LoginSession, User
from backend.app.errors import SessionNotFound, Unavailable
from backend.app.security.one_time import token_hash
from backend.app.security.typed_text import one_line
from backend.app.storage.account_interfaces import Sessions

MOST_SESSIONS = 100  # of one person: a program that signs in anew each time fills no table
_AGENT_CHARS = 300
_ADDRESS_CHARS = 64
_ID_CHARS = 32  # 128 bits of the cookie's digest


class SessionService:
    """SQL says which sessions there are; a store of sessions that says more is not believed."""

    def __init__(
        self,
        sessions: Sessions,
        copies: Copies[User | None],
        *,
        hours: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sessions = sessions
        self._copies = copies
        self._lasts = timedelta(hours=hours)
        self._clock = clock

    def begin(self, user: User, secret: str, *, agent: str = "", address: str = "") -> str:
        """Note that somebody has signed in, by a cookie with this ``secret``; return the session's id.

        It is the secret's digest: so whoever comes with the cookie is known when the store of sessions is away, or
        has lost what it held.
        """
        now = self._clock()
        session = LoginSession(
            _id_of(secret), user.id, one_line(agent)[:_AGENT_CHARS], address[:_ADDRESS_CHARS], now, now
        )
        self._sessions.begin(session, outdated=now - self._lasts, most=MOST_SESSIONS)
        return session.id

    def by_secret(self, secret: str) -> LoginSession | None:
        """Return the session that a cookie stands for, unless it has ended or was unseen for too long."""
        found = self._sessions.get(_id_of(secret))
        return found if found is not None and found.seen_at >= self._clock() - self._lasts else None

    def user_of(self, session_id: str) -> User | None:
        """Return who is signed in by it, None if nobody any more; every request asks."""
        return self._copies.get(session_id, lambda: self._sessions.user_of(session_id))

    def seen(self, session_id: str, address: str) -> None:
        """Note that a session is in use. Nobody's request fails for that."""
        try:
            self._sessions.seen(session_id, self._clock(), address[:_ADDRESS_CHARS])
        except Unavailable:
            return

    def of(self, user: User) -> list[LoginSession]:
        """Return a person's sessions, the last seen first."""
        return self._sessions.of_user(user.id, self._clock() - self._lasts)

    def end(self, user: User, session_id: str) -> None:
        """End one of a person's sessions.

        Raises:
            SessionNotFound
        """
        if not self._sessions.end(user.id, session_id):
            raise SessionNotFound

    def end_others(self, user: User, session_id: str | None) -> int:
        """End all of a person's sessions but this one; return how many there were."""
        return self._sessions.end_all(user.id, besides=session_id)


def _id_of(secret: str) -> str:
    return token_hash(secret)[:_ID_CHARS]
