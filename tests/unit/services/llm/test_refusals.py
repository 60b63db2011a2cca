from __future__ import annotations

import email.utils
import time

import pytest

from backend.app.errors import ModelUnavailable
from backend.app.services.llm.refusals import TransientFailure, from_status, reason_in, seconds_of, shorten


@pytest.mark.parametrize(
    ("status", "named"),
    [
        (401, "LIKEOPT_LLM_API_KEY"),
        (403, "LIKEOPT_LLM_MODEL"),
        (404, "LIKEOPT_LLM_BASE_URL"),
        (308, "LIKEOPT_LLM_BASE_URL"),
    ],
)
def test_what_trying_again_does_not_mend_names_the_setting(status: int, named: str) -> None:
    error = from_status(status, "")

    assert isinstance(error, ModelUnavailable)
    assert named in error.message
    assert not error.retryable


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
def test_what_passes_is_transient(status: int) -> None:
    failure = from_status(status, "", "7")

    assert isinstance(failure, TransientFailure)
    assert failure.wait == 7.0
    assert failure.error.retryable


def test_another_refusal_gives_the_servers_reason() -> None:
    assert "context is too long" in str(from_status(400, "context is too long"))


def test_retry_after_is_seconds_or_a_date() -> None:
    assert seconds_of("3") == 3.0
    assert seconds_of("-3") == 0.0
    in_a_minute = seconds_of(email.utils.formatdate(time.time() + 60, usegmt=True))
    assert in_a_minute is not None
    assert 50 < in_a_minute <= 60
    assert seconds_of("soon") is None
    assert seconds_of(None) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error": {"message": "no such model"}}', "no such model"),
        (b'{"error": "no such model"}', "no such model"),
        (b'{"detail": "no such model"}', "no such model"),
        (b'{"message": "no such model"}', "no such model"),
        (b"<html>", ""),
        (b"[1]", ""),
        (b"", ""),
    ],
)
def test_the_servers_reason_is_found_in_any_common_shape(body: bytes, reason: str) -> None:
    assert reason_in(body, "") == reason


def test_a_reason_is_one_bounded_line_without_the_key() -> None:
    reason = shorten("bad\nkey sk-123 " + "x" * 5000, "sk-123")

    assert reason.startswith("bad key *** xxx")
    assert len(reason) == 300
