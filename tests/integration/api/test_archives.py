"""ZIP files of documents: each member a document of its own, and nothing written where it should not be."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.api.calls import Caller
from tests.integration.api.conftest import MAX_UPLOAD, World

DOCUMENTS = Path(__file__).parents[2] / "fixtures" / "documents"


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return entry, target.encode()


def taken_in(world: World, owner: Caller, data: bytes, name: str = "papers.zip") -> dict[str, Any]:
    """Upload an archive and work off all that comes of it; return the archive's document."""
    (document,) = world.index(owner.upload((name, data)))
    while pending := world.indexing.pending():
        for job_id in pending:
            world.indexing.process(job_id)
    found: dict[str, Any] = owner.get(f"/documents/{document['id']}").data
    return found


def text(owner: Caller, document: dict[str, Any]) -> str:
    return owner.get(f"/documents/{document['id']}/content?format=text").body.decode()


def test_members_become_documents_and_the_archive_lists_what_became_of_each(world: World, ann: Caller) -> None:
    ann.upload(("known.txt", b"known already"))
    archive = taken_in(
        world,
        ann,
        zipped(
            ("ferry/plan.md", b"# Ferry\n\nThe ferry leaves at seven."),
            ("회의/회의록.txt", "다음 모임은 목요일입니다.".encode("cp949")),
            ("report.hwpx", (DOCUMENTS / "report.hwpx").read_bytes()),
            ("copy.txt", b"known already"),
            ("setup.exe", b"MZ\x90"),
            ("inner.zip", zipped(("deep.txt", b"deep"))),
            ("empty.txt", b""),
            ("fake.pdf", b"no pdf"),
            ("__MACOSX/._plan.md", b"x"),
            (".DS_Store", b"x"),
        ),
    )
    listed = ann.get("/documents").data
    assert {item["filename"]: item["status"] for item in listed} == {
        "known.txt": "ready", "papers.zip": "ready", "plan.md": "ready", "회의록.txt": "ready", "report.hwpx": "ready",
    }  # fmt: skip
    said = text(ann, archive)
    assert "documents of their own (3):\n- ferry/plan.md\n- 회의/회의록.txt\n- report.hwpx" in said
    assert "already (1):\n- copy.txt" in said
    assert "Not taken (4)" in said
    for name, reason in {
        "setup.exe": "not supported", "inner.zip": "archive itself", "empty.txt": "it is empty", "fake.pdf": "is called .pdf",
    }.items():  # fmt: skip
        assert any(line.startswith(f"- {name}: ") and reason in line for line in said.split("\n")), name
    assert "MACOSX" not in said
    assert ann.get("/search?q=모임은 언제").data[0]["text"] == "다음 모임은 목요일입니다."


def test_links_and_names_that_lead_outside_write_nothing(world: World, ann: Caller, tmp_path: Path) -> None:
    before = {path for path in world.settings.data_dir.parent.rglob("*") if "escaped" in path.name}
    archive = taken_in(
        world,
        ann,
        zipped(
            ("good.txt", b"good"),
            ("../../escaped.txt", b"out"),
            ("/tmp/escaped.txt", b"out"),
            ("C:\\escaped.txt", b"out"),
            ("a/../../../escaped.md", b"out"),
            link("passwd.txt", "/etc/passwd"),
            ("passwd.txt/inside.txt", b"through the link"),
        ),
    )
    assert {item["filename"] for item in ann.get("/documents").data} == {"papers.zip", "good.txt", "inside.txt"}
    said = text(ann, archive)
    assert said.count("leads out of the archive") == 4
    assert "passwd.txt: it is a link" in said
    assert {path for path in world.settings.data_dir.parent.rglob("*") if "escaped" in path.name} == before
    assert not Path("/tmp/escaped.txt").exists()
    assert not list((world.settings.run_dir / "extract").iterdir()), "nothing stays behind"


def test_names_in_cp949_are_read_and_equal_ones_told_apart(world: World, ann: Caller) -> None:
    data = zipped(("A1/report.txt", b"first"), ("A2/report.txt", b"second"), ("XXXX.txt", b"third"))
    data = data.replace(b"XXXX.txt", "한글".encode("cp949") + b".txt")
    taken_in(world, ann, data)
    assert {item["filename"] for item in ann.get("/documents").data} == {
        "papers.zip", "A1-report.txt", "A2-report.txt", "한글.txt",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: zipped(("a.txt", bytes(60_000_000))), "NOTHING_IN_ARCHIVE", "larger than one file"),
        (lambda: zipped(("setup.exe", b"x"), ("b.bin", b"y")), "NOTHING_IN_ARCHIVE", "setup.exe"),
        (lambda: zipped(), "NOTHING_IN_ARCHIVE", "empty"),
        (lambda: zipped(("inner.zip", zipped(("x.txt", b"x")))), "NOTHING_IN_ARCHIVE", "archive itself"),
        (lambda: zipped(("a.txt", b"text" * 100))[:90], "BROKEN_FILE", "damaged"),
    ],
    ids=["bomb", "nothing readable", "empty", "nested", "cut"],
)
def test_an_archive_of_which_nothing_can_be_taken_says_why(
    world: World, ann: Caller, make: Callable[[], bytes], error: str, words: str
) -> None:
    archive = taken_in(world, ann, make())
    assert (archive["status"], archive["error"]["error_code"]) == ("failed", error)
    assert words in archive["error"]["message"]
    assert len(ann.get("/documents").data) == 1


def test_an_archive_tried_again_takes_in_what_is_missing_alone(world: World, ann: Caller) -> None:
    data = zipped(("a.txt", b"first"), ("b.txt", b"second"))
    archive = taken_in(world, ann, data)
    gone = next(item for item in ann.get("/documents").data if item["filename"] == "a.txt")
    ann.call("DELETE", f"/documents/{gone['id']}")
    ann.call("DELETE", f"/documents/{archive['id']}")
    again = taken_in(world, ann, data)
    said = text(ann, again)
    assert "own (1):\n- a.txt" in said
    assert "already (1):\n- b.txt" in said


def test_a_member_may_not_be_larger_than_an_upload(world: World, ann: Caller) -> None:
    archive = taken_in(world, ann, zipped(("fits.txt", b"fits"), ("more.txt", b"a b " * (MAX_UPLOAD // 4) + b"!")))
    assert "more.txt: it is larger than one file may be" in text(ann, archive)
    assert {item["filename"] for item in ann.get("/documents").data} == {"papers.zip", "fits.txt"}
