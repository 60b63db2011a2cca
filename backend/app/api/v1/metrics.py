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
from backend.app.monitoring.interfaces import Metrics

_MAX_BYTES = 64 * 1024  # the page keeps 200 measurements at most, which are a quarter of that
_MAX_VALUE = 1e9  # milliseconds: eleven days

Moment = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]


class Vital(Body):
    name: Annotated[str, Field(max_length=200)]
    value: Annotated[float, Field(ge=0, le=_MAX_VALUE, allow_inf_nan=False, strict=True)]
    timestamp: Moment = 0


class Report(Body):
    metrics: Annotated[list[Vital], Field(max_length=200)]
    userAgent: Annotated[str, Field(max_length=1000)] = ""
    url: Annotated[str, Field(max_length=4000)] = ""
    timestamp: Moment = 0


def blueprint() -> Blueprint:
    metrics = Blueprint("metrics", __name__)
    metrics.post("/metrics")(report)
    metrics.get("/metrics")(scrape)
    return metrics


def report() -> Response:
    """Take a page's measurements: Web Vitals, changes of page and answers of the API. Other names are passed over.

    Of the visitor nothing stays but whether it was a phone.
    """
    request.max_content_length = _MAX_BYTES
    body = parse(Report)
    device = _device(body.userAgent or request.user_agent.string)
    for vital in body.metrics:
        _observe(services().metrics, vital, device)
    return Response(status=204)


def _observe(metrics: Metrics, vital: Vital, device: str) -> None:
    whole = vital.name.lower()
    kind, _, name = whole.partition(":")
    if kind == "page":
        metrics.observe_page(name, vital.value / 1000)
    elif kind == "api":
        metrics.observe_call(name.removeprefix("/"), vital.value / 1000)
    else:
        metrics.observe_web_vital(whole, vital.value, device)


def _device(user_agent: str) -> str:
    """Phones name themselves «Mobile», or «Mobi» at least; tablets do not."""
    return "phone" if "Mobi" in user_agent else "desktop"


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
