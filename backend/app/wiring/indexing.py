"""What the indexer and `likeopt doctor` do, put together."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import backend.app.services.ingestion.formats as formats
from backend.app.services.embedding.searched import SearchedSpaces, SearchedVectors
from backend.app.storage.ids import new_id
from backend.app.wiring.building_blocks import Parts

if TYPE_CHECKING:
    from backend.app.services.agreement import AgreementService
    from backend.app.services.indexing.service import IndexingService
    from backend.app.services.lost_vectors import LostVectors
    from backend.app.services.reembedding import ReembeddingService
    from backend.app.services.reindexing import ReindexingService
    from backend.app.services.repair import RepairService
    from backend.app.services.unfolding import Unfolder


def indexing_service(parts: Parts, owner: str) -> IndexingService:
    """Build what works jobs off; ``owner`` names this process in the jobs that it takes."""
    from backend.app.services.indexing.service import IndexingService
    from backend.app.services.ingestion.chunking import chunk
    from backend.app.services.ingestion.extract import Extractor
    from backend.app.services.ingestion.ready_children import ReadyChildren
    from backend.app.services.ingestion.recognition import find_recognition

    settings = parts.settings
    scratch = settings.run_dir / "extract"
    scratch.mkdir(parents=True, exist_ok=True)
    return IndexingService(
        indexing=parts.indexing,
        files=parts.files,
        lexical=parts.lexical,
        searched=SearchedSpaces(parts.spaces, parts.moves),
        store=parts.vectors,
        extractor=Extractor(
            memory_bytes=settings.extract_memory_bytes,
            seconds=settings.extract_seconds,
            scratch=scratch,
            run=ReadyChildren().run,
            recognition=find_recognition(
                settings.ocr_languages, pages=settings.ocr_pages, seconds=settings.ocr_seconds
            ),
        ),
        unfold=_unfolder(parts, scratch).unfold,
        chunk=functools.partial(chunk, target=settings.passage_chars, overlap=settings.passage_overlap_chars),
        analyzer=parts.analyzer,
        metrics=parts.metrics,
        owner=owner,
    )


def _unfolder(parts: Parts, scratch: Path) -> Unfolder:
    from backend.app.services.ingestion.archives import Archives
    from backend.app.services.unfolding import Unfolder

    settings = parts.settings
    archives = Archives(
        formats.SUPPORTED_EXTENSIONS,
        files=settings.archive_files,
        all_bytes=settings.archive_bytes,
        file_bytes=settings.max_upload_bytes,
        seconds=settings.extract_seconds,
        scratch=scratch,
    )
    return Unfolder(
        members=parts.indexing,
        files=parts.files,
        queue=parts.queue,
        archives=archives,
        sniff=formats.sniff,
        new_id=new_id,
        max_bytes=settings.max_upload_bytes,
    )


def reembedding_service(parts: Parts, owner: str) -> ReembeddingService:
    """Build what moves collections to the embedder that is set."""
    from backend.app.services.reembedding import ReembeddingService

    return ReembeddingService(moves=parts.moves, spaces=parts.spaces, store=parts.vectors, owner=owner)


def lost_vectors(parts: Parts) -> LostVectors:
    """Build what makes lost vectors again beside the indexing."""
    from backend.app.services.lost_vectors import LostVectors

    return LostVectors(indexing=parts.indexing, searched=SearchedSpaces(parts.spaces, parts.moves))


def reindexing_service(parts: Parts, owner: str) -> ReindexingService:
    """Build what makes lost indexes anew."""
    from backend.app.services.reindexing import ReindexingService

    return ReindexingService(
        indexing=parts.indexing,
        lexical=parts.lexical,
        searched=SearchedSpaces(parts.spaces, parts.moves),
        reembedding=reembedding_service(parts, owner),
        analyzer=parts.analyzer,
        records=parts.records,
    )


def agreement_service(parts: Parts, *, owns_vectors: bool) -> AgreementService:
    """Build what compares the indexes and files with SQL."""
    from backend.app.services.agreement import AgreementService

    return AgreementService(
        records=parts.records,
        lexical=parts.lexical,
        vectors=SearchedVectors(parts.spaces, parts.moves),
        files=parts.files,
        owns_vectors=owns_vectors,
    )


def repair_service(parts: Parts, owner: str) -> RepairService:
    """Build what mends what the comparison found."""
    from backend.app.services.repair import RepairService

    return RepairService(
        records=parts.records,
        indexing=parts.indexing,
        lexical=parts.lexical,
        vectors=SearchedVectors(parts.spaces, parts.moves),
        searched=SearchedSpaces(parts.spaces, parts.moves),
        contents=parts.files,
        files=parts.files,
        analyzer=parts.analyzer,
        reindexing=reindexing_service(parts, owner),
        queue=parts.queue,
    )
