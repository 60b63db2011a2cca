"""The tools: what each is called, takes and gives, and what it does for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mcp_types import Tool as Listing
from mcp_types import ToolAnnotations
from pydantic import BaseModel

from backend.app.api import serialise
from backend.app.api.guarded import guarded
from backend.app.api.mcp import shapes
from backend.app.domain.accounts import User
from backend.app.domain.chat import DoneEvent, ErrorEvent, Source, SourcesEvent, TokenEvent
from backend.app.domain.keys import Scope
from backend.app.domain.search import SearchMode
from backend.app.errors import AppError, CollectionNotFound
from backend.app.services.bundle import Services
from backend.app.services.completions import Request
from backend.app.storage.interfaces import DocumentFilter, Page

Result = tuple[str, BaseModel]  # the same for people and for programs


@dataclass(frozen=True, slots=True)
class Caller:
    user: User
    scopes: frozenset[Scope]
    services: Services


@dataclass(frozen=True, slots=True)
class Tool:
    """``run`` yields None while there is nothing yet, and last the result; one that ``waits`` for a model may
    do so for long."""

    name: str
    title: str
    description: str
    scope: Scope
    takes: type[shapes.Arguments]
    gives: type[BaseModel]
    run: Callable[[Caller, Any], Iterator[Result | None]]
    waits: bool = False

    def listing(self) -> Listing:
        return Listing(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.takes.model_json_schema(),
            output_schema=self.gives.model_json_schema(),
            # It changes nothing, and looks at nothing but these documents.
            annotations=ToolAnnotations(
                title=self.title,
                read_only_hint=True,
                destructive_hint=False,
                idempotent_hint=True,
                open_world_hint=False,
            ),
        )


def _search(caller: Caller, asked: shapes.Search) -> Iterator[Result]:
    ids = _collections(caller, asked.collection)
    found = caller.services.search.search(caller.user, asked.query, SearchMode.HYBRID, asked.k, ids)
    hits = [shapes.Hit.model_validate(serialise.hit(hit)) for hit in found.hits]
    lines = [f"{n}. {_place(hit)} (document {hit.document_id})\n{hit.text}" for n, hit in enumerate(hits, 1)]
    yield "\n\n".join(lines) or "Nothing was found.", shapes.Found(passages=hits, degraded=list(found.degraded))


def _ask(caller: Caller, asked: shapes.Ask) -> Iterator[Result | None]:
    ids = _collections(caller, asked.collection)
    every = caller.services
    request = Request(asked.question, collection_ids=None if ids is None else tuple(ids))
    text: list[str] = []
    sources: tuple[Source, ...] = ()
    for event in guarded(every.completions.complete(caller.user, request), every.metrics):
        if isinstance(event, TokenEvent):
            text.append(event.text)
        elif isinstance(event, SourcesEvent):
            sources = event.sources
        elif isinstance(event, ErrorEvent):
            raise ToolFailed(event.message)
        elif isinstance(event, DoneEvent):
            yield _answered("".join(text), sources, event)
            return
        yield None


class ToolFailed(AppError):
    """A failure that was told as an event."""


def _answered(text: str, sources: tuple[Source, ...], done: DoneEvent) -> Result:
    given = [shapes.Source.model_validate(serialise.source(source)) for source in sources]
    answered = shapes.Answered(
        answer=text,
        citations=[shapes.Citation.model_validate(serialise.citation(citation)) for citation in done.citations],
        sources=given,
        model=done.model,
        degraded=list(done.degraded),
    )
    cited = {citation.n for citation in done.citations}
    lines = [f"[{source.n}] {_place(source)} (document {source.document_id})" for source in given if source.n in cited]
    return "\n\n".join([text, *(["Sources:\n" + "\n".join(lines)] if lines else [])]), answered


def _list_documents(caller: Caller, asked: shapes.ListDocuments) -> Iterator[Result]:
    ids = _collections(caller, asked.collection)
    which = DocumentFilter(collection_id=ids[0] if ids else None, text=asked.title_contains)
    found, cursor = caller.services.documents.page(caller.user, which, Page(asked.limit, asked.cursor))
    documents = [
        shapes.Document.model_validate({**serialise.document(document), "document_id": document.id})
        for document in found
    ]
    lines = [f"{one.document_id}: {one.title} ({one.filename}, {one.status})" for one in documents]
    if cursor:
        lines.append(f"There are more: go on with the cursor {cursor}.")
    yield "\n".join(lines) or "There are no documents.", shapes.Listed(documents=documents, next_cursor=cursor)


def _read_document(caller: Caller, asked: shapes.ReadDocument) -> Iterator[Result]:
    document, path = caller.services.documents.text(caller.user, asked.document_id)
    whole = path.read_text("utf-8", "replace")
    text = whole[asked.start : asked.start + asked.characters]
    end = asked.start + len(text)
    read = shapes.Read(
        document_id=document.id,
        title=document.title,
        filename=document.filename,
        start=asked.start,
        end=end,
        total_characters=len(whole),
        text=text,
    )
    more = f"\n\n(Characters {asked.start} to {end} of {len(whole)}.)" if end < len(whole) or asked.start else ""
    yield text + more, read


def _collections(caller: Caller, named: str | None) -> list[str] | None:
    """Return the collection of that name or id, None for all."""
    if not named:
        return None
    visible = caller.services.collections.visible(caller.user)
    found = [one.id for one in visible if one.id == named] or [one.id for one in visible if one.name == named]
    if not found:
        names = ", ".join(f"“{one.name}”" for one in visible)
        raise CollectionNotFound(f"There is no collection “{named}”. There are: {names or 'none'}.")
    return found[:1]


def _place(passage: shapes.Passage) -> str:
    page = f"page {passage.page}" if passage.page else ""
    return ", ".join(part for part in (passage.title, page, passage.heading or "") if part)


TOOLS = (
    Tool(
        "search",
        "Search the documents",
        "Find passages of the user's own documents by words and by meaning, best first, each with its document,"
        " page and heading. Use it to see what the documents say; cite the title and page of what you use.",
        Scope.READ,
        shapes.Search,
        shapes.Found,
        _search,
    ),
    Tool(
        "ask",
        "Ask the documents",
        "Have a question answered from the user's own documents alone. The answer cites its sources by number, and"
        " each citation comes with the very words that prove it. It may take a while.",
        Scope.ASK,
        shapes.Ask,
        shapes.Answered,
        _ask,
        waits=True,
    ),
    Tool(
        "list_documents",
        "List the documents",
        "List the user's documents, the newest first, with their ids for read_document.",
        Scope.READ,
        shapes.ListDocuments,
        shapes.Listed,
        _list_documents,
    ),
    Tool(
        "read_document",
        "Read a document",
        "Read the text of one document, or a part of it around a passage's `start` that search or ask gave.",
        Scope.READ,
        shapes.ReadDocument,
        shapes.Read,
        _read_document,
    ),
)
