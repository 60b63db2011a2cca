"""Collections and their members."""

from __future__ import annotations

from collections.abc import Sequence

from backend.app.cache.copies import Copies
from backend.app.domain.accounts import Access, Member, User
from backend.app.domain.documents import Collection
from backend.app.errors import CollectionNotFound, InvalidRequest, KeyMayNot
from backend.app.security.typed_text import one_line
from backend.app.storage.interfaces import Collections, Files, JobQueue

MAX_NAME_CHARS = 200


class CollectionService:
    def __init__(
        self, collections: Collections, files: Files, queue: JobQueue, copies: Copies[tuple[Collection, ...]]
    ) -> None:
        self._collections = collections
        self._copies = copies
        self._files = files
        self._queue = queue

    def visible(self, user: User) -> list[Collection]:
        return [found for found in self._collections.visible(user.id) if user.reaches(found.id)]

    def selected(self, user: User, ids: Sequence[str] | None) -> list[Collection]:
        """Return the named collections, or all that the user may see, as they are to be searched.

        Their numbers of documents may be a moment old, which is no matter here; their versions are not.

        Raises:
            CollectionNotFound: one of them does not exist or is not the user's to see.
        """
        known = self._copies.get(user.id, lambda: tuple(self._collections.visible(user.id)))
        visible = [found for found in known if user.reaches(found.id)]
        if not ids:
            return visible
        by_id = {collection.id: collection for collection in visible}
        try:
            return [by_id[collection_id] for collection_id in dict.fromkeys(ids)]
        except KeyError as error:
            raise CollectionNotFound from error

    def default(self, user: User) -> Collection:
        """Return the user's first own collection, into which files go when none is named."""
        for collection in self.visible(user):
            if collection.access is Access.OWNER:
                return collection
        raise CollectionNotFound("You have no collection yet. Make one first.")

    def named(self, user: User, name: str) -> Collection:
        """Return the user's collection of that name, making it when there is none."""
        name = _checked(name)
        for collection in self.visible(user):
            if collection.name == name and collection.access.may_write:
                return collection
        return self.create(user, name)

    def create(self, user: User, name: str) -> Collection:
        if user.reach is not None:
            raise KeyMayNot("This API key is for some collections alone. It cannot make another one.")
        return self._collections.create(user.id, _checked(name))

    def rename(self, user: User, collection_id: str, name: str) -> Collection:
        _within_reach(user, collection_id)
        return self._collections.rename(user.id, collection_id, _checked(name))

    def delete(self, user: User, collection_id: str) -> None:
        """Delete a collection with everything in it."""
        _within_reach(user, collection_id)
        for document_id in self._collections.delete(user.id, collection_id):
            self._files.remove(document_id)
        self._queue.wake()

    def members(self, user: User, collection_id: str) -> list[Member]:
        _within_reach(user, collection_id)
        return self._collections.members(user.id, collection_id)

    def put_member(self, user: User, collection_id: str, email: str, access: Access) -> Member:
        _within_reach(user, collection_id)
        return self._collections.put_member(user.id, collection_id, one_line(email), access)

    def remove_member(self, user: User, collection_id: str, member_id: str) -> None:
        _within_reach(user, collection_id)
        self._collections.remove_member(user.id, collection_id, member_id)


def _within_reach(user: User, collection_id: str) -> None:
    if not user.reaches(collection_id):
        raise CollectionNotFound


def _checked(name: str) -> str:
    name = one_line(name)
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        raise InvalidRequest(f"A name has 1 to {MAX_NAME_CHARS} characters.")
    return name
