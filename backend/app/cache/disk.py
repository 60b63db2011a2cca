"""Files of its own: survives restarts, holds large values, bounded by bytes over all processes.

A file is written under another name and moved to its place, so nobody reads half of one; it is
not synced, because what a power failure spoils is recognised by its checksum and is nothing. A
full or read-only disk is an empty cache.
"""

from __future__ import annotations

import os
import struct
import threading
import time
from collections.abc import Callable
from hashlib import blake2b
from itertools import count
from pathlib import Path
from zlib import crc32

import structlog

from backend.app.cache.interfaces import DISK, CacheEvents
from backend.app.cache.null import NullCacheEvents
from backend.app.cache.sweeping import BLOCK_BYTES, Sweeper, mark, occupied
from backend.app.concurrency import NativePool

_MAGIC = b"LOC1"
_HEADER = struct.Struct("<4sdII")  # magic, expires at, length of the key, checksum of all behind it and of the expiry
_EXPIRY = struct.Struct("<d")
_TOUCH_SECONDS = 60.0
_SHARE = 64  # the part of the bound that each process may be ahead of a sweep; it tries at half of that

log = structlog.get_logger(__name__)


class DiskCache:
    """The bound holds for up to eight writing processes; each further one may exceed it by 1/64."""

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        pool: NativePool,
        clock: Callable[[], float] = time.time,
        events: CacheEvents | None = None,
    ) -> None:
        if max_bytes < BLOCK_BYTES:
            raise ValueError(f"a disk cache needs {BLOCK_BYTES} bytes at least")
        self._folder = folder
        self._max_bytes = max_bytes
        self._pool = pool
        self._clock = clock
        self._events = events or NullCacheEvents()
        self._sweeper = Sweeper(folder, max_bytes, clock, _has_expired)
        self._written = 0  # since this process last swept
        self._has_swept = False  # the first write sweeps what others have left
        self._lock = threading.Lock()
        self._numbers = count()

    def get(self, key: str) -> bytes | None:
        # Most looks find nothing, and to learn that costs less than to hand the look to another thread.
        if self._is_absent(key):
            return None
        value, failed = self._pool.run(self._read, key)
        if failed:
            self._note(failed)
        return value

    def set(self, key: str, value: bytes, ttl: float) -> None:
        size = occupied(_HEADER.size + len(key.encode()) + len(value))
        if ttl <= 0 or size > self._sweeper.target:
            self.delete(key)
            return
        with self._lock:
            self._written += size
            unswept = self._written
        failed = self._pool.run(self._write, key, value, self._clock() + ttl)
        if failed:
            self._note(failed)
        if self._has_swept and unswept < self._max_bytes // (2 * _SHARE):
            return
        if not self._pool.run(self._sweeper.sweep):
            if unswept <= self._max_bytes // _SHARE:
                return
            self.delete(key)  # another sweeps, and this process is as far ahead of it as it may be
            unswept = size
        else:
            self._has_swept = True
        with self._lock:
            self._written -= unswept

    def delete(self, key: str) -> None:
        failed = self._pool.run(self._unlink, self._path(key))
        if failed:
            self._note(failed)

    def clear(self) -> None:
        self._pool.run(self._sweeper.remove_all)

    def _is_absent(self, key: str) -> bool:
        try:
            os.stat(self._name(key))  # noqa: PTH116  # making a Path takes longer than the look
        except FileNotFoundError:
            return True
        except OSError:
            return False  # reading it tells what is wrong
        return False

    # --- in a native thread: no logging, no counters, no locks ----------------------------------

    def _read(self, key: str) -> tuple[bytes | None, str]:
        """Return the value, and what went wrong."""
        path = self._path(key)
        try:
            with path.open("rb") as file:
                raw = file.read()
                modified = os.fstat(file.fileno()).st_mtime
        except FileNotFoundError:
            return None, ""
        except OSError as error:
            return None, type(error).__name__
        now, name = self._clock(), key.encode()
        start = _HEADER.size + len(name)
        if len(raw) < _HEADER.size:
            return None, self._unlink(path) or "damaged"
        magic, expires, key_bytes, checksum = _HEADER.unpack_from(raw)
        if magic != _MAGIC or crc32(raw[_HEADER.size :], crc32(_EXPIRY.pack(expires))) != checksum:
            return None, self._unlink(path) or "damaged"
        if key_bytes != len(name) or raw[_HEADER.size : start] != name:
            return None, ""  # another key with the same digest
        if now >= expires:
            return None, self._unlink(path)
        if now - modified >= _TOUCH_SECONDS:
            _touch(path, now, expires)
        return raw[start:], ""

    def _write(self, key: str, value: bytes, expires: float) -> str:
        path, name, now = self._path(key), key.encode(), self._clock()
        body = name + value
        header = _HEADER.pack(_MAGIC, expires, len(name), crc32(body, crc32(_EXPIRY.pack(expires))))
        temporary = path.with_name(f"{path.name}.{os.getpid()}.{next(self._numbers)}.new")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(header)
                file.write(body)
            mark(temporary, now, expires)
            temporary.replace(path)
        except OSError as error:
            self._unlink(temporary)
            self._unlink(path)  # an older value must not outlive one that could not be kept
            return type(error).__name__
        return ""

    def _unlink(self, path: Path) -> str:
        try:
            path.unlink(missing_ok=True)
        except NotADirectoryError:
            return ""
        except OSError as error:
            return type(error).__name__
        return ""

    def _path(self, key: str) -> Path:
        return Path(self._name(key))

    def _name(self, key: str) -> str:
        digest = blake2b(key.encode(), digest_size=16).hexdigest()
        return f"{self._folder}/{digest[0]}/{digest[1]}/{digest[2:]}"

    def _note(self, what: str) -> None:
        log.warning("disk_cache_failed", error=what)
        self._events.cache_error(DISK)


def _touch(path: Path, now: float, expires: float) -> None:
    try:
        mark(path, now, expires)
    except OSError:
        return  # removed meanwhile, or not ours: used all the same


def _has_expired(path: str, now: float) -> bool:
    try:
        with Path(path).open("rb") as file:
            magic, expires, _, _ = _HEADER.unpack(file.read(_HEADER.size))
    except OSError:
        return False
    except struct.error:
        return True
    return bool(magic != _MAGIC or now >= expires)
