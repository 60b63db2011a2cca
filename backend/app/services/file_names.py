"""Names of files as people's systems give them, made fit to be shown and sent back."""

from __future__ import annotations

import re

from backend.app.security.typed_text import cleaned

_MAX_NAME_BYTES = 255
_MAX_SUFFIX_CHARS = 20
_SPACE = re.compile(r"\s")


def safe_name(filename: str) -> str:
    """Return a file's name without folders and control characters, in NFC, at most 255 bytes.

    It is only shown and sent back, never used as a path: files are stored by id.
    """
    name = _SPACE.sub(" ", cleaned(filename)).replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not name.strip("."):
        return "unnamed"
    stem, suffix = _split(name)
    return _cut(stem, _MAX_NAME_BYTES - len(suffix.encode())) + suffix


def _split(name: str) -> tuple[str, str]:
    """Return the name before its suffix, and the suffix with its dot where there is one worth keeping."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem and len(suffix) <= _MAX_SUFFIX_CHARS else (name, "")


def _cut(text: str, size: int) -> str:
    """Return as much of the beginning as fits into ``size`` bytes."""
    whole = text.encode()
    return text if len(whole) <= size else whole[:size].decode(errors="ignore").rstrip()
