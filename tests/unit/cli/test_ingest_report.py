from __future__ import annotations

from pathlib import Path

from backend.app.cli.ingest_report import Item, Report
from backend.app.domain.documents import DocumentStatus, Problem
from tests.fakes.things import document


class Lines:
    def __init__(self) -> None:
        self.out: list[str] = []
        self.err: list[str] = []
        self.shown: list[tuple[float, float, str]] = []

    def show(self, done: float, total: float, text: str) -> None:
        self.shown.append((done, total, text))

    def say(self, line: str, *, err: bool = False) -> None:
        (self.err if err else self.out).append(line)


def ready(document_id: str = "d1", passages: int = 2) -> object:
    return document(document_id, status=DocumentStatus.READY, passages=passages, title="Title")


def test_every_file_is_told_as_it_ends_and_counted() -> None:
    lines = Lines()
    report = Report(lines)
    report.add(Item(Path("new.txt"), document("d1")))
    report.add(Item(Path("again.txt"), ready("d2"), duplicate=True))  # type: ignore[arg-type]
    report.add(Item(Path("bad.png"), problem=Problem("UNSUPPORTED_TYPE", "Not supported.")))
    assert lines.out == ["duplicate  again.txt (already there)"]
    assert lines.err == ["failed     bad.png: Not supported."]
    report.update(document("d1", status=DocumentStatus.EXTRACTING))
    assert list(report.open) == ["d1"]
    report.update(ready(passages=1))  # type: ignore[arg-type]
    assert not report.open
    assert lines.out[1:] == ["ready      new.txt (1 passage)"]
    assert report.summary("Documents") == "1 indexed, 1 already there, 1 failed in “Documents”."
    assert {name: report.count(name) for name in ("ready", "duplicate", "failed")} == {
        "ready": 1,
        "duplicate": 1,
        "failed": 1,
    }


def test_a_failed_document_gives_its_own_reason() -> None:
    lines = Lines()
    report = Report(lines)
    report.add(Item(Path("scan.pdf"), document("d1")))
    report.update(document("d1", status=DocumentStatus.FAILED, error=Problem("NO_TEXT_LAYER", "It is a scan.")))
    assert lines.err == ["failed     scan.pdf: It is a scan."]
    assert report.as_json() == {
        "files": [
            {
                "path": "scan.pdf",
                "outcome": "failed",
                "document_id": "d1",
                "title": "D1",
                "passages": 0,
                "error": {"error_code": "NO_TEXT_LAYER", "message": "It is a scan."},
            }
        ],
        "ready": 0,
        "duplicate": 0,
        "failed": 1,
    }


def test_a_cancelled_document_and_one_that_is_still_queued_are_failures() -> None:
    lines = Lines()
    report = Report(lines)
    report.add(Item(Path("a.txt"), document("d1")))
    report.add(Item(Path("b.txt"), document("d2")))
    report.update(document("d1", status=DocumentStatus.CANCELLED))
    report.end(report.open["d2"], Problem("STILL_QUEUED", "It stays queued."))
    assert lines.err == ["failed     a.txt: Its indexing was cancelled.", "failed     b.txt: It stays queued."]
    assert report.count("failed") == 2


def test_somebody_elses_document_is_no_news() -> None:
    report = Report(Lines())
    report.update(document("other", status=DocumentStatus.READY))
    assert report.ended == []


def test_progress_counts_the_part_of_the_one_in_work() -> None:
    lines = Lines()
    report = Report(lines)
    item = Item(Path("folder/a.txt"), document("d1"))
    report.add(item)
    report.add(Item(Path("b.txt"), ready("d2")))  # type: ignore[arg-type]
    report.show(item, 0.25)
    assert lines.shown == [(1.25, 2, "a.txt")]


def test_names_that_are_no_text_are_shown_all_the_same() -> None:
    lines = Lines()
    Report(lines).add(Item(Path("bad\udcff.txt"), problem=Problem("X", "No.")))
    assert lines.err == ["failed     bad\ufffd.txt: No."]


def test_nothing_found_is_said() -> None:
    assert Report(Lines()).summary("Documents") == "No file of a supported kind was found."
