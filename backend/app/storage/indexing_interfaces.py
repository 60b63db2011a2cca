"""What the indexer does to storage besides working jobs off."""

from __future__ import annotations

from typing import Protocol

from backend.app.storage.interfaces import IndexingTask, NewDocument


class Members(Protocol):
    """Documents that come out of a document."""

    def add_member(self, task: IndexingTask, document: NewDocument) -> str | None:
        """Add a document beside the task's own; return its job's id, or None where the same bytes are there already.

        Raises:
            TaskLost: the task was deleted, or taken over by another process.
        """


class TaskLost(Exception):
    """The task is no longer this process's to work at."""
