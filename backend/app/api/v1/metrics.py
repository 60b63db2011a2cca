"""Web Vitals in, Prometheus text out."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import Annotated

from flask import Blueprint, Response, request
from pydantic import Field

from backend.app.api.body import Body, parse
from backend.app.api.context import services
from backend.app.errors import Forbidden


class Vital(Body):
    name: Annotated[str, Field(max_length=200)]
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    timestamp: float = 0


class Report(Body):
    metrics: Annotated[list[Vital], Field(max_length=100)]
    userAgent: Annotated[str, Field(max_length=1000)] = ""
    url: Annotated[str, Field(max_length=4000)] = ""
    timestamp: float = 0


def blueprint() -> Blueprint:
    metrics = Blueprint("metrics", __name__)
    metrics.post("/metrics")(report)
    metrics.get("/metrics")(scrape)
    return metrics


def report() -> Response:
    """Take a page's measurements; names that are no Web Vital are for other readers, and passed over."""
    body = parse(Report)
    for vital in body.metrics:
        services().metrics.observe_web_vital(vital.name.lower(), vital.value)
    return Response(status=204)


def scrape() -> Response:
    if not (_is_local() or _has_token()):
        raise Forbidden("Metrics are open to this machine, and elsewhere to who has LIKEOPT_METRICS_TOKEN.")
    text, content_type = services().performance.exposition()
    return Response(text, content_type=content_type)


def _is_local() -> bool:
    """Tell a scraper on this machine from somebody whom a proxy on this machine lets through."""
    if services().settings.trusted_proxies == 0 and any(
        header in request.headers for header in ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
    ):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _has_token() -> bool:
    token = services().settings.metrics_token.reveal()
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
