"""Passwords by argon2id, with the library's own parameters (RFC 9106, low memory)."""

from __future__ import annotations

import os
import unicodedata
from base64 import b64encode

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import hash_secret_raw

from backend.app.domain.accounts import NO_PASSWORD

_LEAST_MEMORY = 8  # KiB for each lane, argon2's own bound


class Passwords:
    """The methods are CPU work of some 30 ms and 64 MB: call them through a ``NativePool``."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # Checked where an address is unknown, so that the answer takes as long as for a known one. No password has
        # it and none was hashed for it, which would make the first such answer of each worker take twice as long.
        self._nobody = _hash_of_nothing(self._hasher)

    def hash(self, password: str) -> str:
        return self._hasher.hash(_bytes(password))

    def verify(self, hash: str | None, password: str) -> bool:
        """Tell whether the password is right.

        The same work is done for a hash of older parameters, for one that is broken, and where there is none, which
        is never right.
        """
        given = _bytes(password)
        if hash is None or hash == NO_PASSWORD:
            self._is_right(self._nobody, given)
            return False
        try:
            right = self._is_right(hash, given)
        except (VerificationError, InvalidHashError):  # broken: argon2 did nothing
            self._is_right(self._nobody, given)
            return False
        self._make_up(hash, given)
        return right

    def needs_rehash(self, hash: str) -> bool:
        return self._hasher.check_needs_rehash(hash)

    def _is_right(self, hash: str, given: bytes) -> bool:
        try:
            return self._hasher.verify(hash, given)
        except VerifyMismatchError:
            return False

    def _make_up(self, hash: str, given: bytes) -> None:
        """Fill the blocks of memory that a hash of weaker parameters saved: that is what takes argon2's time."""
        today, found = self._hasher, extract_parameters(hash)
        missing = today.memory_cost * today.time_cost - found.memory_cost * found.time_cost
        if missing > 0:
            hash_secret_raw(
                given,
                os.urandom(today.salt_len),
                time_cost=today.time_cost,
                memory_cost=max(missing // today.time_cost, _LEAST_MEMORY * today.parallelism),
                parallelism=today.parallelism,
                hash_len=today.hash_len,
                type=today.type,
            )


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """Return a hash of the hasher's parameters whose digest is random."""
    salt, digest = (b64encode(os.urandom(size)).rstrip(b"=").decode() for size in (hasher.salt_len, hasher.hash_len))
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2{hasher.type.name.lower()}$v=19${costs}${salt}${digest}"


def _bytes(password: str) -> bytes:
    """Return what is hashed: the same for every keyboard, as NIST SP 800-63B asks."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
