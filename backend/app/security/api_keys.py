"""Secrets that programs sign in with, and what is kept of them."""

from __future__ import annotations

import hashlib
import re
import secrets
import string

# Scanners for secrets, and people, know a key by how it begins.
PREFIX = "lo_"
SHOWN_CHARS = len(PREFIX) + 6  # tells a person's keys apart, and leaves 220 bits to guess
_LETTERS = string.ascii_letters + string.digits  # no dash: a double click selects all of it
_LENGTH = 43  # 62^43 > 2^256
_KEY = re.compile(rf"{PREFIX}[{_LETTERS}]{{{_LENGTH}}}", re.ASCII)


def new_secret() -> str:
    """Return a secret of 256 random bits."""
    return PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def digest(secret: str) -> str:
    """Return what is kept of a secret.

    A plain SHA-256, unlike passwords: there is nothing to guess that is likelier than the rest, so
    slowness protects nothing, and every request of a program would pay for it. The same holds for a
    salt, without which the digest finds its row by an index.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def is_secret(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def bearer_of(authorization: str | None) -> str | None:
    """Return what an ``Authorization`` header of the scheme Bearer holds; None where there is none."""
    scheme, _, value = (authorization or "").strip().partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None
