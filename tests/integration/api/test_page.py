"""The built page: what is named by its content for ever, the rest always asked for."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.app.api.errors import init_errors
from backend.app.api.page import Page
from backend.app.monitoring.null import NullMetrics
from backend.app.wiring import page_folder
from tests.integration.api.calls import Caller


@pytest.fixture(scope="module")
def built() -> Path:
    folder = page_folder()
    assert (folder / "index.html").is_file(), "the page has not been built: make page"
    return folder


@pytest.fixture(scope="module")
def script(built: Path) -> str:
    (name,) = [path.name for path in built.glob("main.*.js")]
    return name


@pytest.mark.parametrize("path", ["/", "/chat/x", "/documents", "/a/b/c", "/chat/한글", "/apiary", "/login?next=%2F"])
def test_the_page_is_at_every_address_of_its_own(built: Path, nobody: Caller, path: str) -> None:
    answer = nobody.whole("GET", path)
    assert (answer.status, answer.body) == (200, (built / "index.html").read_bytes())
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.cookie() is None


def test_an_unchanged_page_is_a_304(nobody: Caller) -> None:
    for encoding in ("", "gzip", "br"):
        headers = {"Accept-Encoding": encoding}
        first = nobody.whole("GET", "/", headers=headers)
        again = nobody.whole("GET", "/", headers={**headers, "If-None-Match": first.headers["ETag"]})
        assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", None),
        ("identity", None),
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("deflate, zstd", None),
        ("nonsense;q=x", None),
    ],
)
def test_a_script_comes_as_it_was_compressed_beforehand(
    built: Path, script: str, nobody: Caller, accepted: str, encoding: str | None
) -> None:
    answer = nobody.whole("GET", f"/static/{script}", headers={"Accept-Encoding": accepted})
    assert answer.status == 200
    assert answer.headers.get("Content-Encoding") == encoding
    unpacked = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding](answer.body)
    assert unpacked == (built / script).read_bytes()
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_each_encoding_has_an_etag_of_its_own(script: str, nobody: Caller) -> None:
    etags = {
        nobody.whole("GET", f"/static/{script}", headers={"Accept-Encoding": encoding}).headers["ETag"]
        for encoding in ("", "gzip", "br")
    }
    assert len(etags) == 3


def test_every_file_that_the_page_names_is_there(built: Path, nobody: Caller) -> None:
    named = re.findall(r'(?:src|href)="(/[^"]+)"', (built / "index.html").read_text("utf-8"))
    assert named
    for path in named:
        assert nobody.whole("GET", path).status == 200


def test_everything_that_was_built_is_served_with_its_type(built: Path, nobody: Caller) -> None:
    types = {
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".css": "text/css",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
        ".png": "image/png",
    }
    for path in built.rglob("*"):
        if path.is_dir() or path.suffix in (".br", ".gz", ".map") or path.name in ("index.html", "sw.js"):
            continue
        answer = nobody.whole("HEAD", f"/static/{path.relative_to(built).as_posix()}")
        assert answer.status == 200, path
        assert answer.body == b""
        assert answer.headers["Content-Type"].split(";")[0] == types.get(path.suffix, answer.headers["Content-Type"])


@pytest.mark.parametrize(
    "path",
    [
        "/static/nothing.js",
        "/static/index.html",
        "/static/sw.js",
        "/sw.js.br",
        "/static/",
        "/static",
        "/static/../index.html",
        "/static/../../pyproject.toml",
        "/static/..%2f..%2fpyproject.toml",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/..\\..\\pyproject.toml",
        "/static/main.js%00.css",
        "/favicon.ico",
        "/robots.txt",
        "/.env",
        "/../pyproject.toml",
        "/index.html.br",
        "//evil.example/%2f..",
        "/%2f%2fevil.example",
    ],
)
def test_what_was_not_built_is_not_there(nobody: Caller, path: str) -> None:
    answer = nobody.whole("GET", "/", environ_overrides={"PATH_INFO": decoded(path)})
    assert answer.error == (404, "NOT_FOUND")
    assert "Location" not in answer.headers


def decoded(path: str) -> str:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(path).decode("latin-1")


def test_a_compressed_twin_has_no_address(built: Path, script: str, nobody: Caller) -> None:
    for suffix in (".br", ".gz"):
        assert (built / f"{script}{suffix}").is_file()
        assert nobody.whole("GET", f"/static/{script}{suffix}").error == (404, "NOT_FOUND")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_page_is_only_read(nobody: Caller, method: str) -> None:
    for path in ("/", "/chat/x"):
        answer = nobody.whole(method, path)
        assert answer.error == (405, "METHOD_NOT_ALLOWED")
        assert "GET" in answer.headers["Allow"]


def test_head_has_the_headers_and_no_body(nobody: Caller) -> None:
    whole, head = nobody.whole("GET", "/"), nobody.whole("HEAD", "/")
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", whole.headers["ETag"])
    assert head.headers["Content-Length"] == str(len(whole.body))


def test_the_service_worker_sees_the_whole_site_and_is_always_asked_for(built: Path, nobody: Caller) -> None:
    answer = nobody.whole("GET", "/sw.js")
    assert (answer.status, answer.body) == (200, (built / "sw.js").read_bytes())
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    again = nobody.whole("GET", "/sw.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304


def test_the_service_worker_keeps_files_that_are_there_and_no_large_ones(built: Path, nobody: Caller) -> None:
    kept = set(re.findall(r'url:"(/[^"]*)"', (built / "sw.js").read_text("utf-8")))
    assert "/" in kept
    assert any(path.startswith("/static/chat.") for path in kept)
    assert not any("pdf" in path or "highlight" in path for path in kept)
    assert sum(len(nobody.whole("GET", path, headers={"Accept-Encoding": "br"}).body) for path in kept) < 200_000
    assert {nobody.whole("GET", path).status for path in kept} == {200}


@pytest.fixture
def served(tmp_path: Path) -> FlaskClient:
    """A server of the page that is built into the test's own folder."""
    app = Flask(__name__, static_folder=None)
    init_errors(app, NullMetrics())
    app.register_blueprint(Page(tmp_path / "dist").blueprint())
    return app.test_client()


def test_a_page_that_was_not_built_says_how_to(served: FlaskClient) -> None:
    answer = served.get("/")
    assert answer.status_code == 503
    assert "make page" in answer.get_json()["message"]
    assert served.get("/sw.js").status_code == 404


def test_a_page_that_is_built_anew_is_served_at_once(served: FlaskClient, tmp_path: Path) -> None:
    folder = tmp_path / "dist"
    folder.mkdir()
    for version in ("a" * 16, "b" * 16):
        (folder / "index.html").write_text(f"page of {version}")
        (folder / f"main.{version}.js").write_text(version)
        assert text(served, "/") == f"page of {version}"
        assert text(served, f"/static/main.{version}.js") == version
    (folder / f"main.{'a' * 16}.js").unlink()
    assert served.get(f"/static/main.{'a' * 16}.js").status_code == 404


def text(served: FlaskClient, path: str) -> str:
    with served.get(path) as answer:
        assert answer.status_code == 200
        return answer.text
