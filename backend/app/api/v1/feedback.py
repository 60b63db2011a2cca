"""A thumb and a word on an answer."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Blueprint, Response
from pydantic import StringConstraints

from backend.app.api import serialise
from backend.app.api.body import Body, parse
from backend.app.api.context import current_user, services
from backend.app.api.envelope import answer


class Rating(Body):
    message_id: str
    value: Literal[1, -1, 0]
    comment: Annotated[str, StringConstraints(max_length=4000)] | None = None


def blueprint() -> Blueprint:
    feedback = Blueprint("feedback", __name__)
    feedback.post("/feedback")(rate)
    return feedback


def rate() -> Response:
    user, body = current_user(), parse(Rating)
    return answer(serialise.message(services().conversations.rate(user, body.message_id, body.value, body.comment)))
