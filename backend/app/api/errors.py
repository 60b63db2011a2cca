"""Every failure in the one envelope, the framework's own too."""

from __future__ import annotations

import structlog
from flask import Flask, Response, request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from backend.app import errors
from backend.app.api import envelope
from backend.app.api.openai import failures
from backend.app.monitoring.interfaces import Metrics

log = structlog.get_logger(__name__)

# The framework's own errors, by status, as ours.
_BY_STATUS: dict[int, type[errors.AppError]] = {
    400: errors.InvalidRequest,
    401: errors.NotSignedIn,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    408: errors.RequestTimeout,
    409: errors.Conflict,
    413: errors.RequestTooLarge,
    415: errors.UnsupportedMediaType,
    429: errors.RateLimited,
    503: errors.Unavailable,
}

# What says more than the status: which methods there are, how long the file is.
_TOLD = frozenset({"Allow", "Content-Range", "Retry-After"})


def init_errors(app: Flask, metrics: Metrics) -> None:
    @app.errorhandler(errors.AppError)
    def expected(error: errors.AppError) -> Response:
        if error.status >= 500:
            log.warning("request_failed", error_code=error.error_code)
        return _failure(error)

    @app.errorhandler(HTTPException)
    def framework(error: HTTPException) -> Response:
        status = error.code or 500
        if isinstance(error, RequestEntityTooLarge):
            known: errors.AppError = errors.RequestTooLarge()
        else:
            known = _BY_STATUS.get(status, errors.InvalidRequest if status < 500 else errors.AppError)()
        response = _failure(known, status)
        for name, value in error.get_headers():
            if name in _TOLD:
                response.headers[name] = value
        return response

    @app.errorhandler(ParseException)
    def malformed(error: ParseException) -> Response:
        # The web server reads a body in chunks only while we do: what is wrong with them shows here.
        return _failure(errors.InvalidRequest("The body of the request is not well-formed. Send it again."))

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        # The edge of a request: a defect becomes a 500 with an id that finds it in the log.
        log.error("unexpected_error", exc_info=error)
        metrics.count_error("request")
        return _failure(errors.AppError())


def _failure(error: errors.AppError, status: int | None = None) -> Response:
    if request.path.startswith(failures.PATHS):
        return envelope.refusal(error, failures.of(error, status or error.status), status)
    # What a caller sent may be told back; a refused file's details are the reader's own words, for the log.
    if isinstance(error, errors.InvalidRequest) and error.details:
        return envelope.failure(error, status, details=error.details)
    return envelope.failure(error, status)
