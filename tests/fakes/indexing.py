"""The indexer's view of storage in memory, with the claims and the fences of the real one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from backend.app.domain.documents import Chunk, Document, DocumentStatus, Passage, Problem
from backend.app.storage.interfaces import IndexingTask, Removal, Unembedded
from tests.fakes.things import document


@dataclass
class JobRow:
    document_id: str
    attempts: int = 0
    given_back: int = 0
    owner: str | None = None
    cancel_requested: bool = False
    status: DocumentStatus = DocumentStatus.QUEUED
    problem: Problem | None = None
    ended: bool = False


class MemoryIndexing:
    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.jobs: dict[str, JobRow] = {}
        self.passages: dict[str, list[Passage]] = {}
        self.leftovers: list[Removal] = []
        self.history: list[str] = []  # what was called, in order
        self.progressed: list[float] = []
        self.before: Callable[[str], object] = lambda step: None
        self._passage_ids = itertools.count(1)
        self._removal_ids = itertools.count(1)

    # --- what a test does ---------------------------------------------------------------------

    def queue(self, document_id: str = "d1", collection_id: str = "c1") -> str:
        self.documents[document_id] = document(document_id, collection_id=collection_id)
        self.jobs[f"job-{document_id}"] = JobRow(document_id)
        return f"job-{document_id}"

    def cancel(self, job_id: str) -> None:
        self.jobs[job_id].cancel_requested = True

    def delete(self, document_id: str) -> None:
        found = self.documents.pop(document_id)
        self.jobs = {job_id: job for job_id, job in self.jobs.items() if job.document_id != document_id}
        self.passages.pop(document_id, None)
        self.list_removal(found.collection_id, document_id)

    def take_over(self, job_id: str) -> None:
        """Let another process claim the job, as when this one slept through its lease."""
        self.jobs[job_id].attempts += 1
        self.jobs[job_id].owner = "another"

    def list_removal(self, collection_id: str, document_id: str | None) -> Removal:
        removal = Removal(next(self._removal_ids), collection_id, document_id)
        self.leftovers.append(removal)
        return removal

    # --- the interface ------------------------------------------------------------------------

    def pending(self) -> list[str]:
        return [job_id for job_id, job in self.jobs.items() if not job.ended and job.owner is None]

    def unread(self, limit: int, most_bytes: int | None = None) -> list[str]:
        found = [
            job_id
            for job_id in self.pending()
            if (document := self.documents[self.jobs[job_id].document_id]).status is not DocumentStatus.SEARCHABLE
            and (most_bytes is None or document.bytes <= most_bytes)
        ]
        return found[:limit]

    def unembedded(self, limit: int) -> list[str]:
        is_found = DocumentStatus.SEARCHABLE
        found = [job for job in self.pending() if self.documents[self.jobs[job].document_id].status is is_found]
        return found[:limit]

    def claim(self, job_id: str, owner: str) -> IndexingTask | None:
        job = self.jobs.get(job_id)
        if job is None or job.ended or job.owner is not None:
            return None
        job.owner, job.attempts = owner, job.attempts + 1
        found = self.documents[job.document_id]
        deadly = job.attempts - job.given_back
        return IndexingTask(job_id, found, job.attempts, deadly, found.status is DocumentStatus.SEARCHABLE)

    def extracting(self, task: IndexingTask) -> None:
        self._set(task, DocumentStatus.EXTRACTING, 0.0)

    def extracted(self, task: IndexingTask, title: str, pages: int | None, chunks: Sequence[Chunk]) -> list[Passage]:
        self._note("extracted")
        if self._held(task) is None:
            return []
        found = self.documents[task.document.id]
        self.passages[found.id] = [
            Passage(
                next(self._passage_ids), found.id, found.collection_id, c.ordinal, c.text, c.start, c.end, None, None
            )
            for c in chunks
        ]
        self.documents[found.id] = replace(found, title=title, pages=pages, passages=len(chunks))
        return self.passages[found.id]

    def stored_passages(self, document_id: str) -> list[Passage]:
        return self.passages.get(document_id, [])

    def searchable(self, *group: IndexingTask) -> list[IndexingTask]:
        self._note("searchable")
        return [task for task in group if self._is_found(task)]

    def _is_found(self, task: IndexingTask) -> bool:
        job = self._held(task)
        if job is None or job.cancel_requested:
            return False
        self.progressed.append(0.3)
        job.status = DocumentStatus.SEARCHABLE
        found = self.documents[task.document.id]
        self.documents[found.id] = replace(found, status=job.status, progress=0.3, error=None)
        return True

    def progress(self, task: IndexingTask, progress: float) -> bool:
        self._note("progress")
        job = self._held(task)
        if job is None or job.cancel_requested:
            return False
        self.progressed.append(progress)
        self.documents[task.document.id] = replace(self.documents[task.document.id], progress=progress)
        return True

    def without_vectors(self, job_ids: Sequence[str]) -> dict[str, Unembedded]:
        self._note("without_vectors")
        free = [job_id for job_id in self.pending() if job_id in job_ids]
        found = {job_id: self.documents[self.jobs[job_id].document_id] for job_id in free}
        return {
            job_id: Unembedded(of.collection_id, of.passages)
            for job_id, of in found.items()
            if of.status is DocumentStatus.SEARCHABLE and of.progress <= 0.3
        }

    def ready(self, *group: IndexingTask) -> list[IndexingTask]:
        self._note("ready")
        return [task for task in group if self._is_ready(task)]

    def _is_ready(self, task: IndexingTask) -> bool:
        job = self._held(task)
        if job is None or job.cancel_requested:
            return False
        job.status, job.ended, job.owner = DocumentStatus.READY, True, None
        found = self.documents[task.document.id]
        self.documents[found.id] = replace(found, status=job.status, progress=1.0, error=None)
        return True

    def end(self, task: IndexingTask, status: DocumentStatus, problem: Problem | None) -> None:
        self._note("end")
        job = self._held(task)
        if job is None:
            return
        self.passages.pop(task.document.id, None)
        self.list_removal(task.document.collection_id, task.document.id)
        job.status, job.problem, job.ended, job.owner = status, problem, True, None
        found = self.documents[task.document.id]
        self.documents[found.id] = replace(found, status=status, error=problem, passages=0)

    def worked(self, task: IndexingTask, seconds: float) -> None:
        assert seconds >= 0

    def release(self, task: IndexingTask, seconds: float = 0.0) -> None:
        self._note("release")
        if self._held(task) is not None:
            self.jobs[task.job_id].owner = None
            self.jobs[task.job_id].given_back += 1

    def removals(self) -> list[Removal]:
        self._note("removals")
        return list(self.leftovers)

    def removed(self, removal: Removal) -> None:
        self.leftovers.remove(removal)

    def wants_entries(self, document_id: str) -> bool:
        found = self.documents.get(document_id)
        is_searchable = found is not None and found.status.is_searchable
        return is_searchable or any(job.document_id == document_id and not job.ended for job in self.jobs.values())

    def leases(self) -> list[str]:
        return sorted({job.owner for job in self.jobs.values() if job.owner is not None})

    def free_leases(self, owner: str) -> None:
        for job in self.jobs.values():
            if job.owner == owner:
                job.owner = None

    def collection_ids(self) -> list[str]:
        return sorted({found.collection_id for found in self.documents.values()})

    def documents_of(self, collection_id: str) -> list[Document]:
        return [found for found in self.documents.values() if found.collection_id == collection_id]

    def touch(self, collection_id: str) -> None:
        self._note("touch")

    def _note(self, step: str) -> None:
        self.before(step)
        self.history.append(step)

    def _held(self, task: IndexingTask) -> JobRow | None:
        job = self.jobs.get(task.job_id)
        return job if job is not None and not job.ended and job.attempts == task.attempts else None

    def _set(self, task: IndexingTask, status: DocumentStatus, progress: float) -> None:
        self._note(status.value)
        job = self._held(task)
        if job is None:
            return
        job.status = status
        found = self.documents[task.document.id]
        self.documents[found.id] = replace(found, status=status, progress=progress, error=None)
