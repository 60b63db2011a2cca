"""The services, put together."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import backend.app.services.ingestion.formats as formats
from backend.app.cache.copies import Copies
from backend.app.config import Settings
from backend.app.domain.chat import Citation, Source
from backend.app.processes.heartbeat import Heartbeats
from backend.app.security.passwords import Passwords
from backend.app.services.accounts import AccountService
from backend.app.services.answering import Answering
from backend.app.services.answers import GivenAnswers, NoGivenAnswers
from backend.app.services.audit import AuditLog
from backend.app.services.bundle import Services
from backend.app.services.chat import ChatService
from backend.app.services.collections import CollectionService
from backend.app.services.completions import CompletionService
from backend.app.services.conversations import ConversationService
from backend.app.services.documents import DocumentService
from backend.app.services.embedding.searched import SearchedSpaces, SearchedVectors
from backend.app.services.estimates import Estimates
from backend.app.services.folders.roots import Roots
from backend.app.services.folders.watching import FolderService
from backend.app.services.health import HealthService
from backend.app.services.ingestion.pictures import PictureReader
from backend.app.services.invitations import InvitationService
from backend.app.services.keys import KeyService
from backend.app.services.llm.prompting import PROMPT_VERSION
from backend.app.services.llm.registry import LanguageModels
from backend.app.services.people import PeopleService
from backend.app.services.pictures import PictureService
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.cached import CachedRetriever
from backend.app.services.retrieval.citations import CitationVerifier
from backend.app.services.retrieval.query_terms import QueryTerms
from backend.app.services.room import RoomService
from backend.app.services.search import SearchService
from backend.app.services.sessions import SessionService
from backend.app.services.web.addresses import Gate, networks_of, ports_of
from backend.app.services.web.fetching import Fetcher
from backend.app.services.web.pages import WebPages
from backend.app.storage.ids import new_id
from backend.app.storage.repositories.api_keys import SqlApiKeys
from backend.app.storage.repositories.audit import SqlAuditEvents
from backend.app.storage.repositories.collections import SqlCollections
from backend.app.storage.repositories.conversations import SqlConversations
from backend.app.storage.repositories.documents import SqlDocuments
from backend.app.storage.repositories.folders import SqlWatchedFolders
from backend.app.storage.repositories.invitations import SqlInvitations
from backend.app.storage.repositories.jobs import SqlJobs
from backend.app.storage.repositories.people import SqlPeople
from backend.app.storage.repositories.room import SqlRoom
from backend.app.storage.repositories.sessions import SqlSessions
from backend.app.storage.repositories.users import SqlUsers
from backend.app.storage.repositories.work import SqlWorkHistory
from backend.app.wiring.building_blocks import Parts, bounds
from backend.app.wiring.evaluating import evaluation
from backend.app.wiring.limiting import guesses, open_streams
from backend.app.wiring.measuring import performance
from backend.app.wiring.probes import probes
from backend.app.wiring.retrieving import hybrid_retriever, reranked, sourcing, vector_weight
from backend.app.wiring.signing_on import single_sign_on

if TYPE_CHECKING:
    from backend.app.services.agreement import AgreementService
    from backend.app.services.evaluation.evaluator import Evaluator
    from backend.app.services.folders.following import FollowingService
    from backend.app.services.indexing import IndexingService
    from backend.app.services.reembedding import ReembeddingService
    from backend.app.services.reindexing import ReindexingService
    from backend.app.services.repair import RepairService
    from backend.app.services.unfolding import Unfolder


def services(parts: Parts) -> Services:
    """Build what handlers and commands call."""
    settings, database, metrics = parts.settings, parts.database, parts.metrics
    collections = CollectionService(SqlCollections(database), parts.files, parts.queue, Copies(parts.access))
    conversations = SqlConversations(database)
    retriever = _cached_retriever(parts)
    models = LanguageModels(settings, parts.analyzer)
    documents = _documents(parts)
    accounts = AccountService(
        SqlUsers(database),
        SqlPeople(database),
        SqlInvitations(database),
        Passwords(),
        parts.pool,
        Copies(parts.access),
        open_registration=settings.open_registration,
        password_sign_in=settings.password_sign_in,
    )
    answering = _answering(parts, retriever, models)
    folders = FolderService(SqlWatchedFolders(database), _roots(parts))
    return Services(
        settings=settings,
        accounts=accounts,
        audit=AuditLog(SqlAuditEvents(database), metrics, new_id, days=settings.audit_days, most=settings.audit_events),
        people=PeopleService(SqlPeople(database), parts.files, parts.queue, reset_hours=settings.reset_hours),
        invitations=InvitationService(SqlInvitations(database), new_id, hours=settings.invitation_hours),
        chat=ChatService(
            conversations=conversations,
            collections=collections,
            answering=answering,
            metrics=metrics,
            new_id=new_id,
            history_turns=settings.chat_history_turns,
            max_message_chars=settings.max_message_chars,
        ),
        collections=collections,
        completions=CompletionService(
            collections=collections,
            answering=answering,
            new_id=new_id,
            history_turns=settings.chat_history_turns,
            max_message_chars=settings.max_message_chars,
        ),
        conversations=ConversationService(conversations),
        documents=documents,
        evaluation=evaluation(parts, collections),
        health=HealthService(probes(parts, models), required=frozenset({"database"})),
        keys=KeyService(SqlApiKeys(database), accounts, collections, Copies(parts.access)),
        metrics=metrics,
        models=models,
        performance=performance(parts),
        pictures=PictureService(documents, PictureReader(), parts.caches.answers),
        search=SearchService(retriever, collections, parts.analyzer),
        sign_on=single_sign_on(settings, database),
        sessions=SessionService(SqlSessions(database), Copies(parts.access), new_id, hours=settings.session_hours),
        web_pages=WebPages(
            documents, collections, _fetcher(settings), formats.SUPPORTED_EXTENSIONS, formats.extension_of
        ),
        embedder=parts.embedder,
        folders=folders,
        guesses=guesses(parts),
        room=RoomService(SqlRoom(database), bounds(settings)),
        streams=open_streams(parts),
        formats=formats.SUPPORTED_EXTENSIONS,
    )


def _fetcher(settings: Settings) -> Fetcher | None:
    gate = Gate(ports=ports_of(settings.web_ports), networks=networks_of(settings.web_private_networks))
    limit = min(settings.web_page_bytes, settings.max_upload_bytes)
    return Fetcher(gate, max_bytes=limit, seconds=settings.web_page_seconds) if settings.web_pages else None


def _answering(parts: Parts, retriever: CachedRetriever, models: LanguageModels) -> Answering:
    return Answering(
        sourcing=sourcing(parts, retriever),
        answers=_given_answers(parts),
        models=models,
        cite=_citer(parts.analyzer),
        metrics=parts.metrics,
    )


def _documents(parts: Parts) -> DocumentService:
    return DocumentService(
        documents=SqlDocuments(parts.database, bounds(parts.settings)),
        jobs=SqlJobs(parts.database),
        files=parts.files,
        queue=parts.queue,
        pool=parts.pool,
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


def _roots(parts: Parts) -> Roots:
    return Roots([root for root in parts.settings.watch_roots.split(os.pathsep) if root.strip()])


def following_service(
    parts: Parts, owner: str, told: Callable[[str, str], None] = lambda change, path: None
) -> FollowingService:
    """Build what keeps collections as their folders are; ``told`` hears of every change."""
    from backend.app.services.folders.following import FollowingService

    return FollowingService(
        folders=SqlWatchedFolders(parts.database),
        documents=_documents(parts),
        users=SqlUsers(parts.database),
        roots=_roots(parts),
        extensions=formats.SUPPORTED_EXTENSIONS,
        owner=owner,
        told=told,
    )


def indexing_service(parts: Parts, owner: str) -> IndexingService:
    """Build what works jobs off; ``owner`` names this process in the jobs that it takes."""
    from backend.app.services.indexing import IndexingService
    from backend.app.services.ingestion.chunking import chunk
    from backend.app.services.ingestion.extract import Extractor
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


def evaluator(parts: Parts) -> Evaluator:
    """Build what measures search, on a database of its own."""
    from backend.app.services.evaluation.evaluator import Evaluator
    from backend.app.services.ingestion.chunking import chunk
    from backend.app.storage.repositories.corpora import SqlCorpora

    settings = parts.settings
    return Evaluator(
        corpora=SqlCorpora(parts.database),
        lexical=parts.lexical,
        vectors=parts.vectors,
        retriever=reranked(parts, hybrid_retriever(parts, parts.metrics), parts.metrics),
        chunk=functools.partial(chunk, target=settings.passage_chars, overlap=settings.passage_overlap_chars),
        embedder=parts.embedder,
        analyzer=parts.analyzer,
        new_id=new_id,
        candidates=settings.candidates,
    )


def _cached_retriever(parts: Parts) -> CachedRetriever:
    cache, seconds = parts.caches.answers, parts.settings.cache_search_seconds
    retriever = reranked(parts, hybrid_retriever(parts, parts.metrics), parts.metrics)
    return CachedRetriever(retriever, cache, settings=_found_by(parts), seconds=seconds)


def _found_by(parts: Parts) -> list[object]:
    """Return all that changes what a search finds, besides the question and the collections."""
    settings = parts.settings
    versions = [settings.lexical_engine, parts.analyzer.version, QueryTerms.version, parts.embedder.name]
    reranker = [settings.rerank_url, settings.rerank_model, settings.rerank_candidates]
    return [*versions, settings.candidates, vector_weight(parts), *reranker]


def _given_answers(parts: Parts) -> GivenAnswers | NoGivenAnswers:
    settings = parts.settings
    if not settings.cache_answer_seconds:
        return NoGivenAnswers()
    answered_by: list[object] = [
        PROMPT_VERSION,
        settings.llm_base_url,
        settings.llm_temperature,
        settings.llm_max_tokens,
        settings.llm_context_tokens,
        settings.chat_sources,
        settings.least_relevance,
        *_found_by(parts),
    ]
    return GivenAnswers(parts.caches.answers, settings=answered_by, seconds=settings.cache_answer_seconds)


def _citer(analyzer: Analyzer) -> Callable[[str, Sequence[Source]], tuple[tuple[Citation, ...], int]]:
    verifier = CitationVerifier(analyzer)

    def cite(answer: str, sources: Sequence[Source]) -> tuple[tuple[Citation, ...], int]:
        verified = verifier.verify(answer, sources)
        return verified.citations, verified.dropped

    return cite
