"""What is written down of who did what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

COMMAND_LINE = "command line"


class Action(StrEnum):
    """All that is written down. What stands before the dot groups them."""

    SIGNED_IN = "session.signed_in"
    SIGN_IN_FAILED = "session.sign_in_failed"
    SIGNED_OUT = "session.signed_out"
    SESSION_ENDED = "session.ended"
    REGISTERED = "account.registered"
    RENAMED = "account.renamed"
    ROLE_CHANGED = "account.role_changed"
    SUSPENDED = "account.suspended"
    RESUMED = "account.resumed"
    DELETED = "account.deleted"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105  # an event's name
    RESET_LINK_MADE = "account.reset_link_made"
    PASSWORD_RESET = "account.password_reset"  # noqa: S105  # an event's name
    INVITED = "invitation.made"
    INVITATION_WITHDRAWN = "invitation.withdrawn"
    KEY_MADE = "key.made"
    KEY_REVOKED = "key.revoked"
    COLLECTION_DELETED = "collection.deleted"
    COLLECTION_SHARED = "collection.shared"
    COLLECTION_UNSHARED = "collection.unshared"
    CONVERSATION_EXPORTED = "conversation.exported"
    FOLDER_WATCHED = "folder.watched"
    FOLDER_LEFT = "folder.left"
    TEST_SET_IMPORTED = "evaluation.imported"
    QUESTION_ADDED = "evaluation.question_added"
    QUESTION_CHANGED = "evaluation.question_changed"
    QUESTION_DELETED = "evaluation.question_deleted"
    OFFER_ACCEPTED = "evaluation.offer_accepted"
    RUN_STARTED = "evaluation.run_started"
    RUN_CANCELLED = "evaluation.run_cancelled"
    RUN_DELETED = "evaluation.run_deleted"
    REINDEXED = "index.rebuilt"
    BACKED_UP = "backup.made"
    RESTORED = "backup.restored"
    AUDIT_EXPORTED = "audit.exported"


@dataclass(frozen=True, slots=True)
class Target:
    """What was acted on; ``name`` is what people knew it by at the time."""

    kind: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """``actor`` is an account's address, ``COMMAND_LINE``, or empty where nobody was signed in."""

    id: str
    at: datetime
    action: str
    actor_id: str | None
    actor: str
    target: Target
    address: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events are asked for. ``actor`` is an id or a part of a name; ``action`` may be a group."""

    action: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
