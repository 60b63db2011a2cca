"""What went wrong with a model's server, in sentences that say what to do about it."""

from __future__ import annotations

import email.utils
import time

import msgspec

from backend.app.errors import ModelUnavailable

_REASON_CHARS = 300
_CHECKS = {
    401: "The model's server refused the key. Check LIKEOPT_LLM_API_KEY.",
    403: "The model's server does not let this key use the model. Check LIKEOPT_LLM_API_KEY and LIKEOPT_LLM_MODEL.",
    404: "The model's server does not know this address or model. Check LIKEOPT_LLM_BASE_URL (it usually ends in /v1) and LIKEOPT_LLM_MODEL.",
    413: "The question with its passages is too long for the model's server. Lower LIKEOPT_LLM_CONTEXT_TOKENS.",
    429: "The model's server is busy, or its quota is used up. Try again in a moment.",
}


class TransientFailure(Exception):
    """A failure that a new attempt may mend, if nothing of the answer was shown yet.

    ``error`` is what people are told when no attempt is left; ``wait`` is what the server asks
    for, in seconds.
    """

    def __init__(self, error: ModelUnavailable, wait: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait


def lasting(message: str) -> ModelUnavailable:
    """Return an error that trying again will not mend."""
    error = ModelUnavailable(message)
    error.retryable = False
    return error


def from_status(status: int, reason: str, retry_after: str | None = None) -> ModelUnavailable | TransientFailure:
    """Translate an HTTP status, or the code of an error inside a stream."""
    if status == 429:
        return TransientFailure(ModelUnavailable(_CHECKS[429]), seconds_of(retry_after))
    if status >= 500:
        message = f"The model's server failed (status {status}). Try again in a moment."
        return TransientFailure(ModelUnavailable(message), seconds_of(retry_after))
    if status in _CHECKS:
        return lasting(_CHECKS[status])
    if 300 <= status < 400:
        return lasting("The model's address redirects elsewhere. Set LIKEOPT_LLM_BASE_URL to the final address.")
    because = f": {reason}" if reason else "."
    return lasting(f"The model's server refused the request (status {status}){because}")


def reason_in(body: bytes, secret: str) -> str:
    """Return the server's own words out of an error's body, shortened, ``secret`` blotted out."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return ""
    for key in ("error", "message", "detail"):
        if isinstance(found, dict):
            found = found.get(key, found)
    return shorten(found, secret) if isinstance(found, str) else ""


def shorten(reason: str, secret: str) -> str:
    """Make a server's words fit for people and logs: one line, bounded, without the key."""
    if secret:
        reason = reason.replace(secret, "***")
    return " ".join(reason[: _REASON_CHARS * 4].split())[:_REASON_CHARS]


def seconds_of(retry_after: str | None) -> float | None:
    """Read a ``Retry-After`` header: seconds or a date."""
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
