"""A real folder that a collection follows, with the real stores and indexing in this process."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest

from backend.app import wiring
from backend.app.domain.accounts import Role
from backend.app.domain.documents import DocumentStatus, Problem
from backend.app.domain.folders import Stat
from backend.app.errors import FolderNotAllowed, Forbidden, InvalidRequest
from backend.app.services.folders import walk
from backend.app.storage.ids import new_id
from tests.fakes.things import user as person
from tests.integration.library import Library, library


class Watched:
    """A folder, and looks at it. Files in it are as old as if nobody had touched them for an hour."""

    def __init__(self, of: Library, root: Path) -> None:
        self.of, self.root = of, root
        self.told: list[tuple[str, str]] = []
        self.collection = of.services.collections.create(of.user, new_id())
        self.folder = of.services.folders.watch_as_operator(of.user, self.collection.id, str(root), kept=True)
        self.begin()

    def begin(self) -> None:
        """Begin to follow, as another process would."""
        note = lambda change, path: self.told.append((change, path))  # noqa: E731
        self.following = wiring.following_service(self.of.parts, "tests", note)

    def write(self, path: str, text: str, *, age: float = 3600.0) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.utime(file, (time.time() - age,) * 2)
        return file

    def look(self) -> list[tuple[str, str]]:
        """Look until nothing is left to be done, working off what is queued; return what changed."""
        self.told.clear()
        for _ in range(6):
            if self.following.follow_these([self.folder.id]):
                break
            self.of.work()
        self.of.work()
        return sorted(self.told)

    def documents(self) -> dict[str, DocumentStatus]:
        found = self.of.parts.indexing.documents_of(self.collection.id)
        return {document.filename: document.status for document in found}

    def ids(self) -> dict[str, str]:
        return {d.filename: d.id for d in self.of.parts.indexing.documents_of(self.collection.id)}

    def problem(self) -> Problem | None:
        (found,) = [f for f in self.of.services.folders.all() if f.id == self.folder.id]
        return found.problem


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, chroma_url: str) -> Iterator[Library]:
    with library(tmp_path_factory.mktemp("watched") / "data", chroma_url) as of:
        yield of
        assert of.faults() == []


@pytest.fixture
def watched(shared: Library, tmp_path: Path) -> Watched:
    root = tmp_path / "papers"
    root.mkdir()
    return Watched(shared, root)


READY = DocumentStatus.READY


def test_what_is_added_is_found_and_what_nobody_means_is_left_out(watched: Watched, tmp_path: Path) -> None:
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.write("deep/er/book.md", "# A heavy book")
    for name in (".hidden.txt", ".git/notes.txt", "~$lamp.txt", "half.txt.part", "lamp.txt~", "photo.raw"):
        watched.write(name, "nobody means this")
    outside = tmp_path / "secret.txt"
    outside.write_text("outside")
    (watched.root / "link.txt").symlink_to(outside)
    (watched.root / "linked").symlink_to(tmp_path)
    os.mkfifo(watched.root / "pipe.txt")
    assert watched.look() == [("added", "deep/er/book.md"), ("added", "lamp.txt")]
    assert watched.documents() == {"lamp.txt": READY, "book.md": READY}
    assert watched.look() == []


def test_a_change_replaces_the_old_content_once_the_new_one_is_found(watched: Watched) -> None:
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.look()
    before = watched.ids()["lamp.txt"]
    watched.write("lamp.txt", "The harbour keeps a fire.", age=1800)
    watched.following.follow_these([watched.folder.id])
    both = [d.id for d in watched.of.parts.indexing.documents_of(watched.collection.id)]
    assert before in both, "it is found until the new one is"
    assert len(both) == 2
    watched.of.work()
    assert watched.look() == []
    assert watched.documents() == {"lamp.txt": READY}
    assert watched.ids()["lamp.txt"] != before
    assert watched.ids()["lamp.txt"] in watched.of.found("a fire in the harbour")


def test_what_changes_twice_before_it_is_indexed_leaves_the_last(watched: Watched) -> None:
    watched.write("lamp.txt", "one")
    watched.look()
    for age, text in ((1800, "two"), (900, "three")):
        watched.write("lamp.txt", text, age=age)
        watched.following.follow_these([watched.folder.id])
    watched.look()
    (document,) = watched.of.parts.indexing.documents_of(watched.collection.id)
    assert watched.of.parts.files.path(document.id).read_text() == "three"
    for age, text in ((800, "four"), (700, "three")):
        watched.write("lamp.txt", text, age=age)
        watched.following.follow_these([watched.folder.id])
    watched.look()
    assert list(watched.ids().values()) == [document.id], "it has come back to what it was"


def test_a_touched_file_is_read_once_and_nothing_else_happens(watched: Watched) -> None:
    file = watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.look()
    before = watched.ids()
    os.utime(file, (time.time() - 100,) * 2)
    assert watched.look() == []
    assert watched.ids() == before


def test_unchanged_files_are_never_opened(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        watched.write(f"{number}.txt", f"Number {number}")
    watched.look()
    monkeypatch.setattr("backend.app.services.folders.following.open_beneath", lambda *_: pytest.fail("it was opened"))
    watched.begin()  # nor after a restart
    assert watched.look() == []


def test_what_is_moved_or_renamed_stays_the_same_document(watched: Watched) -> None:
    file = watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.look()
    before = watched.ids()["lamp.txt"]
    (watched.root / "deep").mkdir()
    file.rename(watched.root / "deep" / "lamp.txt")
    assert watched.look() == [("moved", "deep/lamp.txt")]
    assert watched.ids() == {"lamp.txt": before}
    (watched.root / "deep" / "lamp.txt").rename(watched.root / "light.txt")
    assert watched.look() == [("moved", "light.txt")]
    assert watched.ids() == {"light.txt": before}
    document = watched.of.services.documents.get(watched.of.user, before)
    assert (document.title, document.status) == ("light", READY)


def test_what_is_copied_and_then_deleted_stays_the_same_document_too(watched: Watched) -> None:
    """So a move looks that comes from another disk."""
    file = watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.look()
    before = watched.ids()["lamp.txt"]
    file.unlink()
    watched.write("moved.txt", "The harbour keeps a lamp.", age=10)  # not quiet yet at the first look
    assert watched.look() == [("added", "moved.txt"), ("deleted", "lamp.txt")]
    assert list(watched.ids().values()) == [before]


def test_what_is_deleted_goes_everywhere(watched: Watched) -> None:
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.write("book.txt", "A heavy book.")
    watched.look()
    gone = watched.ids()["lamp.txt"]
    (watched.root / "lamp.txt").unlink()
    assert watched.look() == [("deleted", "lamp.txt")]
    assert watched.documents() == {"book.txt": READY}
    assert gone not in watched.of.found("a lamp in the harbour")
    assert not watched.of.parts.files.path(gone).exists()


def test_what_two_files_have_goes_with_the_last_of_them(watched: Watched) -> None:
    watched.write("one.txt", "The same words.")
    watched.write("two.txt", "The same words.")
    watched.look()
    assert len(watched.documents()) == 1
    (watched.root / "one.txt").unlink()
    watched.look()
    assert len(watched.documents()) == 1
    (watched.root / "two.txt").unlink()
    watched.look()
    assert watched.documents() == {}


def test_what_somebody_sent_by_hand_is_not_the_folders_to_delete(watched: Watched) -> None:
    sent = watched.of.add("mine.txt", "The same words.", watched.collection.id)
    watched.write("theirs.txt", "The same words.")
    watched.look()
    (watched.root / "theirs.txt").unlink()
    watched.look()
    assert watched.ids() == {"mine.txt": sent.id}


def test_what_is_deleted_by_hand_stays_away_until_its_file_changes(watched: Watched) -> None:
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.look()
    watched.of.services.documents.delete(watched.of.user, watched.ids()["lamp.txt"])
    assert watched.look() == []
    assert watched.documents() == {}
    watched.write("lamp.txt", "The harbour keeps a new lamp.", age=1800)
    watched.look()
    assert watched.documents() == {"lamp.txt": READY}


def test_a_file_that_is_being_written_waits_until_it_is_quiet(watched: Watched) -> None:
    file = watched.write("long.txt", "The first half", age=0)
    for _ in range(3):
        assert not watched.following.follow_these([watched.folder.id])
        file.write_text(file.read_text() + " and more")
        assert watched.documents() == {}
    os.utime(file, (time.time() - 3,) * 2)
    watched.look()
    (document,) = watched.of.parts.indexing.documents_of(watched.collection.id)
    assert watched.of.parts.files.path(document.id).read_text().endswith("more and more and more")


def test_a_bad_file_is_named_with_its_reason_and_the_others_go_on(watched: Watched) -> None:
    watched.write("empty.txt", "")
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    assert watched.look() == [("added", "lamp.txt"), ("refused", "empty.txt: The file is empty.")]
    (refused,) = watched.of.services.folders.refused([watched.folder])[watched.folder.id]
    assert (refused.path, refused.problem) == ("empty.txt", Problem("EMPTY_FILE", "The file is empty."))
    assert watched.look() == []
    watched.write("empty.txt", "not any more", age=1800)
    watched.look()
    assert watched.documents() == {"lamp.txt": READY, "empty.txt": READY}
    assert watched.of.services.folders.refused([watched.folder]) == {watched.folder.id: []}


class Forbidding:
    """Files that may not be read, whoever runs the tests. Allowing them changes nothing that a look sees."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: set[str] = set()
        self.tried = 0
        for module in ("following", "unreadable"):
            monkeypatch.setattr(f"backend.app.services.folders.{module}.open_beneath", self._open)

    def _open(self, root: str, path: str) -> AbstractContextManager[tuple[BinaryIO, Stat]]:
        self.tried += 1
        if path in self.paths:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return walk.open_beneath(root, path)


@pytest.fixture
def forbidding(monkeypatch: pytest.MonkeyPatch) -> Forbidding:
    return Forbidding(monkeypatch)


def refused(watched: Watched) -> dict[str, str]:
    found = watched.of.services.folders.refused([watched.folder])[watched.folder.id]
    return {file.path: file.problem.error_code for file in found if file.problem}


def test_a_file_that_may_not_be_read_is_named_once_and_taken_in_as_soon_as_it_may(
    watched: Watched, forbidding: Forbidding, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidding.paths = {"lamp.txt"}
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.write("book.txt", "A heavy book.")
    added, (change, line) = watched.look()
    assert (added, change) == (("added", "book.txt"), "refused")
    assert line.startswith("lamp.txt: The account that Like-Opt runs as may not read")
    assert refused(watched) == {"lamp.txt": "FILE_UNREADABLE"}
    watched.begin()  # also after a restart
    with monkeypatch.context() as patched:
        patched.setattr(watched.following._folders, "put", lambda *_: pytest.fail("nothing has changed"))
        forbidding.tried = 0
        assert watched.look() == []
    assert forbidding.tried == 1, "after one look nothing is left to be done"
    forbidding.paths.clear()
    assert watched.look() == [("changed", "lamp.txt")]
    assert refused(watched) == {}
    assert watched.documents() == {"lamp.txt": READY, "book.txt": READY}


def test_what_changes_and_may_not_be_read_any_more_keeps_its_document(watched: Watched, forbidding: Forbidding) -> None:
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.write("book.txt", "A heavy book.")
    watched.look()
    before = watched.ids()
    forbidding.paths = {"lamp.txt", "book.txt"}
    watched.write("lamp.txt", "The harbour keeps a fire.", age=1800)
    watched.write("book.txt", "A heavy book.", age=1800)
    assert [change for change, _ in watched.look()] == ["refused", "refused"]
    assert refused(watched) == dict.fromkeys(("book.txt", "lamp.txt"), "FILE_UNREADABLE")
    assert watched.ids() == before
    watched.write("lamp.txt", "The harbour keeps a bell.", age=900)
    watched.look()
    assert watched.ids() == before
    forbidding.paths.clear()
    assert watched.look() == [("changed", "lamp.txt")]
    assert refused(watched) == {}
    assert watched.ids()["book.txt"] == before["book.txt"], "it was only touched"
    assert watched.ids()["lamp.txt"] != before["lamp.txt"]
    assert watched.ids()["lamp.txt"] in watched.of.found("a bell in the harbour")


def test_a_bad_file_that_may_not_be_read_for_a_while_is_bad_again_after_it(
    watched: Watched, forbidding: Forbidding
) -> None:
    file = watched.write("empty.txt", "")
    watched.look()
    forbidding.paths = {"empty.txt"}
    os.utime(file, (time.time() - 1800,) * 2)
    watched.look()
    assert refused(watched) == {"empty.txt": "FILE_UNREADABLE"}
    forbidding.paths.clear()
    watched.look()
    assert refused(watched) == {"empty.txt": "EMPTY_FILE"}


def test_a_folder_that_is_away_takes_nothing_away(watched: Watched) -> None:
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.look()
    away = watched.root.rename(watched.root.with_name("away"))
    for _ in range(3):
        watched.look()
    assert watched.problem() == Problem("FOLDER_UNREADABLE", "The folder cannot be read: No such file or directory.")
    assert watched.documents() == {"lamp.txt": READY}
    away.rename(watched.root)
    assert watched.look() == []
    assert watched.problem() is None


def test_another_disk_in_its_place_takes_nothing_away(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.look()
    # An empty mount point, when the drive is not there.
    monkeypatch.setattr("backend.app.services.folders.following.look", lambda root, extensions: walk.Look(device=-1))
    for _ in range(3):
        watched.look()
    problem = watched.problem()
    assert problem is not None
    assert (problem.error_code, "Another disk" in problem.message) == ("FOLDER_OTHER_DISK", True)
    assert watched.documents() == {"lamp.txt": READY}


def test_a_folder_below_that_cannot_be_read_keeps_its_documents(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.write("deep/lamp.txt", "The harbour keeps a lamp.")
    watched.look()
    seen = walk.look(str(watched.root), (".txt",))
    seen.files.clear()
    seen.unread.append("deep")
    monkeypatch.setattr("backend.app.services.folders.following.look", lambda root, extensions: seen)
    for _ in range(3):
        watched.look()
    assert watched.documents() == {"lamp.txt": READY}


def test_a_link_that_takes_a_folders_place_leads_nowhere(watched: Watched, tmp_path: Path) -> None:
    watched.write("deep/lamp.txt", "The harbour keeps a lamp.")
    seen = walk.look(str(watched.root), (".txt",))
    shutil.rmtree(watched.root / "deep")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "lamp.txt").write_text("a secret")
    (watched.root / "deep").symlink_to(outside)
    assert "deep/lamp.txt" in seen.files
    with pytest.raises(OSError, match=r"symbolic|directory"), walk.open_beneath(str(watched.root), "deep/lamp.txt"):
        pass


def test_one_process_follows_a_folder_at_a_time(watched: Watched) -> None:
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    folders = watched.following._folders
    assert folders.claim(watched.folder.id, "another", timedelta(minutes=1))
    assert watched.look() == []
    watched.following.free_abandoned()
    assert watched.look() == [], "of a process without a name it recognises nothing is known"
    folders.release("another")
    assert watched.look() == [("added", "lamp.txt")]


def test_a_folder_that_is_watched_no_more_leaves_its_documents(watched: Watched) -> None:
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.look()
    administrator = watched.of.user
    watched.of.services.folders.stop(administrator, watched.collection.id, watched.folder.id)
    (watched.root / "lamp.txt").unlink()
    watched.look()
    assert watched.documents() == {"lamp.txt": READY}


def test_over_http_only_administrators_name_folders_and_only_allowed_ones(shared: Library, tmp_path: Path) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    (allowed / "deep").mkdir(parents=True)
    other.mkdir()
    (allowed / "out").symlink_to(other)
    parts = wiring.parts(shared.settings.with_(watch_roots=str(allowed)))
    service, collection = wiring.services(parts).folders, shared.collection.id
    assert service.watch(shared.user, collection, f"{allowed}/deep/").path == str(allowed / "deep")
    for path in (other, allowed / "out", allowed / ".." / "other", tmp_path):
        with pytest.raises(FolderNotAllowed):
            service.watch(shared.user, collection, str(path))
    for path in ("deep", "", str(allowed / "missing")):
        with pytest.raises(InvalidRequest):
            service.watch(shared.user, collection, path)
    member = person("bob", role=Role.MEMBER)
    for call in (
        lambda: service.watch(member, collection, str(allowed)),
        lambda: service.of_collection(member, collection),
        lambda: service.stop(member, collection, "x"),
    ):
        with pytest.raises(Forbidden, match="administrators"):
            call()
    with pytest.raises(FolderNotAllowed, match="LIKEOPT_WATCH_ROOTS"):
        shared.services.folders.watch(shared.user, collection, str(allowed))
    parts.close()


def test_a_root_that_is_taken_back_stops_what_was_allowed(shared: Library, tmp_path: Path) -> None:
    (tmp_path / "lamp.txt").write_text("The harbour keeps a lamp.")
    parts = wiring.parts(shared.settings.with_(watch_roots=str(tmp_path)))
    folder = wiring.services(parts).folders.watch(shared.user, shared.collection.id, str(tmp_path))
    parts.close()
    following = wiring.following_service(shared.parts, "tests")
    following.follow_these([folder.id])
    (found,) = [f for f in shared.services.folders.all() if f.id == folder.id]
    assert found.problem is not None
    assert (found.problem.error_code, "LIKEOPT_WATCH_ROOTS" in found.problem.message) == ("FOLDER_NOT_ALLOWED", True)
    shared.services.folders.stop(shared.user, shared.collection.id, folder.id)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
@pytest.mark.parametrize("place", ["", "deep"])
def test_what_a_folder_names_and_does_not_let_anybody_look_at_has_not_gone(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, place: str, number: int
) -> None:
    watched.write("lamp.txt", "The harbour keeps a lamp.")
    watched.write("deep/book.txt", "A heavy book.")
    watched.look()
    before, look_at = watched.ids(), Path.lstat

    def lstat(path: Path) -> os.stat_result:
        if path.parent == watched.root / place:
            raise OSError(number, os.strerror(number), str(path))
        return look_at(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "lstat", lstat)
        for _ in range(3):
            assert watched.look() == []
        found = watched.problem()
        assert (found.error_code if found else "") == (
            "FOLDER_UNREADABLE" if (place, number) == ("", errno.EACCES) else ""
        )
    assert watched.ids() == before
    assert watched.look() == []
    assert watched.problem() is None
    (watched.root / "deep" / "book.txt").unlink()
    watched.look()
    assert set(watched.ids()) == {"lamp.txt"}
