"""``likeopt ask``: an answer on the terminal, with its sources."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backend.app.cli.context import Builders, attached_toolbox, data_dir_option, load_settings, pass_builders
from backend.app.cli.output import end, orderly_end, place, print_json, wrapped
from backend.app.security.typed_text import cleaned, one_line

if TYPE_CHECKING:
    from backend.app.domain.chat import ChatEvent, Citation, Source

_INDENT = " " * 4
_LOST = {
    "bm25": "The word index did not answer; sources were found by meaning alone.",
    "vector": "The vector index did not answer; sources were found by words alone.",
    "model": "The language model did not answer; these are quotations from your documents.",
}


@click.command()
@click.argument("question")
@click.option("--collection", "name", metavar="NAME", help="Where to look.  [default: everywhere]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, once the answer is complete.")
@data_dir_option
@pass_builders
def ask(builders: Builders, question: str, name: str | None, as_json: bool, data_dir: Path | None) -> None:
    """Answer QUESTION from your documents; the conversation is kept."""
    from backend.app.cli.scope import collection_ids
    from backend.app.services.chat import Question

    settings = load_settings(data_dir=data_dir)
    answer = _Answer(streamed=not as_json)
    with (
        orderly_end("Interrupted. What had arrived is kept."),
        attached_toolbox(builders, settings, "ask") as toolbox,
    ):
        services = toolbox.services
        user = services.accounts.operator()
        ids = collection_ids(services, user, name)
        asked = Question(question, collection_ids=tuple(ids) if ids else None)
        with closing(services.chat.ask(user, asked)) as events:  # type: ignore[type-var]  # a generator
            answer.take(events)
    if answer.error:
        end(f"Error: {answer.error}", 1)
    for branch in answer.degraded:
        click.echo(f"Warning: {_LOST[branch]}", err=True)
    if as_json:
        print_json(answer.as_json())
    elif answer.has_sources:
        click.echo(answer.sources_text())


class _Answer:
    """Collects a stream of events, and prints its words as they come if they are to be ``streamed``."""

    def __init__(self, *, streamed: bool) -> None:
        self._streamed = streamed
        self._pieces: list[str] = []
        self._ids: dict[str, str] = {}
        self._sources: tuple[Source, ...] = ()
        self._citations: tuple[Citation, ...] = ()
        self._done: dict[str, Any] = {}
        self.degraded: tuple[str, ...] = ()
        self.error = ""

    def take(self, events: Iterator[ChatEvent]) -> None:
        from backend.app.domain.chat import DoneEvent, ErrorEvent, MetaEvent, SourcesEvent, TokenEvent

        for event in events:
            match event:
                case MetaEvent():
                    self._ids = {"conversation_id": event.conversation_id, "message_id": event.message_id}
                case SourcesEvent():
                    self._sources = event.sources
                case TokenEvent():
                    self._pieces.append(event.text)
                    if self._streamed:
                        click.echo(cleaned(event.text), nl=False)
                case DoneEvent():
                    self._citations, self.degraded = event.citations, event.degraded
                    self._done = {
                        "model": event.model,
                        "degraded": list(event.degraded),
                        "usage": dataclasses.asdict(event.usage),
                        "timings": dict(event.timings),
                    }
                case ErrorEvent():
                    self.error = event.message
        if self._streamed and self._pieces:
            click.echo()

    @property
    def has_sources(self) -> bool:
        return bool(self._sources)

    def as_json(self) -> dict[str, Any]:
        return {
            **self._ids,
            "answer": "".join(self._pieces),
            "sources": [dataclasses.asdict(source) for source in self._sources],
            "citations": [dataclasses.asdict(citation) for citation in self._citations],
            **self._done,
        }

    def sources_text(self) -> str:
        """Return the sources that the answer quotes, each with what it quotes; without quotes, all that were found."""
        quotes: dict[int, list[str]] = {}
        for citation in self._citations:
            quotes.setdefault(citation.n, []).append(citation.quote)
        lines = ["", click.style("Sources" if quotes else "What was found", bold=True)]
        for source in self._sources:
            if not quotes or source.n in quotes:
                where = place(source.page, source.heading)
                lines.append(f"[{source.n}] {one_line(source.title)}" + (f" — {where}" if where else ""))
                lines += [wrapped(f"“{quote}”", _INDENT) for quote in dict.fromkeys(quotes.get(source.n, ()))]
            if not quotes:
                lines.append(wrapped(source.text, _INDENT, lines=2))
        return "\n".join(lines)
