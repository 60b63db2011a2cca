"""Members of an archive within limits, called without a child process."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from backend.app.services.ingestion.reading import archive
from backend.app.services.ingestion.reading.archive import Limits, unfold
from backend.app.services.ingestion.reading.dispatch import DOCX, read
from backend.app.services.ingestion.reading.draft import Refusal

ROOMY = Limits(files=10, all_bytes=10_000_000, file_bytes=8_000_000)


def unfolded(tmp_path: Path, members: dict[str, bytes], limits: Limits = ROOMY) -> dict[str, str]:
    """Return the reason against each member, and what was written of the others in ``tmp_path / 'out'``."""
    path, folder = tmp_path / "a.zip", tmp_path / "out"
    folder.mkdir()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return {entry["name"]: entry["reason"] for entry in unfold(path, folder, [".txt"], limits)}


def test_no_more_files_and_bytes_are_taken_than_allowed(tmp_path: Path) -> None:
    found = unfolded(tmp_path, {f"{n}.txt": b"x" * 30 for n in range(4)}, Limits(files=3, all_bytes=70, file_bytes=50))
    assert found == {"0.txt": "", "1.txt": "", "2.txt": "too_much", "3.txt": "too_much"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["member-0", "member-1"]


def test_more_members_than_are_taken_are_named_all_the_same(tmp_path: Path) -> None:
    found = unfolded(tmp_path, {f"{n}.txt": b"x" for n in range(3)}, Limits(files=2, all_bytes=70, file_bytes=50))
    assert found == {"0.txt": "", "1.txt": "", "2.txt": "too_many"}


def test_a_member_that_unpacks_to_far_more_than_text_does_is_left_out(tmp_path: Path) -> None:
    assert unfolded(tmp_path, {"bomb.txt": bytes(5_000_000), "note.txt": b"note"}) == {
        "bomb.txt": "bomb",
        "note.txt": "",
    }


def test_a_member_that_holds_more_than_its_entry_says_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr("a.txt", b"x" * 100)
    data = path.read_bytes()
    path.write_bytes(data[:22] + (10).to_bytes(4, "little") + data[26:].replace(b"d\0\0\0d\0\0\0", b"d\0\0\0\n\0\0\0"))
    (tmp_path / "out").mkdir()
    (entry,) = unfold(path, tmp_path / "out", [".txt"], ROOMY)
    assert entry["reason"] == "broken"
    assert not list((tmp_path / "out").iterdir())


def test_a_member_without_a_name_is_left_out_and_the_others_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x", b"nobody's")
        file.writestr("note.txt", b"note")
    data = path.read_bytes()
    nameless = data.rfind(b"PK\x01\x02", 0, data.rfind(b"PK\x01\x02"))
    # Its name in the directory becomes the extra field's first byte, and that field is taken for a comment.
    lengths = (0).to_bytes(2, "little") + (0).to_bytes(2, "little") + (1).to_bytes(2, "little")
    path.write_bytes(data[: nameless + 28] + lengths + data[nameless + 34 :])
    (tmp_path / "out").mkdir()
    found = unfold(path, tmp_path / "out", [".txt"], ROOMY)
    assert [(entry["name"], entry["reason"]) for entry in found] == [("", "outside"), ("note.txt", "")]


def test_a_damaged_main_part_of_an_office_file_is_a_refusal(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("word/document.xml", b"<document/>")
    path.write_bytes(b"PK\x03\x04" + b"\xff" * 8 + b"PK\x03\x05" + path.read_bytes()[4:])
    with pytest.raises(Refusal) as refused:
        read(path, DOCX, 1000)
    assert refused.value.code == "broken"


def test_encrypted_members_say_so(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.txt", b"x")
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    (entry,) = unfold(path, tmp_path, [".txt"], ROOMY)
    assert entry["reason"] == "password"


def test_an_archive_of_countless_entries_is_refused_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_PARTS", 5)
    with pytest.raises(Refusal, match="too_complex"):
        unfolded(tmp_path, {f"{n}.txt": b"" for n in range(6)})
