"""Gunicorn's gevent worker, with three differences.

Its own refusals have the API's envelope too. What gunicorn cannot parse never reaches the
application: an address or a header that is too long, a request that is none. Its answer would be
a page of HTML.

And it tells streams when they have to end. Gunicorn's own would kill them in the middle, and the
master often kills the worker before that.

And it waits for nobody for ever: see ``slow_clients``.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from gunicorn.workers.base_async import AsyncWorker
from gunicorn.workers.ggevent import GeventWorker

from backend.app.processes.departure import MUST_END, Departure
from backend.app.processes.slow_clients import DueBody, Patience

_REFUSALS = {
    400: ("INVALID_REQUEST", "Invalid request", "The request is not valid HTTP. Check the program that sent it."),
    403: ("FORBIDDEN", "Not allowed", "The request came by a way that this server does not accept."),
    414: ("ADDRESS_TOO_LONG", "Address too long", "The address is too long. Shorten the query, or raise LIKEOPT_LIMIT_REQUEST_LINE."),
    417: ("EXPECTATION_FAILED", "Expectation failed", "Send the request without the Expect header."),
    431: ("HEADERS_TOO_LARGE", "Headers too large", "The request's headers are too large. Delete this site's cookies and try again."),
    500: ("INTERNAL_ERROR", "Internal error", "Something went wrong on the server. Try again; if it stays, tell the administrator the request id."),
    501: ("INVALID_REQUEST", "Invalid request", "This server does not know the request's transfer coding."),
}  # fmt: skip


# What the application's own answers carry (middleware/security_headers.py), for an answer that shows nothing.
_HEADERS = "".join(
    f"{name}: {value}\r\n"
    for name, value in (
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
    )
)


class WebWorker(GeventWorker):  # type: ignore[misc]  # gunicorn ships no types
    departure: Departure
    patience: Patience  # gunicorn_config.py gives it
    wsgi: Any

    def init_process(self) -> None:
        self.departure = Departure(self.cfg.graceful_timeout)
        # This process's copy: the master, which kills what is left, keeps the whole time.
        self.cfg.set("graceful_timeout", int(self.departure.worker_seconds))
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        application, must_end = self.wsgi, self.departure.must_end

        def told(environ: dict[str, Any], start_response: Any) -> Any:
            environ[MUST_END] = must_end
            return application(environ, start_response)

        self.wsgi = told

    def notify(self) -> None:
        """Give the sign of life that is due once a second, also while answers are being finished."""
        if not self.alive:  # told to stop, or after max_requests
            self.departure.begin()
        super().notify()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        self.patience.bound_sending(client)
        AsyncWorker.handle(self, listener, client, addr)  # gevent's own would make the client wait for ever again

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        req.body = DueBody(req.body, self.patience)
        try:
            answered = super().handle_request(listener_name, req, sock, addr)
        except TimeoutError:
            self.log.info("A reader took nothing for %s s.", self.patience.send_seconds)
            raise StopIteration from None
        if req.body.failed or self.departure.must_end():
            raise StopIteration  # gunicorn's sign for closing a connection, which would be kept for a next request
        return answered

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        recorder = _Recorder(client)
        super().handle_error(req, recorder, addr, exc)  # it logs, and chooses the status
        answer = _answer(recorder.data)
        try:
            client.settimeout(1.0)
            client.sendall(answer)
        except OSError:
            self.log.debug("Failed to send error message.")


class _Recorder:
    """Takes what is sent, and is the socket in all else."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.data = b""

    def sendall(self, data: bytes) -> None:
        self.data += data

    def setblocking(self, flag: bool) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def _answer(html: bytes) -> bytes:
    """Return the whole HTTP answer with the status of gunicorn's own."""
    status_line = html.partition(b"\r\n")[0]
    words = status_line.split(b" ", 2)
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 500
    error_code, error, message = _REFUSALS.get(status, _REFUSALS[500])
    request_id = secrets.token_hex(8)
    envelope = {
        "success": False,
        "message": message,
        "error": error,
        "error_code": error_code,
        "request_id": request_id,
    }
    body = json.dumps(envelope).encode()
    head = (
        f"HTTP/1.1 {status} {error}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"X-Request-ID: {request_id}\r\n{_HEADERS}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
