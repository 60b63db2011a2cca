"""Which folders a collection follows, as people set it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from backend.app.domain.accounts import User
from backend.app.domain.folders import WatchedFile, WatchedFolder
from backend.app.errors import Forbidden, InvalidRequest
from backend.app.security.typed_text import cleaned
from backend.app.services.folders.roots import Roots
from backend.app.storage.folders import WatchedFolders

_MAX_PATH_CHARS = 4000


class FolderService:
    """Over HTTP only administrators may name folders, and only such as LIKEOPT_WATCH_ROOTS holds.

    A folder's files become readable to all members of a collection: that is more than owning a
    collection gives.
    """

    def __init__(self, folders: WatchedFolders, roots: Roots) -> None:
        self._folders = folders
        self._roots = roots

    def of_collection(self, user: User, collection_id: str) -> list[WatchedFolder]:
        _require_administrator(user)
        return self._folders.of_collection(user.id, collection_id)

    def refused(self, folders: Sequence[WatchedFolder]) -> dict[str, list[WatchedFile]]:
        """Return by folder the files that could not be taken in, with their reasons."""
        return self._folders.refused([folder.id for folder in folders])

    def watch(self, user: User, collection_id: str, path: str) -> WatchedFolder:
        """Have indexers follow a folder.

        Raises:
            Forbidden, FolderNotAllowed, InvalidRequest, CollectionNotFound
        """
        _require_administrator(user)
        path = cleaned(path).strip()
        if not Path(path).is_absolute() or len(path) > _MAX_PATH_CHARS:
            raise InvalidRequest("A folder is named by its whole path, such as /srv/papers.")
        self._roots.require(path)  # before anything is said of whether it is there
        return self._folders.add(user.id, collection_id, _existing(path), kept=True, confined=True)

    def watch_as_operator(self, user: User, collection_id: str, path: str, *, kept: bool) -> WatchedFolder:
        """The same for whoever is at the command line, and may read this machine's folders anyway."""
        return self._folders.add(user.id, collection_id, _existing(path), kept=kept, confined=False)

    def stop(self, user: User, collection_id: str, folder_id: str) -> None:
        """Stop following a folder; the documents stay."""
        _require_administrator(user)
        self._folders.remove(user.id, collection_id, folder_id)

    def all(self) -> list[WatchedFolder]:
        return self._folders.all()


def _existing(path: str) -> str:
    real = os.path.realpath(path)
    if not Path(real).is_dir():
        raise InvalidRequest("There is no such folder on the server.")
    return real


def _require_administrator(user: User) -> None:
    if not user.is_administrator:
        raise Forbidden("Only administrators may have folders of the server watched.")
