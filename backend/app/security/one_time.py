"""Tokens of links that work once. Only their hashes are kept: who reads the database cannot use them."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 24  # 192 bits: nobody guesses one, so that a plain hash will do


def new_token() -> str:
    return secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
