"""People, collections and who may see them."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict


class UserShape(TypedDict):
    id: str
    email: str
    name: str
    role: str
    created_at: str


class SignedOutShape(TypedDict):
    sign_out_address: str


class KeyShape(TypedDict):
    id: str
    name: str
    prefix: str
    scopes: list[str]
    collection_ids: list[str] | None
    created_at: str
    expires_at: str | None
    last_used_at: str | None


class NewKeyShape(KeyShape):
    key: str


class CollectionShape(TypedDict):
    id: str
    name: str
    access: str
    owners: list[str]
    members: int
    documents: int
    version: int
    created_at: str


class MemberShape(TypedDict):
    user_id: str
    email: str
    name: str
    access: str


class RefusedFileShape(TypedDict):
    path: str
    error_code: str | None
    message: str | None


class FolderShape(TypedDict):
    id: str
    path: str
    files: int
    problem: str | None
    error_code: str | None
    refused: list[RefusedFileShape]
    created_at: str


class PersonShape(UserShape):
    suspended_at: str | None
    seen_at: str | None
    sessions: int
    only_owned: int
    documents: int


class SessionShape(TypedDict):
    id: str
    agent: str
    address: str
    begun_at: str
    seen_at: str
    current: bool


class EndedShape(TypedDict):
    ended: int


class InvitationShape(TypedDict):
    id: str
    email: str | None
    role: str
    status: str
    invited_by: str | None
    used_by: str | None
    created_at: str
    expires_at: str


class NewInvitationShape(InvitationShape):
    token: str
    path: str


class OpenInvitationShape(TypedDict):
    email: str | None
    role: str
    expires_at: str


class ResetShape(TypedDict):
    email: str
    name: str


class ResetLinkShape(TypedDict):
    token: str
    path: str
    expires_at: str


class TargetShape(TypedDict):
    kind: str
    id: str
    name: str


class EventShape(TypedDict):
    id: str
    at: str
    action: str
    actor_id: str | None
    actor: str
    target: TargetShape
    address: str
    details: dict[str, Any]
