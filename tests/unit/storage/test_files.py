from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from backend.app.errors import FileTooLarge, StorageFull, StorageUnavailable
from backend.app.storage.files import DiskFiles
from backend.app.storage.ids import new_id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def files(folder: Path) -> DiskFiles:
    return DiskFiles(folder)


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def failing(number: int) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


class BrokenFile:
    """A file on a disk that takes nothing more."""

    def __init__(self, file: Any, number: int) -> None:
        self._file = file
        self.write = self.flush = failing(number)

    def close(self) -> None:
        self._file.close()
        failing(errno.ENOSPC)()


def test_a_file_arrives_in_blocks_and_is_kept_by_its_documents_id(files: DiskFiles, folder: Path) -> None:
    incoming = files.incoming(limit=100)
    assert incoming.write(b"flour") == 5
    assert incoming.write(b" and water") == 10
    received = incoming.finish()
    assert received.sha256 == hashlib.sha256(b"flour and water").hexdigest()
    assert received.bytes == 15
    document_id = new_id()
    files.keep(received, document_id)
    assert files.path(document_id).read_bytes() == b"flour and water"
    assert everything(folder) == [f"{document_id[-2:]}/{document_id}"]


def test_an_empty_file_is_a_file(files: DiskFiles) -> None:
    received = files.incoming(limit=0).finish()
    assert (received.bytes, received.sha256) == (0, hashlib.sha256(b"").hexdigest())


def test_until_it_is_kept_it_has_no_name_that_anybody_asks_for(files: DiskFiles, folder: Path) -> None:
    document_id = new_id()
    incoming = files.incoming(limit=100)
    incoming.write(b"half")
    received = incoming.finish()
    assert not files.path(document_id).exists()
    files.discard(received)
    files.discard(received)
    assert everything(folder) == []


def test_several_arrive_at_once_apart(files: DiskFiles) -> None:
    first, second = files.incoming(100), files.incoming(100)
    first.write(b"1")
    second.write(b"2")
    assert first.finish().path.read_bytes() == b"1"
    assert second.finish().path.read_bytes() == b"2"


def test_exactly_the_limit_is_taken(files: DiskFiles) -> None:
    incoming = files.incoming(limit=4)
    incoming.write(b"12")
    incoming.write(b"34")
    assert incoming.finish().bytes == 4


@pytest.mark.parametrize("blocks", [[b"12345"], [b"1234", b"5"], [b"12", b"345", b"6", b"7"]])
def test_more_than_the_limit_is_read_on_and_refused_at_the_end(
    files: DiskFiles, folder: Path, blocks: list[bytes]
) -> None:
    incoming = files.incoming(limit=4)
    assert [incoming.write(block) for block in blocks] == [len(block) for block in blocks]
    with pytest.raises(FileTooLarge):
        incoming.finish()
    assert everything(folder) == []


def test_bytes_beyond_the_limit_do_not_reach_the_disk(files: DiskFiles, folder: Path) -> None:
    incoming = files.incoming(limit=4)
    for _ in range(100):
        incoming.write(b"x" * 10_000)
    (path,) = (folder / "incoming").iterdir()
    assert path.stat().st_size <= 4
    incoming.discard()


def test_what_broke_off_is_discarded(files: DiskFiles, folder: Path) -> None:
    incoming = files.incoming(limit=100)
    incoming.write(b"half")
    incoming.discard()
    incoming.discard()
    assert everything(folder) == []


def test_discarding_after_the_end_keeps_the_file(files: DiskFiles) -> None:
    incoming = files.incoming(limit=100)
    received = incoming.finish()
    incoming.discard()
    assert received.path.exists()


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EFBIG, StorageFull),
        (errno.EIO, StorageUnavailable),
    ],
)
def test_a_full_disk_while_it_arrives_leaves_nothing(
    files: DiskFiles, folder: Path, number: int, error: type[Exception]
) -> None:
    for step in ("write", "finish"):
        incoming = files.incoming(limit=100)
        incoming._file = BrokenFile(incoming._file, number)  # type: ignore[assignment]
        with pytest.raises(error):
            incoming.write(b"block") if step == "write" else incoming.finish()
        incoming.discard()
        assert everything(folder) == []


def test_a_disk_that_is_full_at_the_last_moment_leaves_nothing(
    files: DiskFiles, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incoming = files.incoming(limit=100)
    incoming.write(b"block")
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
    with pytest.raises(StorageFull):
        incoming.finish()
    assert everything(folder) == []


def test_a_text_is_written_whole_or_not_at_all(files: DiskFiles, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document_id = new_id()
    files.keep(files.incoming(100).finish(), document_id)
    files.write_text(document_id, "first")
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
    with pytest.raises(StorageFull):
        files.write_text(document_id, "second, half-written")
    assert files.text_path(document_id).read_text("utf-8") == "first"
    assert len(everything(folder)) == 2


def test_a_text_that_has_no_encoding_leaves_nothing(files: DiskFiles, folder: Path) -> None:
    document_id = new_id()
    files.keep(files.incoming(100).finish(), document_id)
    with pytest.raises(UnicodeEncodeError):
        files.write_text(document_id, "\ud800")
    assert everything(folder) == [f"{document_id[-2:]}/{document_id}"]


def test_every_character_of_a_text_counts_once(files: DiskFiles) -> None:
    document_id = new_id()
    files.keep(files.incoming(100).finish(), document_id)
    text = "줄\n다음 줄\r\nthird\r\x0b\u2028\U0001f35e"
    files.write_text(document_id, text)
    assert files.text_path(document_id).read_bytes() == text.encode()


def test_removing_takes_file_and_text_and_no_others(files: DiskFiles, folder: Path) -> None:
    ids = ["a" * 30 + "01", "b" * 30 + "01"]  # in one folder
    for document_id in ids:
        files.keep(files.incoming(100).finish(), document_id)
        files.write_text(document_id, "text")
    files.remove(ids[0])
    files.remove(ids[0])
    assert everything(folder) == [f"01/{ids[1]}", f"01/{ids[1]}.txt"]


def test_files_of_one_moment_are_spread_over_folders(files: DiskFiles) -> None:
    assert len({files.path(new_id()).parent for _ in range(500)}) > 100


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    files = DiskFiles(tmp_path / "file")
    with pytest.raises(StorageUnavailable):
        files.incoming(100)


def test_a_file_that_vanished_cannot_be_kept(files: DiskFiles) -> None:
    received = files.incoming(100).finish()
    received.path.unlink()
    with pytest.raises(StorageUnavailable):
        files.keep(received, new_id())


def test_only_what_nothing_came_to_for_a_day_is_abandoned(files: DiskFiles, folder: Path) -> None:
    files.remove_abandoned()
    old, new = files.incoming(100).finish(), files.incoming(100).finish()
    os.utime(old.path, (0, 0))
    files.remove_abandoned()
    assert everything(folder) == [f"incoming/{new.path.name}"]
