"""A place among the answers that a worker writes at once."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response

from backend.app.api.context import services
from backend.app.domain.accounts import User


def in_a_place(user: User, respond: Callable[[], Response]) -> Response:
    """Return the response; its place is free again when it has been sent, or its reader has gone.

    Raises:
        RateLimited: too many are being written.
    """
    leave = services().streams.open(user.id)
    try:
        response = respond()
    except BaseException:
        leave()
        raise
    response.call_on_close(leave)
    return response
