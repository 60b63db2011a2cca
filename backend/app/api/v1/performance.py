"""What the dashboard draws."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response

from backend.app.api.context import administrator, services, shared_answers
from backend.app.api.envelope import answer
from backend.app.api.query import Query, asked

_KEY, _SECONDS = "performance:", 2  # adding all workers' files up costs more than being two seconds late


class Range(Query):
    range: Literal["5m", "1h", "24h", "7d"] = "1h"


def blueprint() -> Blueprint:
    performance = Blueprint("performance", __name__)
    performance.get("/performance")(show)
    return performance


def show() -> Response:
    administrator()
    chosen = asked(Range).range
    shown = shared_answers().get(_KEY + chosen)
    if shown is None:
        shown = services().performance.show(chosen)
        shared_answers().set(_KEY + chosen, shown, timeout=_SECONDS)
    return answer(shown)
