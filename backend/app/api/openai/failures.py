"""Errors in OpenAI's shape, which its clients turn into exceptions of their own."""

from __future__ import annotations

from typing import Any

from backend.app.errors import AppError

PATHS = "/v1/"
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def shape(error_code: str, message: str, status: int, param: str | None = None) -> dict[str, Any]:
    kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": error_code.lower()}}


def of(error: AppError, status: int) -> dict[str, Any]:
    fields = error.details.get("fields")
    first = next(iter(fields), None) if isinstance(fields, dict) else None
    param = error.details.get("param", first)
    return shape(error.error_code, error.message, status, None if param is None else str(param))
