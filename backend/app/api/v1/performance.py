"""What the dashboard draws."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api.context import administrator, services, shared_answers
from backend.app.api.envelope import answer

_KEY, _SECONDS = "performance", 2  # adding all workers' files up costs more than being two seconds late


def blueprint() -> Blueprint:
    performance = Blueprint("performance", __name__)
    performance.get("/performance")(show)
    return performance


def show() -> Response:
    administrator()
    shown = shared_answers().get(_KEY)
    if shown is None:
        shown = services().metrics.snapshot()
        shared_answers().set(_KEY, shown, timeout=_SECONDS)
    return answer(shown)
