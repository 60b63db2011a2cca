"""People and their documents, made by the repositories themselves."""

from __future__ import annotations

from backend.app.storage.database import Database


class World:
    def __init__(self, database: Database) -> None:
        self.database = database
