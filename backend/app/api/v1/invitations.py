"""Invitations; for administrators, and for whoever has one's link."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api import account_shapes as shapes
from backend.app.api.body import Body, parse
from backend.app.api.context import administrator, record, services
from backend.app.api.envelope import answer, listing
from backend.app.api.serialise import moment
from backend.app.domain.accounts import Role
from backend.app.domain.audit import Action, Target


class NewInvitation(Body):
    email: str | None = None
    role: Role = Role.MEMBER


def blueprint() -> Blueprint:
    invitations = Blueprint("invitations", __name__, url_prefix="/invitations")
    invitations.get("")(index)
    invitations.post("")(make)
    invitations.get("/<invitation>")(show)
    invitations.delete("/<invitation>")(withdraw)
    return invitations


def index() -> Response:
    administrator()
    service = services().invitations
    return listing([shapes.invitation(item, is_open=service.is_open(item)) for item in service.list()])


def make() -> Response:
    by, body = administrator(), parse(NewInvitation)
    made, token = services().invitations.make(by, email=body.email, role=body.role)
    record(Action.INVITED, Target("invitation", made.id, made.email or ""), role=made.role.value)
    shape = shapes.invitation(made, is_open=True)
    return answer({**shape, "token": token, "path": f"/invite/{token}"}, 201)


def show(invitation: str) -> Response:  # by its token, which is all that whoever is invited has
    found = services().invitations.find(invitation)
    return answer({"email": found.email, "role": found.role.value, "expires_at": moment(found.expires_at)})


def withdraw(invitation: str) -> Response:
    administrator()
    gone = services().invitations.withdraw(invitation)
    record(Action.INVITATION_WITHDRAWN, Target("invitation", gone.id, gone.email or ""))
    return answer()
