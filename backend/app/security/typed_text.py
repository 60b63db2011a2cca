"""Texts that people type, without what is never meant: it breaks databases, logs and what is shown."""

from __future__ import annotations

import re
import unicodedata

# Control characters but tab and line feed, marks that turn the direction of what follows (a name
# with one can pass for another), byte order marks, and halves of surrogate pairs. Joiners stay:
# emoji, Persian and Indic scripts are written with them.
_NEVER_MEANT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def cleaned(text: str) -> str:
    """Return ``text`` in NFC without what is never meant; its lines stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _NEVER_MEANT.sub("", lines))


def one_line(text: str) -> str:
    """Return ``text`` cleaned, with single blanks between its words and none around it."""
    return " ".join(cleaned(" ".join(text.split())).split())
