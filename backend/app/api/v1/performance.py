"""What the dashboard draws."""

from __future__ import annotations

from flask import Blueprint, Response, request

from backend.app.api.context import administrator, services, shared_answers
from backend.app.api.envelope import answer
from backend.app.services.performance import DEFAULT_RANGE

_KEY, _SECONDS = "performance:", 2  # adding all workers' files up costs more than being two seconds late


def blueprint() -> Blueprint:
    performance = Blueprint("performance", __name__)
    performance.get("/performance")(show)
    return performance


def show() -> Response:
    administrator()
    chosen = request.args.get("range") or DEFAULT_RANGE
    shown = shared_answers().get(_KEY + chosen) if len(chosen) < 10 else None
    if shown is None:
        shown = services().performance.show(chosen)
        shared_answers().set(_KEY + chosen, shown, timeout=_SECONDS)
    return answer(shown)
