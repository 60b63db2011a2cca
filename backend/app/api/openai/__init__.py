"""OpenAI's protocol: a model that knows the documents, for any program that speaks to OpenAI's."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api import sse
from backend.app.api.body import parse
from backend.app.api.context import current_user, services
from backend.app.api.guarded import guarded
from backend.app.api.openai import answers, models
from backend.app.api.openai.asked import Completion
from backend.app.api.places import in_a_place
from backend.app.domain.chat import TokenEvent


def blueprint() -> Blueprint:
    openai = Blueprint("openai", __name__, url_prefix="/v1")
    openai.post("/chat/completions")(complete)
    openai.get("/models")(index)
    openai.get("/models/<path:name>")(show)
    return openai


def complete() -> Response:
    user, body = current_user(), parse(Completion)
    every = services()
    asked = body.request(models.searched_by(body.model, every.collections.visible(user)))

    def answer() -> Response:
        events = guarded(every.completions.complete(user, asked), every.metrics)
        made = answers.Answer(body.model, with_usage=body.wants_usage)
        if not body.stream:
            return answers.whole(made, events)
        return sse.stream(
            events, made.chunks, farewell=answers.cut_off, watched=lambda event: isinstance(event, TokenEvent)
        )

    return in_a_place(user, answer)


def index() -> Response:
    return models.listing(services().collections.visible(current_user()))


def show(name: str) -> Response:
    return models.one(name, services().collections.visible(current_user()))
