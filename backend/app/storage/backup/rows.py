"""SQL that every version's tables understand."""

from __future__ import annotations

DOCUMENTS = "SELECT id, filename, sha256 FROM documents ORDER BY id"

# What was remembered of the collections before, in a Redis that outlived them, must not be taken for what is
# restored: versions are part of its keys.
_RAISE_VERSIONS = "UPDATE collections SET version = CASE WHEN version > :floor THEN version ELSE :floor END + 1"
# Nor may a session, a link to a new password or an invitation come back to life that has ended since: whoever has
# one gets in by it, though it was ended for just that reason. The rows stay, with an id that nobody has.
_END_SESSIONS = {
    "sqlite": "UPDATE sessions SET id = lower(hex(randomblob(16)))",
    "postgresql": "UPDATE sessions SET id = md5(CAST(random() AS text) || id)",
}
_END_LINKS = (
    "UPDATE password_resets SET expires_at = created_at",
    "UPDATE invitations SET expires_at = created_at WHERE used_at IS NULL",
)

_START = 1_767_225_600  # 2026-01-01


def version_floor(now: float) -> int:
    """Return a version that no collection has had: versions are raised less than once a second."""
    return int(now) - _START


def after_restoring(kind: str, now: float) -> list[tuple[str, dict[str, int]]]:
    """Return what is to be run, with its parameters, on a restored database at this version's tables."""
    raise_versions = (_RAISE_VERSIONS, {"floor": version_floor(now)})
    return [raise_versions, *((statement, {}) for statement in (_END_SESSIONS[kind], *_END_LINKS))]
