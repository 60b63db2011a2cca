"""Indexing jobs and their progress."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import structlog
from flask import Blueprint, Response

from backend.app.api import serialise, sse
from backend.app.api.context import current_user, services
from backend.app.api.envelope import answer
from backend.app.api.query import OfCollection, asked
from backend.app.domain.accounts import User
from backend.app.domain.documents import DocumentStatus, Job
from backend.app.errors import NotFound, Unavailable
from backend.app.services.documents import DocumentService

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.3


def blueprint() -> Blueprint:
    jobs = Blueprint("jobs", __name__)
    jobs.get("/jobs/<job_id>")(show)
    jobs.post("/jobs/<job_id>/cancel")(cancel)
    jobs.get("/jobs/<job_id>/events")(events)
    jobs.get("/indexing/status")(status)
    return jobs


def show(job_id: str) -> Response:
    return answer(serialise.job(services().documents.job(current_user(), job_id)))


def cancel(job_id: str) -> Response:
    return answer(serialise.job(services().documents.cancel(current_user(), job_id)))


def events(job_id: str) -> Response:
    user, documents = current_user(), services().documents
    documents.job(user, job_id)  # what cannot be seen is an ordinary 404, not a stream
    return sse.stream(_changes(documents, user, job_id), _encoded)


def status() -> Response:
    user, collection_id = current_user(), asked(OfCollection).collection_id
    counts = services().documents.counts(user, collection_id)
    data: dict[str, object] = {state.value: counts.get(state, 0) for state in DocumentStatus}
    move = services().documents.reembedding(user, collection_id)
    if move is not None:
        data["reembedding"] = serialise.move(move)
    return answer(data)


def _changes(documents: DocumentService, user: User, job_id: str) -> Iterator[Job]:
    """Yield the job at each change until it has ended; a job whose document was deleted just ends."""
    last: Job | None = None
    while last is None or last.finished_at is None:
        try:
            job = documents.job(user, job_id)
        except NotFound:
            return
        except Unavailable:  # the next look may find the database back
            log.warning("job_not_read", job=job_id)
        else:
            if job != last:
                yield job
                last = job
        if last is None or last.finished_at is None:
            time.sleep(_LOOK_SECONDS)


def _encoded(jobs: Sequence[Job]) -> Iterator[bytes]:
    for job in jobs:
        yield sse.encode("job", serialise.job(job))
