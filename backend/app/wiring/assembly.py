"""The services, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import backend.app.services.ingestion.formats as formats
from backend.app.cache.copies import Copies
from backend.app.config import Settings
from backend.app.security.passwords import Passwords
from backend.app.services.accounts import AccountService
from backend.app.services.audit import AuditLog
from backend.app.services.bundle import Services
from backend.app.services.chat import ChatService
from backend.app.services.collections import CollectionService
from backend.app.services.completions import CompletionService
from backend.app.services.conversations import ConversationService
from backend.app.services.folders.watching import FolderService
from backend.app.services.health import HealthService
from backend.app.services.ingestion.pictures import PictureReader
from backend.app.services.invitations import InvitationService
from backend.app.services.keys import KeyService
from backend.app.services.llm.registry import LanguageModels
from backend.app.services.people import PeopleService
from backend.app.services.pictures import PictureService
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
from backend.app.storage.repositories.folders import SqlWatchedFolders
from backend.app.storage.repositories.invitations import SqlInvitations
from backend.app.storage.repositories.people import SqlPeople
from backend.app.storage.repositories.room import SqlRoom
from backend.app.storage.repositories.sessions import SqlSessions
from backend.app.storage.repositories.users import SqlUsers
from backend.app.wiring.answering import answering_service, cached_retriever
from backend.app.wiring.building_blocks import Parts, bounds
from backend.app.wiring.documents import documents_service, watch_roots
from backend.app.wiring.evaluating import evaluation
from backend.app.wiring.limiting import guesses, open_streams
from backend.app.wiring.measuring import performance
from backend.app.wiring.probes import probes
from backend.app.wiring.signing_on import single_sign_on

if TYPE_CHECKING:
    pass


def services(parts: Parts) -> Services:
    """Build what handlers and commands call."""
    settings, database, metrics = parts.settings, parts.database, parts.metrics
    collections = CollectionService(SqlCollections(database), parts.files, parts.queue, Copies(parts.access))
    conversations = SqlConversations(database)
    retriever = cached_retriever(parts)
    models = LanguageModels(settings, parts.analyzer)
    documents = documents_service(parts)
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
    answering = answering_service(parts, retriever, models)
    folders = FolderService(SqlWatchedFolders(database), watch_roots(parts))
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
        sessions=SessionService(SqlSessions(database), Copies(parts.access), hours=settings.session_hours),
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
