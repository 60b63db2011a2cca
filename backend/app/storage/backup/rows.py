"""SQL that every version's tables understand."""

from __future__ import annotations

DOCUMENTS = "SELECT id, filename, sha256 FROM documents ORDER BY id"

# What was remembered of the collections before, in a Redis that outlived them, must not be taken for what is
# restored: versions are part of its keys.
RAISE_VERSIONS = "UPDATE collections SET version = CASE WHEN version > :floor THEN version ELSE :floor END + 1"

_START = 1_767_225_600  # 2026-01-01


def version_floor(now: float) -> int:
    """Return a version that no collection has had: versions are raised less than once a second."""
    return int(now) - _START
