from __future__ import annotations

import pytest

from backend.app.processes.access_log import without_tokens


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("GET /invite/s3cret-Token_1 HTTP/1.1", "GET /invite/*** HTTP/1.1"),
        ("GET /api/v1/invitations/s3cret?x=1 HTTP/1.1", "GET /api/v1/invitations/***?x=1 HTTP/1.1"),
        ("GET /api/v1/auth/reset/s3cret HTTP/1.1", "GET /api/v1/auth/reset/*** HTTP/1.1"),
        ("https://docs.example.com/reset/s3cret", "https://docs.example.com/reset/***"),
        ("POST /api/v1/invitations HTTP/1.1", "POST /api/v1/invitations HTTP/1.1"),
        ("GET /documents/invite HTTP/1.1", "GET /documents/invite HTTP/1.1"),
        (200, 200),
    ],
)
def test_tokens_of_links_are_not_logged(line: object, kept: object) -> None:
    assert without_tokens(line) == kept
