"""A thumb and a word on an answer, and which of its citations were opened."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response
from pydantic import Field, StrictInt, StringConstraints

from backend.app.api import serialise
from backend.app.api.body import Body, parse
from backend.app.api.context import current_user, services
from backend.app.api.envelope import answer


class Rating(Body):
    message_id: str
    value: Annotated[StrictInt, Field(ge=-1, le=1)]  # a Literal would take true for 1
    comment: Annotated[str, StringConstraints(max_length=4000)] | None = None


class Opened(Body):
    message_id: str
    passage_id: Annotated[StrictInt, Field(ge=1, lt=2**53)]


def blueprint() -> Blueprint:
    feedback = Blueprint("feedback", __name__)
    feedback.post("/feedback")(rate)
    feedback.post("/feedback/citations")(opened)
    return feedback


def rate() -> Response:
    user, body = current_user(), parse(Rating)
    return answer(serialise.message(services().conversations.rate(user, body.message_id, body.value, body.comment)))


def opened() -> Response:
    user, body = current_user(), parse(Opened)
    services().evaluation.questions.opened(user, body.message_id, body.passage_id)
    return answer()
