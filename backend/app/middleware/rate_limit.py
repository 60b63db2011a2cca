"""How often one user, one address may ask, by route.

Before anything else is done for it: a request beyond its limit costs a look at a number. What is
left is told in the header fields of the IETF's draft (draft-ietf-httpapi-ratelimit-headers).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from flask import Flask, Response, g, request

from backend.app.cache.interfaces import Allowances
from backend.app.domain.accounts import User
from backend.app.domain.networks import network_of
from backend.app.domain.rates import Allowance, Charge, Rate
from backend.app.errors import RateLimited
from backend.app.middleware.route_limits import (
    ADDRESS,
    BY_ADDRESS,
    FREE,
    LIMITS,
    OF_EACH_ROUTE,
    REPORT,
    REPORTS,
    WRITE,
)
from backend.app.monitoring.interfaces import Metrics

_EVERYBODY = "everybody"


def init_rate_limit(
    app: Flask,
    allowances: Allowances,
    rates: Mapping[str, Rate | None],
    asking: Callable[[], User | None],
    metrics: Metrics,
) -> None:
    """Refuse requests beyond ``rates``; a limit without one, or with None, limits nothing.

    ``asking`` returns who is signed in.
    """
    known = {name: rate for name, rate in rates.items() if rate is not None}

    @app.before_request
    def check() -> None:
        charges = list(_charges(known, asking))
        if not charges:
            return
        found = allowances.take(charges)
        g.allowance = charges[0], found[0]
        for charge, allowance in zip(charges, found, strict=True):
            if not allowance.allowed:
                g.allowance = charge, allowance
                metrics.count_refused(charge.limit)
                raise RateLimited.after(allowance.wait)

    @app.after_request
    def tell(response: Response) -> Response:
        told = g.get("allowance")
        if told is not None:
            _tell(response, *told)
        return response


def _charges(rates: Mapping[str, Rate], asking: Callable[[], User | None]) -> list[Charge]:
    """Return what a request takes, its own route's first."""
    endpoint = request.endpoint
    if endpoint is None or endpoint in FREE or request.blueprint == "page":
        return []
    network = network_of(request.remote_addr or "")
    limit = LIMITS.get(endpoint, WRITE)
    user = None if limit in BY_ADDRESS else asking()
    subject = network if user is None else user.id
    named = [(limit, f"{endpoint} {subject}" if limit in OF_EACH_ROUTE else subject), (ADDRESS, network)]
    if limit == REPORT:
        named.append((REPORTS, _EVERYBODY))
    return [Charge(name, subject, rates[name]) for name, subject in named if name in rates]


def _tell(response: Response, charge: Charge, allowance: Allowance) -> None:
    rate, headers = charge.rate, response.headers
    full_after = math.ceil((rate.count - allowance.remaining) * rate.interval)
    headers.add("RateLimit-Policy", f'"{charge.limit}";q={rate.count};w={rate.seconds}')
    headers.add("RateLimit", f'"{charge.limit}";r={allowance.remaining};t={full_after}')
