"""Web pages by their address: fetched for who may write, kept like files, refused where nobody may look."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest

from backend.app.services.ingestion.formats import SUPPORTED_EXTENSIONS, extension_of
from backend.app.services.web.addresses import Gate
from backend.app.services.web.fetching import Fetcher
from backend.app.services.web.pages import WebPages
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World

PAGES = {
    "/guide/등대": ("text/html; charset=euc-kr", "<title>등대 안내</title><h1>등대</h1><p>등대는 밤에만 켜집니다.".encode("cp949")),
    "/notes/tides.md": ("text/plain", b"# Tides\n\nHigh water comes twice a day."),
    "/film": ("video/mp4", b"frames"),
    "/empty": ("text/html", b""),
}  # fmt: skip


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        from urllib.parse import unquote

        kind, body = PAGES.get(unquote(self.path), ("", b""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def address(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A site on this machine, with the server's guard opened to it alone."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    gate = Gate(
        ports=(80, server.server_port),
        networks=(ip_network("127.0.0.1/32"),),
        resolve=lambda host, port: ["127.0.0.1"] if host == "pages.example" else [host],
    )
    pages = WebPages(
        world.services.documents,
        world.services.collections,
        Fetcher(gate, max_bytes=100_000, seconds=20),
        SUPPORTED_EXTENSIONS,
        extension_of,
    )
    monkeypatch.setitem(world.app.extensions, "likeopt", dataclasses.replace(world.services, web_pages=pages))
    yield f"http://pages.example:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_page_becomes_a_document_that_is_found(world: World, ann: Caller, address: str) -> None:
    added = ann.post("/documents", {"url": f"{address}/guide/등대"})
    (document,) = world.index(added)
    assert document["filename"] == "pages.example-guide-등대.html"
    assert document["collection_id"] == ann.collection_id
    found = ann.get(f"/documents/{document['id']}").data
    assert (found["status"], found["title"], found["media_type"]) == ("ready", "등대 안내", "text/html")
    (hit,) = ann.get("/search?q=등대는 언제 켜지나").data
    assert (hit["heading"], "밤에만 켜집니다" in hit["text"]) == ("등대", True)
    again = ann.post("/documents", {"url": f"{address}/guide/등대", "collection_id": ann.collection_id})
    assert (again.data[0]["duplicate"], again.data[0]["document"]["id"]) == (True, document["id"])


def test_a_text_is_what_its_name_says(world: World, ann: Caller, address: str) -> None:
    (document,) = world.index(ann.post("/documents", {"url": f"{address}/notes/tides.md"}))
    assert (document["filename"], document["media_type"]) == ("pages.example-notes-tides.md", "text/markdown")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("{}/none", (422, "WEB_PAGE_UNREACHABLE")),
        ("{}/film", (415, "UNSUPPORTED_TYPE")),
        ("{}/empty", (422, "EMPTY_FILE")),
        ("http://10.0.0.1/", (422, "WEB_PAGE_REFUSED")),
        ("http://169.254.169.254/latest/meta-data/", (422, "WEB_PAGE_REFUSED")),
        ("file:///etc/passwd", (422, "WEB_PAGE_REFUSED")),
        ("", (400, "INVALID_REQUEST")),
        ("x" * 5000, (400, "INVALID_REQUEST")),
    ],
)
def test_what_cannot_be_fetched_says_why_and_leaves_nothing(
    world: World, anyone: Caller, address: str, url: str, error: tuple[int, str]
) -> None:
    with world.nothing_left():
        assert anyone.post("/documents", {"url": url.format(address)}).error == error


def test_nothing_is_fetched_for_whoever_may_not_write_there(
    world: World, ann: Caller, ben: Caller, nobody: Caller, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(Fetcher, "fetch", never)
    ann.call("PUT", f"/collections/{ann.collection_id}/members", json={"email": ben.user["email"], "access": "reader"})
    body = {"url": f"{address}/guide/등대", "collection_id": ann.collection_id}
    assert ben.post("/documents", body).error == (403, "FORBIDDEN")
    assert ben.post("/documents", {**body, "collection_id": "unknown"}).error == (404, "COLLECTION_NOT_FOUND")
    assert nobody.post("/documents", body).error == (401, "NOT_SIGNED_IN")


def test_the_guard_of_a_server_as_it_is_set_up_refuses_this_machine(world: World, anyone: Caller) -> None:
    assert anyone.get("/about").data["web_pages"] is True
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert anyone.post("/documents", {"url": f"http://{host}/"}).error == (422, "WEB_PAGE_REFUSED")


def test_fetching_can_be_switched_off(
    world: World, anyone: Caller, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = world.services
    off = WebPages(every.documents, every.collections, None, SUPPORTED_EXTENSIONS, extension_of)
    monkeypatch.setitem(world.app.extensions, "likeopt", dataclasses.replace(every, web_pages=off))
    assert anyone.get("/about").data["web_pages"] is False
    assert anyone.post("/documents", {"url": f"{address}/guide/등대"}).error == (422, "WEB_PAGE_REFUSED")
