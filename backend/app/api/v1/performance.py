"""What the dashboard draws."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api.context import administrator, services
from backend.app.api.envelope import answer


def blueprint() -> Blueprint:
    performance = Blueprint("performance", __name__)
    performance.get("/performance")(show)
    return performance


def show() -> Response:
    administrator()
    return answer(services().metrics.snapshot())
