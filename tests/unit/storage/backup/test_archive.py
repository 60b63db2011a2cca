"""What is read of a backup that nobody can be sure of."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.domain.backup import FORMAT, HEADER, MANIFEST, Header
from backend.app.errors import AppError, BackupDamaged, RestoreRefused
from backend.app.storage.backup.archive import ArchiveReader, ArchiveWriter

FILE = "files/0a/" + "0123456789abcdef" * 1 + "00000000000000" + "0a"
CONTENT = {"database.sqlite3": b"tables" * 50, FILE: b"%PDF-" + bytes(range(256)) * 8, f"{FILE}.txt": b"Words."}


def header(**changes: Any) -> Header:
    size = sum(map(len, CONTENT.values()))
    known: dict[str, Any] = {"format": FORMAT, "version": "0.1.0", "database": "sqlite", "revision": "0001"}
    known |= {"created_at": "2026-11-21T19:00:00Z", "tables": {"users": 1}, "documents": 1, "bytes": size}
    return Header(**known | changes)


def written(content: dict[str, bytes] = CONTENT, **changes: Any) -> bytes:
    out = io.BytesIO()
    writer = ArchiveWriter(out, header(**changes), lambda count: None)
    for name, data in content.items():
        writer.add(name, io.BytesIO(data), len(data))
    writer.finish(lost=(), damaged=())
    return out.getvalue()


def read(backup: bytes) -> dict[str, bytes]:
    reader = ArchiveReader(io.BytesIO(backup))
    return {name: b"".join(pieces) for name, pieces in reader.members()}


def rewritten(change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> bytes:
    """Return a backup whose members somebody has changed."""
    with tarfile.open(fileobj=io.BytesIO(written()), mode="r:gz") as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    change(members)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for member, data in members:
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def test_what_was_written_is_read() -> None:
    assert read(written()) == CONTENT


def test_other_programs_can_read_it_too() -> None:
    with tarfile.open(fileobj=io.BytesIO(written()), mode="r:gz") as tar:
        assert tar.getnames() == [HEADER, *CONTENT, MANIFEST]
        manifest = json.loads(tar.extractfile(MANIFEST).read())  # type: ignore[union-attr]
    assert manifest["files"][FILE]["sha256"] == hashlib.sha256(CONTENT[FILE]).hexdigest()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_one_that_broke_off_is_damaged(share: float) -> None:
    whole = written()
    with pytest.raises(BackupDamaged):
        read(whole[: int(len(whole) * share)])


WHOLE = written()


@given(place=st.integers(10, len(WHOLE) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_never_gives_other_content(place: int, bit: int) -> None:
    backup = bytearray(WHOLE)
    backup[place] ^= 1 << bit
    with contextlib.suppress(BackupDamaged, RestoreRefused):
        assert read(bytes(backup)) == CONTENT


@given(st.binary(max_size=3000))
def test_bytes_that_are_no_backup_are_refused(data: bytes) -> None:
    for content in (data, gzip.compress(data)):
        with pytest.raises(BackupDamaged):
            read(content)


def named(name: str, **attributes: Any) -> Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        member = tarfile.TarInfo(name)
        for attribute, value in attributes.items():
            setattr(member, attribute, value)
        members.insert(2, (member, b""))

    return change


@pytest.mark.parametrize(
    "change",
    [
        named("../../etc/cron.d/evil"),
        named("/etc/passwd"),
        named("files/0a/../../../evil"),
        named(FILE.replace("files/0a", "files/0b")),
        named(f"{FILE}.html"),
        named("secret_key"),
        named(FILE[:-2] + "0a", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        named(FILE[:-2] + "0a", type=tarfile.LNKTYPE, linkname="/etc/passwd"),
        named(FILE[:-2] + "0a", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
        named(FILE[:-2] + "0a", type=tarfile.FIFOTYPE),
        named("files", type=tarfile.DIRTYPE),
    ],
    ids=[
        "parent",
        "absolute",
        "within",
        "folder",
        "suffix",
        "other",
        "symlink",
        "hardlink",
        "device",
        "pipe",
        "directory",
    ],
)
def test_members_that_are_not_ours_end_the_reading(change: Any) -> None:
    with pytest.raises(BackupDamaged, match="puts into none"):
        read(rewritten(change))


def test_a_file_that_was_exchanged_is_noticed_by_its_sum() -> None:
    def exchange(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[2] = (members[2][0], bytes(reversed(CONTENT[FILE])))

    with pytest.raises(BackupDamaged, match=r"SHA-256 is another"):
        read(rewritten(exchange))


def test_a_header_that_was_exchanged_is_noticed_too() -> None:
    def exchange(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        member, data = members[0]
        members[0] = (member, data.replace(b'"0001"', b'"0002"'))

    with pytest.raises(BackupDamaged, match=HEADER):
        read(rewritten(exchange))


def test_a_file_too_few_or_twice_is_noticed() -> None:
    with pytest.raises(BackupDamaged, match="lacks files/"):
        read(rewritten(lambda members: members.__delitem__(2)))
    with pytest.raises(BackupDamaged, match="twice"):
        read(rewritten(lambda members: members.insert(2, members[2])))


def test_more_than_the_header_tells_is_not_unpacked() -> None:
    with pytest.raises(BackupDamaged, match="more than its header says"):
        read(written(bytes=100))


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"format": FORMAT + 1, "version": "9.0.0"}, RestoreRefused, r"newer Like-Opt \(9\.0\.0\)"),
        ({"database": "oracle"}, BackupDamaged, "cannot be understood"),
        ({"bytes": "many"}, BackupDamaged, "cannot be understood"),
        ({"tables": [1]}, BackupDamaged, "cannot be understood"),
        ({"revision": None}, BackupDamaged, "cannot be understood"),
    ],
)
def test_headers_that_mean_nothing_here_are_refused(changes: dict[str, Any], error: type[AppError], said: str) -> None:
    with pytest.raises(error, match=said):
        read(written(**changes))
