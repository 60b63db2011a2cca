"""Everybody's accounts; for administrators."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response
from pydantic import Field

from backend.app.api import account_shapes as shapes
from backend.app.api.body import Body, parse
from backend.app.api.context import administrator, record, services
from backend.app.api.envelope import answer, listing
from backend.app.api.query import Query, asked, page
from backend.app.api.serialise import moment
from backend.app.api.v1.auth import account
from backend.app.domain.accounts import Person, Role
from backend.app.domain.audit import Action


class Change(Body):
    name: str | None = None
    role: Role | None = None
    suspended: bool | None = None


class Wanted(Query):
    q: Annotated[str | None, Field(description="Part of a name or an email address.")] = None


class HandedOver(Query):
    hand_over_to: Annotated[str | None, Field(description="Who gets the collections that nobody else owns.")] = None


def blueprint() -> Blueprint:
    users = Blueprint("users", __name__, url_prefix="/users")
    users.get("")(index)
    users.get("/<user_id>")(show)
    users.patch("/<user_id>")(change)
    users.delete("/<user_id>")(delete)
    users.post("/<user_id>/password-reset")(reset_link)
    return users


def index() -> Response:
    administrator()
    found, cursor = services().people.page(asked(Wanted).q, page())
    return listing([shapes.person(item) for item in found], cursor)


def show(user_id: str) -> Response:
    administrator()
    return answer(shapes.person(services().people.get(user_id)))


def change(user_id: str) -> Response:
    by, body = administrator(), parse(Change)
    before, after = services().people.update(by, user_id, name=body.name, role=body.role, suspended=body.suspended)
    _record_change(before, after)
    return answer(shapes.person(after))


def delete(user_id: str) -> Response:
    by, service = administrator(), services().people
    person, heir = service.get(user_id), asked(HandedOver).hand_over_to
    service.delete(by, user_id, heir)
    record(Action.DELETED, account(person.user), only_owned=person.only_owned, handed_over_to=heir)
    return answer()


def reset_link(user_id: str) -> Response:
    administrator()
    token, until = services().people.reset_link(user_id)
    record(Action.RESET_LINK_MADE, account(services().people.get(user_id).user))
    return answer({"token": token, "path": f"/reset/{token}", "expires_at": moment(until)}, 201)


def _record_change(before: Person, after: Person) -> None:
    old, new = before.user, after.user
    if old.role is not new.role:
        record(Action.ROLE_CHANGED, account(new), before=old.role.value, after=new.role.value)
    if (old.suspended_at is None) != (new.suspended_at is None):
        record(Action.SUSPENDED if new.suspended_at else Action.RESUMED, account(new))
    if old.name != new.name:
        record(Action.RENAMED, account(new), before=old.name, after=new.name)
