"""How much room a person has left."""

from __future__ import annotations

from backend.app.domain.accounts import User
from backend.app.domain.room import Bounds, RoomUsage
from backend.app.storage.room import Room


class RoomService:
    def __init__(self, room: Room, bounds: Bounds) -> None:
        self._room = room
        self._bounds = bounds

    def of(self, user: User) -> RoomUsage:
        documents, size = self._room.owned(user.id)
        return RoomUsage(size, documents, self._bounds.owner_bytes, self._bounds.owner_documents)
