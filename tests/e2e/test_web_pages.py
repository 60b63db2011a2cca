"""Adding a web page by its address, from a site that the server's settings open to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.e2e.window import Window
from tests.services.client import Client
from tests.services.likeopt import Server, likeopt_server

Open = Callable[..., Window]
PAGE = b"<title>Tide tables</title><h1>Tides</h1><p>High water comes twice a day at Marten Point."


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, address: str) -> Iterator[Server]:
    with likeopt_server(
        tmp_path_factory.mktemp("site"),
        LIKEOPT_OPEN_REGISTRATION="true",
        LIKEOPT_WEB_PRIVATE_NETWORKS="127.0.0.1/32",
        LIKEOPT_WEB_PORTS=f"80,{address.partition(':')[2]}",
    ) as server:
        client = Client(server.url)
        client.register()
        client.close()
        yield server


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_page_is_added_by_its_address_and_a_private_one_is_refused(
    open_window: Open, address: str, language: str
) -> None:
    window = open_window(language=language)
    window.register()
    window.expect_console("422")
    page = window.page
    page.goto("/documents")
    field = page.get_by_role("textbox", name=window.t("web_page.label"))
    field.fill("http://10.0.0.1/admin")
    window.button("web_page.add").click()
    expect(page.get_by_role("alert")).to_contain_text(window.t("error.WEB_PAGE_REFUSED"))
    expect(field).to_have_value("http://10.0.0.1/admin")
    field.fill(f"http://{address}/tides")
    field.press("Enter")
    expect(window.row("Tide tables")).to_have_attribute("data-status", "ready", timeout=60_000)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(field).to_have_value("")
    field.fill(f"http://{address}/tides")
    field.press("Enter")
    expect(page.get_by_text(window.t("web_page.duplicate", title="Tide tables"))).to_be_visible()
    assert list(window.states()) == ["127.0.0.1-tides.html"]
