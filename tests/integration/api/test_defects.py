"""A defect is one 500 with an id that finds it in the log, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from backend.app.domain.chat import MetaEvent, TokenEvent
from backend.app.services.chat import ChatService
from backend.app.services.documents import DocumentService
from backend.app.storage.files import DiskFiles
from backend.app.storage.repositories.documents import SqlDocuments
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World

SECRET = "what nobody is to read"


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError(SECRET)


def test_a_defect_is_a_500_in_the_envelope_and_in_the_log(
    world: World, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = world.app.extensions["likeopt"].metrics
    errors: list[str] = []
    monkeypatch.setattr(counted, "count_error", errors.append)
    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(DocumentService, "page", broken)
        answer = ann.get("/documents", headers={"X-Request-ID": "my-request-1"})
    assert answer.error == (500, "INTERNAL_ERROR")
    assert SECRET not in answer.body.decode()
    assert answer.json["request_id"] == "my-request-1"
    assert "request id" in answer.json["message"]
    (entry,) = [entry for entry in logs if entry["event"] == "unexpected_error"]
    assert isinstance(entry["exc_info"], RuntimeError)
    assert errors == ["request"]
    assert ann.get("/documents").status == 200, "the next request works"


@pytest.mark.parametrize(
    ("part", "step"), [(DocumentService, "receive_all"), (DiskFiles, "keep"), (SqlDocuments, "add")]
)
def test_a_defect_while_files_arrive_leaves_nothing(
    part: type, step: str, world: World, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, step, broken)
    with world.nothing_left():
        assert ann.upload(("a.txt", b"a"), ("b.txt", b"b")).error == (500, "INTERNAL_ERROR")


def test_a_defect_in_the_middle_of_an_answer_ends_it_by_one_error(ann: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: Any) -> Iterator[Any]:
        yield MetaEvent("c", "m", "model")
        yield TokenEvent("half an ans")
        broken()

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(ChatService, "ask", ask)
        events = ann.ask("Anything?")
    assert [name for name, _ in events] == ["meta", "token", "error"]
    assert events[-1][1]["error_code"] == "INTERNAL_ERROR"
    assert SECRET not in str(events)
    assert [entry["event"] for entry in logs] == ["request", "unexpected_error"]
    assert ann.ask("Anything?")[-1][0] == "done"


def test_a_defect_before_the_stream_is_an_ordinary_500(ann: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChatService, "ask", broken)
    assert ann.post("/chat", {"message": "Anything?"}).error == (500, "INTERNAL_ERROR")


def test_a_request_in_work_is_counted_until_it_ends_whatever_happens(
    world: World, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(DocumentService, "page", broken)
        for path in ("/documents", "/nothing", "/auth/login"):
            ann.get(path)
    text = ann.get("/metrics").body.decode()
    assert "http_active_connections 1.0" in text
