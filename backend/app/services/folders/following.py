"""Keeping a collection as a folder is: what was added, changed, moved and deleted there."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import BinaryIO

import structlog

from backend.app.domain.accounts import User
from backend.app.domain.documents import Problem
from backend.app.domain.folders import Stat, WatchedFile, WatchedFolder
from backend.app.errors import AppError, DocumentNotFound, FolderNotAllowed, QueueFull, QuotaExceeded, Unavailable
from backend.app.processes.owners import has_ended
from backend.app.services.documents import DocumentService
from backend.app.services.folders.roots import Roots
from backend.app.services.folders.unreadable import UNREADABLE, is_readable_again, is_unreadable, unreadable
from backend.app.services.folders.walk import Look, look, open_beneath
from backend.app.storage.folders import WatchedFolders
from backend.app.storage.interfaces import Users

log = structlog.get_logger(__name__)

_BLOCK = 1024 * 1024
_QUIET_SECONDS = 2.0  # a file that was written since may not be whole
_OLD_SECONDS = 60.0  # nobody is writing it, so one look is enough
LEASE = timedelta(minutes=5)
_OTHER_DISK = Problem(
    "FOLDER_OTHER_DISK", "Another disk is there than before, or none is mounted. Nothing was changed."
)


@dataclass
class _Memory:
    """What the last look saw that is not settled yet."""

    new: dict[str, Stat] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


class FollowingService:
    """Looks at folders, again and again; a look at an unchanged folder reads names and states alone.

    A file counts as changed by its size, time or inode, and is then compared by its content. It is
    taken in when two looks have seen it alike. A document goes when two looks have missed its file
    and nothing new is unsettled, which might be the same file under another name.
    """

    def __init__(
        self,
        *,
        folders: WatchedFolders,
        documents: DocumentService,
        users: Users,
        roots: Roots,
        extensions: Sequence[str],
        owner: str,
        told: Callable[[str, str], None] = lambda change, path: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """``told`` hears of every change, by its name and the file's path, with the reason of one that is refused."""
        self._folders = folders
        self._documents = documents
        self._users = users
        self._roots = roots
        self._extensions = extensions
        self._owner = owner
        self._told = told
        self._now = now
        self._memories: dict[str, _Memory] = {}

    def free_abandoned(self) -> None:
        """Give back the folders that ended processes of this machine had."""
        for owner in self._folders.owners():
            if has_ended(owner):
                self._folders.release(owner)

    def follow_kept(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Look once at each folder that indexers follow and that no other process has."""
        self.free_abandoned()
        self.follow_these([folder.id for folder in self._folders.all() if folder.kept], stopping)

    def follow_these(self, ids: Sequence[str], stopping: Callable[[], bool] = lambda: False) -> bool:
        """Look once at some folders; return whether there is nothing left to be looked at soon."""
        settled = True
        for folder in self._folders.all():
            if folder.id in ids and not stopping() and self._folders.claim(folder.id, self._owner, LEASE):
                settled = self.follow(folder, stopping) and settled
        return settled

    def follow(self, folder: WatchedFolder, stopping: Callable[[], bool] = lambda: False) -> bool:
        """Look once at a folder, and do what follows from it; return whether all is settled.

        What hinders it is kept with the folder, and nothing is taken away then.
        """
        device: int | None = None
        problem: Problem | None = None
        settled = False
        try:
            if folder.confined:
                self._roots.require(folder.path)
            seen = look(folder.path, self._extensions)
            if folder.device is not None and seen.device != folder.device:
                problem = _OTHER_DISK
            else:
                device = seen.device
                settled = self._apply(folder, seen, stopping)
        except OSError as error:
            problem = Problem("FOLDER_UNREADABLE", f"The folder cannot be read: {error.strerror}.")
        except Unavailable as error:
            problem = _problem(error)  # a full disk, a database that is away: the next look tries again
        except AppError as error:
            problem = _problem(error)
        if problem and problem != folder.problem:
            log.warning("folder_not_followed", folder=folder.id, error_code=problem.error_code, problem=problem.message)
        if problem != folder.problem or device != folder.device or folder.looked_at is None:
            self._folders.looked(folder.id, device, problem)
        return settled

    def _apply(self, folder: WatchedFolder, seen: Look, stopping: Callable[[], bool]) -> bool:
        memory = self._memories.setdefault(folder.id, _Memory())
        known = self._folders.files(folder.id)
        changed = {
            path: stat
            for path, stat in seen.files.items()
            if path not in known or known[path].stat != stat or is_readable_again(folder.path, known[path])
        }
        missing = {path for path in known.keys() - seen.files.keys() if seen.knows_of(path)}
        self._renamed(folder, known, changed, missing)
        for path in [path for path, stat in changed.items() if self._is_quiet(path, stat, memory)]:
            if stopping() or not self._folders.claim(folder.id, self._owner, LEASE):
                return False
            self._take_in(folder, path, changed.pop(path), known.get(path))
        if not changed:
            self._remove(folder, {path: known[path] for path in missing & memory.gone})
            missing -= memory.gone
        memory.new, memory.gone = changed, missing
        waiting = self._settle(folder, self._folders.replaced(folder.id))
        return not (changed or missing or waiting)

    def _is_quiet(self, path: str, stat: Stat, memory: _Memory) -> bool:
        age = self._now() - stat.modified_ns / 1e9
        if memory.new.get(path) != stat:
            return age > _OLD_SECONDS
        return age > _QUIET_SECONDS or age < 0  # a network drive has a clock of its own

    def _renamed(
        self, folder: WatchedFolder, known: dict[str, WatchedFile], changed: dict[str, Stat], missing: set[str]
    ) -> None:
        """Recognise files that have only another name or place: nothing is read."""
        by_state = {known[path].stat: path for path in missing}
        for path in [path for path in changed if path not in known]:
            before = by_state.pop(changed[path], None)
            if before is None:
                continue
            file = replace(known.pop(before), path=path)
            self._folders.put(folder.id, [file])
            self._folders.forget(folder.id, [before])
            missing.discard(before)
            del changed[path]
            known[path] = file
            self._call_it(folder, file, before)
            self._told("moved", file.path)

    def _call_it(self, folder: WatchedFolder, file: WatchedFile, before: str) -> None:
        name = file.path.rpartition("/")[2]
        if file.owned and file.document_id and name != before.rpartition("/")[2]:
            self._documents.renamed(self._user(folder), file.document_id, name)

    def _take_in(self, folder: WatchedFolder, path: str, seen: Stat, before: WatchedFile | None) -> None:
        try:
            with open_beneath(folder.path, path) as (file, stat):
                if before is not None and _digest(file) == before.sha256:
                    problem = None if is_unreadable(before) else before.problem
                    self._folders.put(folder.id, [replace(before, stat=stat, problem=problem)])
                    return
                file.seek(0)
                sent = self._sent(folder, path, file, stat, before)
                self._folders.put(folder.id, [sent])
                if before is not None and before.previous and before.owned:
                    self._delete(folder, before.document_id)  # it changed twice: nobody needs what was between
                if sent.problem:
                    self._told("refused", f"{path}: {sent.problem.message}")
                else:
                    self._told("changed" if before else "added", path)
        except PermissionError:
            self._folders.put(folder.id, [unreadable(path, seen, before)])
            self._told("refused", f"{path}: {UNREADABLE.message}")
        except OSError:  # it went, or is being written: the next look says
            return

    def _sent(
        self, folder: WatchedFolder, path: str, file: BinaryIO, stat: Stat, before: WatchedFile | None
    ) -> WatchedFile:
        """Send a file as a person would; return what is to be remembered of it."""
        digest = hashlib.sha256()
        incoming = self._documents.incoming()
        document_id: str | None = None
        owned, problem = False, None
        try:
            while block := file.read(_BLOCK):
                digest.update(block)
                incoming.write(block)
            sent = self._documents.receive(self._user(folder), folder.collection_id, path.rpartition("/")[2], incoming)
            document_id = sent.document.id
            owned = not sent.duplicate or self._folders.came_from_a_folder(document_id)
        except (Unavailable, QuotaExceeded, QueueFull):
            raise  # nothing is wrong with the file: the next look tries again
        except AppError as error:
            problem = _problem(error)
        finally:
            incoming.discard()
        previous = None
        if before is not None:
            previous = before.previous or (before.document_id if before.owned else None)
        if previous == document_id:
            previous = None
        return WatchedFile(path, stat, digest.hexdigest(), document_id, owned, previous, problem)

    def _remove(self, folder: WatchedFolder, files: dict[str, WatchedFile]) -> None:
        self._folders.forget(folder.id, files)
        for file in files.values():
            if file.owned:
                self._delete(folder, file.document_id)
            self._delete(folder, file.previous)
            self._told("deleted", file.path)

    def _settle(self, folder: WatchedFolder, files: Iterable[WatchedFile]) -> bool:
        """Take away what was replaced once the new content has come to an end; return whether some is left."""
        waiting = False
        for file in files:
            if file.previous is None:
                continue
            if file.document_id is not None and not self._has_ended(folder, file.document_id):
                waiting = True
                continue
            self._folders.put(folder.id, [replace(file, previous=None)])
            self._delete(folder, file.previous)
        return waiting

    def _has_ended(self, folder: WatchedFolder, document_id: str) -> bool:
        try:
            status = self._documents.get(self._user(folder), document_id).status
        except DocumentNotFound:
            return True
        return status.is_final or status.is_searchable

    def _delete(self, folder: WatchedFolder, document_id: str | None) -> None:
        if document_id is None or self._folders.is_wanted(document_id):
            return
        try:
            self._documents.delete(self._user(folder), document_id)
        except DocumentNotFound:
            return

    def _user(self, folder: WatchedFolder) -> User:
        user = self._users.get(folder.user_id)
        if user is None and self._users.operator().id == folder.user_id:
            return self._users.operator()  # before the first account, the command line acts for a placeholder
        if user is None:
            raise FolderNotAllowed("The account that watches this folder is gone. Watch it anew.")
        return user


def _problem(error: AppError) -> Problem:
    return Problem(error.error_code, error.message)


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
