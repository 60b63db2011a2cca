"""What is told of the work."""

from __future__ import annotations

from dataclasses import dataclass

from backend.app.config.describing import setting


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    # fmt: off
    # --- logs ---
    log_level: str = setting("info", "Least severity that is logged.", group="Logs", choices=("debug", "info", "warning", "error"))
    log_format: str = setting("auto", "auto: readable on a terminal, JSON elsewhere.", group="Logs", choices=("auto", "json", "console"))
    log_debug_share: float = setting(1.0, "Share of the debug lines that is kept, 0 to 1: all of a request, or none.", group="Logs")
    otel_endpoint: str = setting("", "OTLP/HTTP address that traces are sent to, such as http://127.0.0.1:4318; empty: none are made.", group="Logs", also="OTEL_EXPORTER_OTLP_ENDPOINT")
    # fmt: on
