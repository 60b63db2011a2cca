"""What services ask of storage about watched folders. One transaction a method."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Protocol

from backend.app.domain.documents import Problem
from backend.app.domain.folders import WatchedFile, WatchedFolder


class WatchedFolders(Protocol):
    def add(self, user_id: str, collection_id: str, path: str, *, kept: bool, confined: bool) -> WatchedFolder:
        """Watch a folder for a collection that the user may change; one that is watched already is returned.

        Raises:
            CollectionNotFound, Forbidden
        """

    def of_collection(self, user_id: str, collection_id: str) -> list[WatchedFolder]: ...
    def all(self) -> list[WatchedFolder]: ...
    def remove(self, user_id: str, collection_id: str, folder_id: str) -> None:
        """Stop watching; the documents stay.

        Raises:
            FolderNotFound, CollectionNotFound, Forbidden
        """

    def claim(self, folder_id: str, owner: str, lease: timedelta) -> bool:
        """Take a folder for this process for a while; False when another has it or it is gone."""

    def owners(self) -> list[str]:
        """Return the processes that have folders."""

    def release(self, owner: str) -> None:
        """Give back every folder that a process has."""

    def files(self, folder_id: str) -> dict[str, WatchedFile]:
        """Return the files that are known, by path."""

    def replaced(self, folder_id: str) -> list[WatchedFile]:
        """Return those whose content before has still its document."""

    def refused(self, folder_ids: Sequence[str]) -> dict[str, list[WatchedFile]]:
        """Return the files that could not be taken in, by folder."""

    def put(self, folder_id: str, files: Iterable[WatchedFile]) -> None: ...
    def forget(self, folder_id: str, paths: Iterable[str]) -> None: ...
    def is_wanted(self, document_id: str) -> bool:
        """Tell whether any watched file still has this document."""

    def came_from_a_folder(self, document_id: str) -> bool: ...
    def looked(self, folder_id: str, device: int | None, problem: Problem | None) -> None: ...
