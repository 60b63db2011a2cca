"""How much room there is."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api import serialise
from backend.app.api.context import current_user, services
from backend.app.api.envelope import answer


def blueprint() -> Blueprint:
    room = Blueprint("room", __name__)
    room.get("/usage")(show)
    return room


def show() -> Response:
    return answer(serialise.room(services().room.of(current_user())))
