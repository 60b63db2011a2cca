"""Server-side sessions by Flask-Session: in Redis, or in files where there is none.

Flask-Session's serializer tries ``pickle`` on whatever it cannot read, and a Redis that is away
ends in a 500. Both are mended here: only msgpack is read, and a lost store means «sign in again».
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import structlog
from cachelib.file import FileSystemCache
from flask import Flask
from flask_session.cachelib import CacheLibSessionInterface
from flask_session.redis import RedisSessionInterface
from redis import Redis
from redis.exceptions import RedisError

from backend.app.errors import Unavailable

log = structlog.get_logger(__name__)

_PREFIX = "likeopt:session:"
_MAX_FILES = 100_000
_AWAY = "Signing in and out is not possible while the store of sessions does not answer. Try again in a moment."


class MsgpackSerializer:
    """What cannot be read is no session."""

    def encode(self, session: Any) -> bytes:
        return msgspec.msgpack.encode(dict(session))

    def decode(self, serialized_data: bytes) -> dict[str, Any] | None:
        try:
            return msgspec.msgpack.decode(serialized_data, type=dict[str, Any])
        except msgspec.DecodeError:
            return None


class RedisSessions(RedisSessionInterface):  # type: ignore[misc]  # flask_session ships no types
    def __init__(self, app: Flask, client: Redis) -> None:
        super().__init__(app, client, _PREFIX, use_signer=False, permanent=True)
        self.serializer = MsgpackSerializer()

    def check(self) -> None:
        """Raise ``Unavailable`` where a sign-in would not last, nor a sign-out end anything."""
        try:
            self.client.ping()
        except RedisError as error:
            raise Unavailable(_AWAY) from error

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        try:
            return super()._retrieve_session_data(store_id)  # type: ignore[no-any-return]
        except RedisError as error:
            log.warning("sessions_unavailable", error=type(error).__name__)
            return None

    def _upsert_session(self, session_lifetime: Any, session: Any, store_id: str) -> None:
        try:
            super()._upsert_session(session_lifetime, session, store_id)
        except RedisError as error:
            log.warning("session_not_stored", error=type(error).__name__)

    def _delete_session(self, store_id: str) -> None:
        try:
            super()._delete_session(store_id)
        except RedisError as error:
            log.warning("session_not_deleted", error=type(error).__name__)


class FileSessions(CacheLibSessionInterface):  # type: ignore[misc]  # flask_session ships no types
    def check(self) -> None:
        """Files are always there."""


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


def init_sessions(app: Flask, redis: Redis | None, folder: Path) -> None:
    """Give the app its session interface."""
    if redis is not None:
        app.session_interface = RedisSessions(app, redis)
        return
    store = _FileStore(str(folder), threshold=_MAX_FILES, mode=0o600)
    app.session_interface = FileSessions(app, store, _PREFIX, use_signer=False, permanent=True)
