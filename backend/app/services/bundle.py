"""All services together, as handlers and commands are given them."""

from __future__ import annotations

from dataclasses import dataclass

from backend.app.config import Settings
from backend.app.monitoring.interfaces import Metrics
from backend.app.services.accounts import AccountService
from backend.app.services.audit import AuditLog
from backend.app.services.chat import ChatService
from backend.app.services.collections import CollectionService
from backend.app.services.completions import CompletionService
from backend.app.services.conversations import ConversationService
from backend.app.services.documents import DocumentService
from backend.app.services.embedding.base import Embedder
from backend.app.services.evaluation.bundle import EvaluationServices
from backend.app.services.folders.watching import FolderService
from backend.app.services.guesses import Guesses
from backend.app.services.health import HealthService
from backend.app.services.invitations import InvitationService
from backend.app.services.keys import KeyService
from backend.app.services.llm.registry import LanguageModels
from backend.app.services.open_streams import OpenStreams
from backend.app.services.people import PeopleService
from backend.app.services.performance import PerformanceService
from backend.app.services.pictures import PictureService
from backend.app.services.room import RoomService
from backend.app.services.search import SearchService
from backend.app.services.sessions import SessionService
from backend.app.services.single_sign_on import SingleSignOn
from backend.app.services.web.pages import WebPages


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    accounts: AccountService
    audit: AuditLog
    people: PeopleService
    invitations: InvitationService
    chat: ChatService
    collections: CollectionService
    completions: CompletionService
    conversations: ConversationService
    documents: DocumentService
    evaluation: EvaluationServices
    health: HealthService
    keys: KeyService
    metrics: Metrics
    models: LanguageModels
    performance: PerformanceService
    pictures: PictureService
    search: SearchService
    sessions: SessionService
    sign_on: SingleSignOn | None
    web_pages: WebPages
    embedder: Embedder
    folders: FolderService
    guesses: Guesses
    room: RoomService
    streams: OpenStreams
    formats: tuple[str, ...]
