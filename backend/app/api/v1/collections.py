"""Collections and who may see them."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api import serialise
from backend.app.api.body import Body, parse
from backend.app.api.context import current_user, record, services
from backend.app.api.envelope import answer, listing
from backend.app.domain.accounts import Access
from backend.app.domain.audit import Action, Target


class Name(Body):
    name: str


class Membership(Body):
    email: str
    access: Access


def blueprint() -> Blueprint:
    collections = Blueprint("collections", __name__, url_prefix="/collections")
    collections.get("")(index)
    collections.post("")(create)
    collections.patch("/<collection_id>")(rename)
    collections.delete("/<collection_id>")(delete)
    collections.get("/<collection_id>/members")(members)
    collections.put("/<collection_id>/members")(put_member)
    collections.delete("/<collection_id>/members/<user_id>")(remove_member)
    return collections


def index() -> Response:
    return listing([serialise.collection(item) for item in services().collections.visible(current_user())])


def create() -> Response:
    user, body = current_user(), parse(Name)
    return answer(serialise.collection(services().collections.create(user, body.name)), 201)


def rename(collection_id: str) -> Response:
    user, body = current_user(), parse(Name)
    return answer(serialise.collection(services().collections.rename(user, collection_id, body.name)))


def delete(collection_id: str) -> Response:
    user, service = current_user(), services().collections
    members = len(service.members(user, collection_id))
    service.delete(user, collection_id)
    record(Action.COLLECTION_DELETED, Target("collection", collection_id), members=members)
    return answer()


def members(collection_id: str) -> Response:
    found = services().collections.members(current_user(), collection_id)
    return listing([serialise.member(member) for member in found])


def put_member(collection_id: str) -> Response:
    user, body = current_user(), parse(Membership)
    member = services().collections.put_member(user, collection_id, body.email, body.access)
    record(Action.COLLECTION_SHARED, _collection(collection_id), member=member.user_id, access=member.access.value)
    return answer(serialise.member(member))


def remove_member(collection_id: str, user_id: str) -> Response:
    services().collections.remove_member(current_user(), collection_id, user_id)
    record(Action.COLLECTION_UNSHARED, _collection(collection_id), member=user_id)
    return answer()


def _collection(collection_id: str) -> Target:
    return Target("collection", collection_id)
