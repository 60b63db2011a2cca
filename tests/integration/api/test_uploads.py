"""Files in: several at once, refused ones, and nothing left of what was not taken in."""

from __future__ import annotations

import errno
import io
import unicodedata
from typing import Any

import pytest

from backend.app.errors import StorageFull
from backend.app.storage.files import DiskFiles, DiskIncomingFile
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import MAX_UPLOAD, World


def multipart(caller: Caller, body: bytes, content_type: str = "multipart/form-data; boundary=XX") -> Any:
    return caller.call("POST", "/documents", data=body, content_type=content_type)


def part(disposition: str, content: bytes = b"The ferry leaves at seven.") -> bytes:
    head = f'--XX\r\nContent-Disposition: form-data; name="files"; {disposition}\r\n\r\n'
    return head.encode() + content + b"\r\n--XX--\r\n"


def test_good_refused_and_known_files_of_one_request_are_told_apart(world: World, ann: Caller) -> None:
    known = ann.upload(("known.txt", b"known already")).data[0]["document"]
    answer = ann.upload(
        ("good.txt", b"good"),
        ("empty.txt", b""),
        ("picture.png", b"\x89PNG\r\n"),
        ("again.txt", b"known already"),
        ("large.txt", b"x" * (MAX_UPLOAD + 1)),
        ("fake.pdf", b"no pdf at all"),
    )
    assert answer.status == 202
    good, empty, picture, again, large, fake = answer.data
    for item in answer.data:
        assert set(item) == {"document", "job", "duplicate", "error"}
    assert (good["document"]["filename"], good["duplicate"], good["error"]) == ("good.txt", False, None)
    assert good["job"]["document_id"] == good["document"]["id"]
    assert set(good["job"]) == {
        "id", "document_id", "status", "progress", "error", "attempts", "created_at", "finished_at",
        "bytes", "pages", "passages", "left",
    }  # fmt: skip
    assert (again["document"]["id"], again["job"], again["duplicate"]) == (known["id"], None, True)
    assert [(item["error"]["error_code"], item["error"]["filename"]) for item in (empty, picture, large, fake)] == [
        ("EMPTY_FILE", "empty.txt"),
        ("UNSUPPORTED_TYPE", "picture.png"),
        ("FILE_TOO_LARGE", "large.txt"),
        ("BROKEN_FILE", "fake.pdf"),
    ]
    for item in (empty, picture, large, fake):
        assert (item["document"], item["job"]) == (None, None)
        assert item["error"]["message"].endswith(".")
    assert len(ann.get("/documents").data) == 2
    assert list((world.settings.files_dir / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.txt", b"", (422, "EMPTY_FILE")),
        ("picture.png", b"\x89PNG", (415, "UNSUPPORTED_TYPE")),
        ("no extension", b"text", (415, "UNSUPPORTED_TYPE")),
        ("program.txt", b"MZ\x90\x00", (422, "BROKEN_FILE")),
        ("large.txt", b"x" * (MAX_UPLOAD + 1), (413, "FILE_TOO_LARGE")),
        ("larger.txt", b"x" * (5 * MAX_UPLOAD), (413, "FILE_TOO_LARGE")),
    ],
)
def test_when_every_file_is_refused_the_answer_is_the_first_ones_error(
    world: World, anyone: Caller, name: str, content: bytes, expected: tuple[int, str]
) -> None:
    with world.nothing_left():
        answer = anyone.upload((name, content), ("other.exe", b"MZ"))
    assert answer.error == expected
    files = answer.json["details"]["files"]
    assert [(item["error_code"], item["filename"]) for item in files] == [
        (expected[1], name),
        ("UNSUPPORTED_TYPE", "other.exe"),
    ]
    assert answer.json["message"] == files[0]["message"]


def test_a_request_of_more_than_the_whole_limit_is_refused(world: World, anyone: Caller) -> None:
    with world.nothing_left():
        answer = anyone.upload(*((f"{n}.txt", b"x" * MAX_UPLOAD) for n in range(10)))
    assert answer.error == (413, "REQUEST_TOO_LARGE")
    assert "fewer at a time" in answer.json["message"]


def test_the_largest_file_is_taken(ann: Caller) -> None:
    assert ann.upload(("largest.txt", b"x" * MAX_UPLOAD)).status == 202


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"", "multipart/form-data; boundary=XX", (400, "INVALID_REQUEST")),
        (part('filename="a.txt"'), "multipart/form-data", (400, "INCOMPLETE_UPLOAD")),
        (b"--XX--\r\n", "multipart/form-data; boundary=XX", (400, "INVALID_REQUEST")),
        (b"--XX--\r\n", "multipart/form-data; boundary=\xff", (400, "INCOMPLETE_UPLOAD")),
        (b"nonsense", "multipart/form-data; boundary=XX", (400, "INCOMPLETE_UPLOAD")),
        (b"--YY\r\n\r\n--YY--", "multipart/form-data; boundary=XX", (400, "INCOMPLETE_UPLOAD")),
        (b"--XX\r\nno header\r\n\r\nx\r\n--XX--\r\n", "multipart/form-data; boundary=XX", (400, "INCOMPLETE_UPLOAD")),
        (part('filename="a.txt"')[:-20], "multipart/form-data; boundary=XX", (400, "INCOMPLETE_UPLOAD")),
        (part('filename="a.txt"')[:-12], "multipart/form-data; boundary=XX", (400, "INCOMPLETE_UPLOAD")),
        (part("x=y"), "multipart/form-data; boundary=XX", (400, "INVALID_REQUEST")),
        (part('filename=""', b""), "multipart/form-data; boundary=XX", (400, "INVALID_REQUEST")),
        (b'{"files": []}', "application/json", (400, "INVALID_REQUEST")),
        (b"files=x", "application/x-www-form-urlencoded", (415, "UNSUPPORTED_MEDIA_TYPE")),
        (b"%PDF-1.4", "application/pdf", (415, "UNSUPPORTED_MEDIA_TYPE")),
        (b"text", "", (415, "UNSUPPORTED_MEDIA_TYPE")),
    ],
)
def test_a_body_that_is_no_upload_leaves_nothing(
    world: World, anyone: Caller, body: bytes, content_type: str, expected: tuple[int, str]
) -> None:
    with world.nothing_left():
        assert multipart(anyone, body, content_type).error == expected


def test_a_file_under_another_part_name_is_not_kept(world: World, anyone: Caller) -> None:
    with world.nothing_left():
        answer = anyone.call("POST", "/documents", data={"document": (io.BytesIO(b"x"), "a.txt")})
    assert answer.error == (400, "INVALID_REQUEST")
    assert "`files`" in answer.json["message"]


@pytest.mark.parametrize("size", [600_000, 5_000_000])
def test_a_field_that_is_far_too_large_is_a_413(world: World, anyone: Caller, size: int) -> None:
    with world.nothing_left():
        assert anyone.upload(("a.txt", b"x"), collection_id="x" * size).error == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize(
    ("disposition", "kept"),
    [
        ('filename="../../etc/passwd.txt"', "passwd.txt"),
        ('filename="C:\\\\Users\\\\ann\\\\notes.txt"', "notes.txt"),
        ('filename="/abs/olute.txt"', "olute.txt"),
        ('filename="tab\there.txt"', "tab here.txt"),
        ('filename="nul\\0.txt"', "nul0.txt"),
        ('filename="evil\u202etxt.exe.txt"', "eviltxt.exe.txt"),
        (f'filename="{unicodedata.normalize("NFD", "한글 문서.txt")}"', "한글 문서.txt"),
        ("filename*=UTF-8''%ED%95%9C%EA%B8%80.txt", "한글.txt"),
        ('filename="say \\"hi\\".txt"', 'say "hi".txt'),
        ('filename="it\'s; a=b.txt"', "it's; a=b.txt"),
        ('filename="<script>alert(1)<.txt"', "<script>alert(1)<.txt"),
        (f'filename="{"x" * 300}.txt"', "x" * 251 + ".txt"),
        (f'filename="{"가" * 300}.txt"', "가" * 83 + ".txt"),
        ('filename=".txt"', None),
        ('filename="   "', None),
        ('filename=".."', None),
    ],
)
def test_a_file_name_is_a_name_and_never_a_path(world: World, ann: Caller, disposition: str, kept: str | None) -> None:
    before = set(world.settings.data_dir.parent.rglob("*passwd*"))
    answer = multipart(ann, part(disposition))
    if kept is None:
        assert answer.status in (202, 415)
        return
    assert answer.status == 202, answer.body
    document = answer.data[0]["document"]
    assert document["filename"] == kept
    assert len(kept.encode()) <= 255
    sent = ann.get(f"/documents/{document['id']}/content")
    assert (sent.status, sent.body) == (200, b"The ferry leaves at seven.")
    assert "\n" not in sent.headers["Content-Disposition"]
    assert set(world.settings.data_dir.parent.rglob("*passwd*")) == before


@pytest.mark.parametrize("collection", ["0" * 32, "x", "🦆", "a" * 1000, "' or 1=1 --"])
def test_an_unknown_collection_leaves_nothing(world: World, anyone: Caller, collection: str) -> None:
    with world.nothing_left():
        assert anyone.upload(("a.txt", b"a"), collection_id=collection).error == (404, "COLLECTION_NOT_FOUND")


def test_somebody_elses_collection_is_one_that_is_not_there(world: World, ann: Caller, ben: Caller) -> None:
    with world.nothing_left():
        answer = ben.upload(("a.txt", b"a"), ("b.txt", b"b"), collection_id=ann.collection_id)
    assert answer.error == (404, "COLLECTION_NOT_FOUND")


def test_a_reader_adds_nothing_and_an_editor_does(world: World, ann: Caller, ben: Caller) -> None:
    members = f"/collections/{ann.collection_id}/members"
    ann.put(members, {"email": ben.user["email"], "access": "reader"})
    with world.nothing_left():
        refused = ben.upload(("a.txt", b"a"), ("b.txt", b"b"), collection_id=ann.collection_id)
    assert refused.error == (403, "FORBIDDEN")
    ann.put(members, {"email": ben.user["email"], "access": "editor"})
    assert ben.upload(("a.txt", b"a"), collection_id=ann.collection_id).status == 202
    assert ben.upload(("a.txt", b"a")).data[0]["document"]["collection_id"] == ben.collection_id, "the first own"


def test_who_is_not_signed_in_sends_files_for_nothing(world: World, nobody: Caller) -> None:
    with world.nothing_left():
        assert nobody.upload(("a.txt", b"a")).error == (401, "NOT_SIGNED_IN")


class FullIncoming(DiskIncomingFile):
    """A file on a disk that is full after so many bytes, or when it is to be made sure of."""

    room = 10
    at_finish = False

    def write(self, block: bytes) -> int:
        if not self.at_finish and len(block) > self.room:
            self.discard()
            raise StorageFull from OSError(errno.ENOSPC, "No space left on device")
        return super().write(block)

    def finish(self) -> Any:
        if self.at_finish:
            self.discard()
            raise StorageFull
        return super().finish()


@pytest.mark.parametrize("at_finish", [False, True])
def test_a_full_disk_is_said_and_leaves_nothing(
    world: World, anyone: Caller, monkeypatch: pytest.MonkeyPatch, at_finish: bool
) -> None:
    def incoming(self: DiskFiles, limit: int) -> FullIncoming:
        file = FullIncoming(DISK(self, limit)._path.with_suffix(".full"), limit)
        file.at_finish = at_finish
        return file

    def plain(self: DiskFiles, limit: int) -> DiskIncomingFile:
        made = before(self, limit)
        made.discard()
        return made

    before, DISK = DiskFiles.incoming, plain
    monkeypatch.setattr(DiskFiles, "incoming", incoming)
    with world.nothing_left():
        answer = anyone.upload(("a.txt", b"more than ten bytes"), ("b.txt", b"more than ten bytes"))
    assert answer.error == (507, "STORAGE_FULL")
    assert "free some space" in answer.json["message"]


def test_a_failed_file_that_is_sent_again_is_tried_again(world: World, ann: Caller) -> None:
    broken = ("broken.json", b'{"a": ')
    (document,) = world.index(ann.upload(broken))
    status = ann.get(f"/documents/{document['id']}").data["status"]
    again = ann.upload(broken).data[0]
    assert again["document"]["id"] == document["id"]
    assert again["duplicate"] is (status == "ready")
