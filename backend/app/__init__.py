"""The application factory; everything else has a module of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from backend.app.imports import without

if TYPE_CHECKING:
    from flask import Flask

    from backend.app.config import Settings


def create_app(config: Settings | Mapping[str, Any] | None = None) -> Flask:
    """Return the Flask app.

    ``config`` is a whole table of settings, or some by name (``{"port": 0}``) that come before the
    environment's.

    Raises:
        ConfigError: a setting cannot be used.
    """
    # Here: whoever needs a submodule alone does not pay for Flask. redis-py loads OpenTelemetry's SDK
    # wherever it is installed, for metrics that nobody asks it for: 25 ms and 2.5 MB.
    with without("opentelemetry"):
        from backend.app.factory import build_app

    return build_app(config)
