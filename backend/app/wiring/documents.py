"""What takes documents in, put together."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import backend.app.services.ingestion.formats as formats
from backend.app.concurrency import NativePool
from backend.app.processes.heartbeat import Heartbeats
from backend.app.services.documents import AT_ONCE, DocumentService
from backend.app.services.estimates import Estimates
from backend.app.services.folders.roots import Roots
from backend.app.storage.ids import new_id
from backend.app.storage.repositories.documents import SqlDocuments
from backend.app.storage.repositories.folders import SqlWatchedFolders
from backend.app.storage.repositories.jobs import SqlJobs
from backend.app.storage.repositories.users import SqlUsers
from backend.app.storage.repositories.work import SqlWorkHistory
from backend.app.wiring.building_blocks import Parts, bounds

if TYPE_CHECKING:
    from backend.app.services.folders.following import FollowingService


def documents_service(parts: Parts) -> DocumentService:
    return DocumentService(
        documents=SqlDocuments(parts.database, bounds(parts.settings)),
        jobs=SqlJobs(parts.database),
        files=parts.files,
        queue=parts.queue,
        pool=NativePool(AT_ONCE),  # of its own: searches do not wait for the disk
        sniff=formats.sniff,
        new_id=new_id,
        max_upload_bytes=parts.settings.max_upload_bytes,
        moves=parts.moves,
        estimates=Estimates(
            SqlWorkHistory(parts.database),
            Heartbeats(parts.settings.run_dir).anybody,
            indexers=parts.settings.indexers,
        ),
    )


def watch_roots(parts: Parts) -> Roots:
    return Roots([root for root in parts.settings.watch_roots.split(os.pathsep) if root.strip()])


def following_service(
    parts: Parts, owner: str, told: Callable[[str, str], None] = lambda change, path: None
) -> FollowingService:
    """Build what keeps collections as their folders are; ``told`` hears of every change."""
    from backend.app.services.folders.following import FollowingService

    return FollowingService(
        folders=SqlWatchedFolders(parts.database),
        documents=documents_service(parts),
        users=SqlUsers(parts.database),
        roots=watch_roots(parts),
        extensions=formats.SUPPORTED_EXTENSIONS,
        owner=owner,
        told=told,
    )
