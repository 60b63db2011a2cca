"""API keys of the one who is signed in; made and ended by people, not by other keys."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api import serialise
from backend.app.api.body import Body, parse
from backend.app.api.context import current_user, record, services
from backend.app.api.envelope import answer, listing
from backend.app.domain.audit import Action, Target
from backend.app.domain.keys import Scope


class NewKey(Body):
    name: str
    scopes: frozenset[Scope]
    expires_days: int | None = None
    collection_ids: tuple[str, ...] | None = None


def blueprint() -> Blueprint:
    keys = Blueprint("keys", __name__, url_prefix="/keys")
    keys.get("")(index)
    keys.post("")(make)
    keys.delete("/<key_id>")(revoke)
    return keys


def index() -> Response:
    return listing([serialise.key(key) for key in services().keys.of(current_user())])


def make() -> Response:
    user, body = current_user(), parse(NewKey)
    key, secret = services().keys.make(
        user, body.name, body.scopes, days=body.expires_days, collection_ids=body.collection_ids
    )
    record(Action.KEY_MADE, Target("key", key.id, key.name), prefix=key.prefix, scopes=sorted(key.scopes))
    response = answer({**serialise.key(key), "key": secret}, 201)
    response.headers["Cache-Control"] = "no-store"
    return response


def revoke(key_id: str) -> Response:
    key = services().keys.revoke(current_user(), key_id)
    record(Action.KEY_REVOKED, Target("key", key.id, key.name), prefix=key.prefix)
    return answer()
