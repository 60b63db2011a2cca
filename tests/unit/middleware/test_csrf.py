"""Which requests come from another site."""

from __future__ import annotations

import pytest
from flask import Flask

from backend.app.errors import CrossSiteRequest
from backend.app.middleware.csrf import init_csrf


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    init_csrf(app)
    app.route("/", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])(lambda: "done")
    app.testing = True  # lets the refusal through
    return app


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("like.opt:5000", {"Origin": "http://like.opt:5000"}),
        ("like.opt", {"Origin": "https://like.opt"}),
        ("[::1]:5000", {"Origin": "http://[::1]:5000"}),
        ("like.opt", {}),
        ("like.opt", {"Sec-Fetch-Site": "none", "Origin": "null"}),
    ],
)
def test_our_own_page_and_programs_are_let_in(app: Flask, method: str, host: str, headers: dict[str, str]) -> None:
    answer = app.test_client().open("/", method=method, headers={**headers, "Host": host})
    assert answer.get_data() == b"done"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://like.opt"},
        {"Origin": "http://like.opt:5001"},
        {"Origin": "http://like.opt:5000.evil.example"},
        {"Origin": "http://ann@like.opt:5000"},
        {"Origin": "like.opt:5000"},
        {"Origin": "http://[like.opt:5000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "Same-Origin"},
    ],
)
def test_other_sites_are_refused(app: Flask, method: str, headers: dict[str, str]) -> None:
    with pytest.raises(CrossSiteRequest):
        app.test_client().open("/", method=method, headers={**headers, "Host": "like.opt:5000"})
    assert app.test_client().get("/", headers=headers).get_data() == b"done", "reading is not refused"
