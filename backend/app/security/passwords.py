"""Passwords by argon2id, with the library's own parameters (RFC 9106, low memory)."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend.app.domain.accounts import NO_PASSWORD


class Passwords:
    """The methods are CPU work of some 30 ms and 64 MB: call them through a ``NativePool``."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        # Checked when an address is unknown, so that the answer takes as long as for a known one.
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        return self._hasher.hash(_bytes(password))

    def verify(self, hash: str | None, password: str) -> bool:
        """Tell whether the password is right; without a hash it takes the same time and is never right."""
        if hash is None or hash == NO_PASSWORD:
            if self._nobody is None:
                self._nobody = self._hasher.hash("nobody has this password")
            hash, right = self._nobody, False
        else:
            right = True
        try:
            return self._hasher.verify(hash, _bytes(password)) and right
        except (VerificationError, InvalidHashError):
            return False

    def needs_rehash(self, hash: str) -> bool:
        return self._hasher.check_needs_rehash(hash)


def _bytes(password: str) -> bytes:
    """Return what is hashed: the same for every keyboard, as NIST SP 800-63B asks."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
