"""One's own sessions: where one is signed in."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api import account_shapes as shapes
from backend.app.api.context import current_user, record, services, session_id, sign_out
from backend.app.api.envelope import answer, listing
from backend.app.domain.audit import Action, Target


def blueprint() -> Blueprint:
    sessions = Blueprint("sessions", __name__, url_prefix="/auth/sessions")
    sessions.get("")(index)
    sessions.post("/end-others")(end_others)
    sessions.delete("/<string(minlength=12):ended_id>")(end)  # or `end-others` could be deleted too
    return sessions


def index() -> Response:
    found = services().sessions.of(current_user())
    return listing([shapes.session(item, session_id()) for item in found])


def end(ended_id: str) -> Response:
    user = current_user()
    services().sessions.end(user, ended_id)
    record(Action.SESSION_ENDED, Target("session", ended_id))
    if ended_id == session_id():
        sign_out()
    return answer()


def end_others() -> Response:
    count = services().sessions.end_others(current_user(), session_id())
    record(Action.SESSION_ENDED, Target("session", "others"), ended=count)
    return answer({"ended": count})
