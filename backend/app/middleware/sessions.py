"""Server-side sessions by Flask-Session: in Redis, or in files where there is none.

Flask-Session's serializer tries ``pickle`` on whatever it cannot read, and a Redis that is away
ends in a 500. Both are mended here: only msgpack is read, and what a Redis that is away or was started
anew does not know is made from the list of sessions in the database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import structlog
from cachelib.file import FileSystemCache
from flask import Flask, Request, request
from flask_session.base import ServerSideSession
from flask_session.cachelib import CacheLibSessionInterface
from flask_session.redis import RedisSessionInterface
from redis import Redis
from redis.exceptions import RedisError

from backend.app.cache.breaker import BreakerOpen
from backend.app.cache.sessions import SessionsAway, StoredSessions
from backend.app.domain.accounts import LoginSession
from backend.app.errors import Unavailable

log = structlog.get_logger(__name__)

_PREFIX = "likeopt:session:"
_MAX_FILES = 100_000
_STANDS_IN = "stands_in"  # for what Redis may hold, and more of: never stored over it
BySecret = Callable[[str], LoginSession | None]


class MsgpackSerializer:
    """What cannot be read is no session."""

    def encode(self, session: Any) -> bytes:
        return msgspec.msgpack.encode(dict(session))

    def decode(self, serialized_data: bytes) -> dict[str, Any] | None:
        try:
            return msgspec.msgpack.decode(serialized_data, type=dict[str, Any])
        except msgspec.DecodeError:
            return None


class _SecureWhereItCan:
    """Over HTTPS the cookie is Secure, whether a setting says so or not."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return bool(app.config["SESSION_COOKIE_SECURE"]) or request.is_secure


class RedisSessions(_SecureWhereItCan, RedisSessionInterface):  # type: ignore[misc]  # flask_session ships no types
    """``listed`` knows from the database who came by a cookie, whatever Redis holds."""

    def __init__(self, app: Flask, client: Redis, stored: StoredSessions, listed: BySecret) -> None:
        super().__init__(app, client, _PREFIX, use_signer=False, permanent=True)
        self.serializer = MsgpackSerializer()
        self._stored = stored
        self._listed = listed

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        try:
            return super().open_session(app, request)
        except SessionsAway:  # nobody can answer an error here; who needs to know who asks, raises it
            session = self.session_class(sid=self._generate_sid(self.sid_length), permanent=self.permanent)
            session.is_away = True
            return session

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        try:
            value = self._stored.get(store_id)
        except SessionsAway:
            # The list first: it takes a moment, and a Redis that hangs takes half a second to be given up with patience.
            found = self._made_anew(store_id)
            if found is not None:
                return {**found, _STANDS_IN: True}
            # It may be one of before sessions were listed by their cookies.
            value = self._stored.get_patiently(store_id)
        if value is None:
            found = self._made_anew(store_id)
            return found and {**found, "seen": 0}  # noted anew, and so stored anew
        return self.serializer.decode(value)

    def _made_anew(self, store_id: str) -> dict[str, Any] | None:
        """Return what a session holds by what the database says, None if it lists no such session."""
        try:
            listed = self._listed(store_id.removeprefix(_PREFIX))
        except Unavailable as error:
            raise SessionsAway from error
        if listed is None:
            return None
        return {"_permanent": True, "login": listed.id, "seen": int(listed.seen_at.timestamp())}

    def _upsert_session(self, session_lifetime: timedelta, session: Any, store_id: str) -> None:
        if _STANDS_IN in session:
            return
        try:
            self._stored.set(store_id, self.serializer.encode(session), int(session_lifetime.total_seconds()))
        except (BreakerOpen, RedisError) as error:
            log.warning("session_not_stored", error=type(error).__name__)

    def _delete_session(self, store_id: str) -> None:
        try:
            self._stored.delete(store_id)
        except (BreakerOpen, RedisError) as error:
            log.warning("session_not_deleted", error=type(error).__name__)


class FileSessions(_SecureWhereItCan, CacheLibSessionInterface):  # type: ignore[misc]  # flask_session ships no types
    """Without Redis."""


class _MsgpackFiles:
    def dump(self, value: Any, file: BinaryIO) -> None:
        file.write(msgspec.msgpack.encode(value))

    def load(self, file: BinaryIO) -> Any:
        try:
            return msgspec.msgpack.decode(file.read())
        except msgspec.DecodeError:
            return None


class _FileStore(FileSystemCache):
    serializer = _MsgpackFiles()  # type: ignore[assignment]  # cachelib's types know only its own, a pickle


def init_sessions(
    app: Flask, redis: Redis | None, stored: StoredSessions | None, listed: BySecret, folder: Path
) -> None:
    """Give the app its session interface."""
    if redis is not None and stored is not None:
        app.session_interface = RedisSessions(app, redis, stored, listed)
        return
    store = _FileStore(str(folder), threshold=_MAX_FILES, mode=0o600)
    app.session_interface = FileSessions(app, store, _PREFIX, use_signer=False, permanent=True)
