"""Whether the server lives, and whether it is ready."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response

from backend.app.api.context import services
from backend.app.api.envelope import answer, failure
from backend.app.errors import Unavailable


def blueprint() -> Blueprint:
    health = Blueprint("health", __name__, url_prefix="/health")
    health.get("/live")(live)
    health.get("/ready")(ready)
    return health


def live() -> Response:
    return answer({"alive": True})


def ready() -> Response:
    is_ready, parts = services().health.ready()
    data = {"ready": is_ready, "parts": {name: asdict(part) for name, part in parts.items()}}
    return answer(data) if is_ready else failure(Unavailable(), data=data)
