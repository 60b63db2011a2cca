"""Pages fetched from real servers on this machine, which is opened to them as a network of one's own."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest

from backend.app.errors import AppError, FileTooLarge, WebPageRefused, WebPageUnreachable
from backend.app.services.web.addresses import Gate
from backend.app.services.web.fetching import MAX_REDIRECTS, Fetcher, Head

Reply = tuple[int, dict[str, str], bytes]


class Site:
    """A web server that answers what a test says, and notes what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Reply | Callable[[], Reply]] = {}
        self.asked: list[tuple[str, str]] = []  # host header, path
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.headers["Host"], self.path))
                page = site.pages.get(self.path, (404, {}, b""))
                status, headers, body = page() if callable(page) else page
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def fetcher(site: Site, *, seconds: float = 20, resolve: Callable[[str, int], list[str]] | None = None) -> Fetcher:
    gate = Gate(
        ports=(site.port, 80),
        networks=(ip_network("127.0.0.1/32"),),
        resolve=resolve or (lambda host, port: ["127.0.0.1"] if host.endswith("example") else [host]),
    )
    return Fetcher(gate, max_bytes=100_000, seconds=seconds)


def fetched(fetcher: Fetcher, url: str) -> tuple[Head, bytes]:
    data = bytearray()
    head = fetcher.fetch(url, lambda head: data.extend)
    return head, bytes(data)


def refused(fetcher: Fetcher, url: str) -> AppError:
    with pytest.raises(AppError) as caught:
        fetched(fetcher, url)
    return caught.value


def test_a_page_comes_with_its_type_and_its_server_is_asked_by_name(site: Site) -> None:
    site.pages["/guide?x=1"] = (200, {"Content-Type": 'text/html; Charset="EUC-KR"'}, "<p>안내".encode("cp949"))
    head, data = fetched(fetcher(site), f"http://pages.example:{site.port}/guide?x=1#part")
    assert (head.media_type, head.charset) == ("text/html", "EUC-KR")
    assert data == "<p>안내".encode("cp949")
    assert site.asked == [(f"pages.example:{site.port}", "/guide?x=1")]


def test_redirects_are_followed_and_each_is_checked(site: Site) -> None:
    base = f"http://pages.example:{site.port}"
    site.pages["/old"] = (301, {"Location": "/new"}, b"")
    site.pages["/new"] = (200, {"Content-Type": "text/plain"}, b"here")
    assert fetched(fetcher(site), f"{base}/old")[0].url == f"{base}/new"
    for number, place in enumerate(
        (
            "http://169.254.169.254/latest/meta-data",
            "http://10.0.0.1/",
            "http://[::1]/",
            "file:///etc/passwd",
            "//user@10.0.0.1/",
        )
    ):
        site.pages[f"/{number}"] = (302, {"Location": place}, b"")
        assert isinstance(refused(fetcher(site), f"{base}/{number}"), WebPageRefused), place


def test_redirects_without_an_end_are_given_up(site: Site) -> None:
    site.pages["/again"] = (302, {"Location": "/again"}, b"")
    assert isinstance(refused(fetcher(site), f"http://pages.example:{site.port}/again"), WebPageUnreachable)
    assert len(site.asked) == MAX_REDIRECTS + 1


def test_a_name_that_changes_its_mind_gains_nothing(site: Site) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]])
    site.pages["/"] = (200, {"Content-Type": "text/plain"}, b"checked")
    calls: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        calls.append(host)
        return next(answers)

    assert fetched(fetcher(site, resolve=resolve), f"http://rebound.example:{site.port}/")[1] == b"checked"
    assert calls == ["rebound.example"], "asked once: the connection goes to the address that was checked"


def test_the_next_address_is_tried_where_one_does_not_answer(site: Site) -> None:
    site.pages["/"] = (200, {"Content-Type": "text/plain"}, b"here")
    gate = Gate(
        ports=(site.port,), networks=(ip_network("127.0.0.0/8"),), resolve=lambda *_: ["127.0.0.9", "127.0.0.1"]
    )
    assert fetched(Fetcher(gate, max_bytes=100, seconds=20), f"http://x.example:{site.port}/")[1] == b"here"


def test_a_page_that_is_too_large_is_not_read_to_its_end(site: Site) -> None:
    site.pages["/"] = (200, {"Content-Type": "text/plain"}, b"x" * 100_001)
    site.pages["/bomb"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(50_000_000)))
    for path in ("/", "/bomb"):
        assert isinstance(refused(fetcher(site), f"http://x.example:{site.port}{path}"), FileTooLarge)


def test_a_packed_page_is_unpacked_and_other_packings_are_refused(site: Site) -> None:
    site.pages["/"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"text"))
    site.pages["/br"] = (200, {"Content-Encoding": "br"}, b"text")
    assert fetched(fetcher(site), f"http://x.example:{site.port}/")[1] == b"text"
    assert isinstance(refused(fetcher(site), f"http://x.example:{site.port}/br"), WebPageRefused)


def test_missing_pages_and_answers_cut_short_say_so(site: Site) -> None:
    site.pages["/short"] = (200, {"Content-Length": "1000"}, b"not all")
    assert "404" in refused(fetcher(site), f"http://x.example:{site.port}/none").message
    assert isinstance(refused(fetcher(site), f"http://x.example:{site.port}/short"), WebPageUnreachable)


def test_nobody_at_the_port_says_so(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gate = Gate(ports=(port,), networks=(ip_network("127.0.0.1/32"),), resolve=lambda *_: ["127.0.0.1"])
    with pytest.raises(WebPageUnreachable):
        fetched(Fetcher(gate, max_bytes=100, seconds=5), f"http://x.example:{port}/")


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
def test_a_server_that_falls_silent_is_left(sent: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = threading.Event()

        def trickle() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(sent)
                while not done.wait(0.05):  # never silent for long, and never at an end
                    try:
                        connection.sendall(b"X-Word: x\r\n" if sent and not sent.endswith(b"x") else b"")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle)
        thread.start()
        gate = Gate(ports=(port,), networks=(ip_network("127.0.0.1/32"),), resolve=lambda *_: ["127.0.0.1"])
        try:
            with pytest.raises(WebPageUnreachable):
                fetched(Fetcher(gate, max_bytes=100, seconds=0.5), f"http://x.example:{port}/")
        finally:
            done.set()
            thread.join()
