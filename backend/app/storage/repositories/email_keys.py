"""What makes two spellings of an address the same."""

from __future__ import annotations

import unicodedata


def email_key(email: str) -> str:
    return unicodedata.normalize("NFC", email.strip()).lower()
