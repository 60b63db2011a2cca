"""``likeopt search``: passages on the terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backend.app.cli.context import Builders, attached_toolbox, data_dir_option, load_settings, pass_builders
from backend.app.cli.output import clipped, columns, orderly_end, place, print_json, wrapped
from backend.app.security.typed_text import one_line

if TYPE_CHECKING:
    from backend.app.domain.search import Hit, SearchResult

_EXCERPT_LINES = 3
_LEAD_CHARS = 60  # of an excerpt before the first word of the query
_LOST = {"bm25": "The word index did not answer.", "vector": "The vector index did not answer."}


@click.command()
@click.argument("query")
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "bm25", "vector"]),
    default="hybrid",
    show_default=True,
    help="By words (bm25), by meaning (vector), or both.",
)
@click.option("-k", type=click.IntRange(1, 100), default=10, show_default=True, help="Passages to show.")
@click.option("--collection", "name", metavar="NAME", help="Where to search.  [default: everywhere]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_dir_option
@pass_builders
def search(
    builders: Builders, query: str, mode: str, k: int, name: str | None, as_json: bool, data_dir: Path | None
) -> None:
    """Show the passages that answer QUERY best."""
    from backend.app.cli.scope import collection_ids
    from backend.app.domain.search import SearchMode

    settings = load_settings(data_dir=data_dir)
    with (
        orderly_end(),
        attached_toolbox(builders, settings, "search", chroma=mode != "bm25") as toolbox,
    ):
        services = toolbox.services
        user = services.accounts.operator()
        result = services.search.search(user, query, SearchMode(mode), k, collection_ids(services, user, name))
    for branch in result.degraded:
        click.echo(f"Warning: {_LOST[branch]}", err=True)
    if as_json:
        print_json(_as_json(result))
    else:
        click.echo(_as_text(result, query))


def _as_json(result: SearchResult) -> dict[str, Any]:
    """Return what the API answers, without its envelope."""
    return {
        "data": [_hit(hit) for hit in result.hits],
        "count": len(result.hits),
        "degraded": list(result.degraded),
        "timings": dict(result.timings),
    }


def _hit(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "passage_id": passage.id,
        "document_id": passage.document_id,
        "title": hit.document_title,
        "collection_id": passage.collection_id,
        "text": passage.text,
        "page": passage.page,
        "heading": passage.heading,
        "start": passage.start,
        "end": passage.end,
        "score": round(hit.score, 6),
        "ranks": {"bm25": hit.bm25_rank, "vector": hit.vector_rank},
    }


def _as_text(result: SearchResult, query: str) -> str:
    if not result.hits:
        return "Nothing was found."
    return "\n\n".join(_as_paragraph(number, hit, query) for number, hit in enumerate(result.hits, 1))


def _as_paragraph(number: int, hit: Hit, query: str) -> str:
    indent = " " * 4
    score = f"{hit.score:.3f}"
    title = clipped(one_line(hit.document_title), columns() - len(indent) - len(score) - 2)
    lines = [click.style(f"{number:>2}. ", dim=True) + click.style(title, bold=True) + f"  {score}"]
    where = place(hit.passage.page, hit.passage.heading)
    if where:
        lines.append(click.style(indent + clipped(where, columns() - len(indent)), dim=True))
    lines.append(wrapped(excerpt(hit.passage.text, query), indent, lines=_EXCERPT_LINES))
    return "\n".join(lines)


def excerpt(text: str, query: str) -> str:
    """Return the text from a little before the first word of the query that it holds."""
    text = one_line(text)
    for word in sorted(re.findall(r"\w\w+", query), key=len, reverse=True):  # long words say most
        # Particles hang on a Korean noun, other ones in the text than in the question.
        stem = word if word.isascii() else word[:2]
        found = re.search(rf"\b{re.escape(stem)}", text, re.IGNORECASE)
        if found:
            start = text.rfind(" ", 0, max(0, found.start() - _LEAD_CHARS)) + 1
            return f"… {text[start:]}" if start else text
    return text
