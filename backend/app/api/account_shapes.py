"""From the dataclasses around accounts to the shapes of docs/api.md."""

from __future__ import annotations

from backend.app.api.serialise import moment
from backend.app.api.serialise import user as user_shape
from backend.app.api.shapes import people as of
from backend.app.domain.accounts import Invitation, LoginSession, Person
from backend.app.domain.audit import AuditEvent


def person(value: Person) -> of.PersonShape:
    user = value.user
    return {
        **user_shape(user),
        "suspended_at": moment(user.suspended_at) if user.suspended_at else None,
        "seen_at": moment(value.seen_at) if value.seen_at else None,
        "sessions": value.sessions,
        "only_owned": value.only_owned,
        "documents": value.documents,
    }


def session(value: LoginSession, current: str | None) -> of.SessionShape:
    return {
        "id": value.id,
        "agent": value.agent,
        "address": value.address,
        "begun_at": moment(value.begun_at),
        "seen_at": moment(value.seen_at),
        "current": value.id == current,
    }


def invitation(value: Invitation, *, is_open: bool) -> of.InvitationShape:
    return {
        "id": value.id,
        "email": value.email,
        "role": value.role.value,
        "status": "used" if value.used_at else "open" if is_open else "expired",
        "invited_by": value.invited_by,
        "used_by": value.used_by,
        "created_at": moment(value.created_at),
        "expires_at": moment(value.expires_at),
    }


def event(value: AuditEvent) -> of.EventShape:
    return {
        "id": value.id,
        "at": moment(value.at),
        "action": value.action,
        "actor_id": value.actor_id,
        "actor": value.actor,
        "target": {"kind": value.target.kind, "id": value.target.id, "name": value.target.name},
        "address": value.address,
        "details": dict(value.details),
    }
