"""What became of each file that ``likeopt ingest`` was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from backend.app.cli.output import Bar
from backend.app.domain.documents import Document, DocumentStatus, Problem


@dataclass(eq=False)
class Item:
    """A file or the address of a page, its document once it is taken in, and why it failed if it did."""

    path: Path | str
    document: Document | None = None
    job_id: str | None = None
    duplicate: bool = False
    problem: Problem | None = None


@dataclass
class Report:
    """Says of each file how it ended as soon as it has."""

    bar: Bar
    open: dict[str, Item] = field(default_factory=dict)  # by document
    ended: list[Item] = field(default_factory=list)

    def add(self, item: Item) -> None:
        """Note a file: one whose document is still to be indexed stays open."""
        document = item.document
        if document is not None and not item.problem and not document.status.is_final:
            self.open[document.id] = item
        else:
            self.end(item)

    def update(self, document: Document) -> None:
        item = self.open.get(document.id)
        if item is not None:
            item.document = document
            if document.status.is_final:
                self.end(item)

    def end(self, item: Item, problem: Problem | None = None) -> None:
        document = item.document
        if document is not None:
            self.open.pop(document.id, None)
            if document.status is not DocumentStatus.READY:
                item.problem = document.error or problem or Problem("CANCELLED", "Its indexing was cancelled.")
        self.ended.append(item)
        path = click.format_filename(item.path)
        if item.problem:
            self.bar.say(f"failed     {path}: {item.problem.message}", err=True)
        elif item.duplicate:
            self.bar.say(f"duplicate  {path} (already there)")
        elif document is not None:
            self.bar.say(f"ready      {path} ({_count(document.passages, 'passage')})")

    def show(self, item: Item, progress: float) -> None:
        total = len(self.ended) + len(self.open)
        self.bar.show(len(self.ended) + progress, total, click.format_filename(item.path, shorten=True) + _amount(item))

    def count(self, name: str) -> int:
        return sum(_outcome(item) == name for item in self.ended)

    def summary(self, collection: str) -> str:
        if not self.ended:
            return "No file of a supported kind was found."
        said = {"ready": "indexed", "duplicate": "already there", "failed": "failed"}
        counts = ", ".join(f"{self.count(name)} {words}" for name, words in said.items() if self.count(name))
        return f"{counts} in “{collection}”."

    def as_json(self) -> dict[str, Any]:
        return {
            "files": [_as_json(item) for item in self.ended],
            **{name: self.count(name) for name in ("ready", "duplicate", "failed")},
        }


def _amount(item: Item) -> str:
    """Say how many of a document's passages are embedded, and in which time it may be ready."""
    document = item.document
    if document is None or not document.passages or document.status is not DocumentStatus.SEARCHABLE:
        return ""
    done = round(document.passages * (document.progress - 0.3) / 0.7)
    left = f", {document.left[0]:.0f} to {document.left[1]:.0f} s" if document.left else ""
    return f" ({max(0, done):,} of {document.passages:,} passages{left})"


def _outcome(item: Item) -> str:
    return "failed" if item.problem else "duplicate" if item.duplicate else "ready"


def _as_json(item: Item) -> dict[str, Any]:
    document, problem = item.document, item.problem
    return {
        "path": click.format_filename(item.path),
        "outcome": _outcome(item),
        "document_id": document.id if document else None,
        "title": document.title if document else None,
        "passages": document.passages if document else 0,
        "error": {"error_code": problem.error_code, "message": problem.message} if problem else None,
    }


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
