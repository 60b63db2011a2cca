"""What the server has acknowledged, and what it may or may not have done of all it was asked for.

A thing counts as acknowledged when its answer was read to the end and said so: the status of a short
answer, ``done`` at the end of a stream. Whatever broke off before is uncertain: it may be there once,
or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar


@dataclass
class Exchange:
    """A question, and the answers of which one may stand below it.

    Each question has words that no other has. ``answers`` holds the text where ``done`` was read, and
    None where nobody knows what was stored. ``nameless`` attempts broke off before they said an id.
    """

    texts: set[str]
    question_id: str = ""
    is_certain: bool = False
    nameless: int = 0
    answers: dict[str, str | None] = field(default_factory=dict)
    thumbs: set[int | None] = field(default_factory=lambda: {None})

    @property
    def settled_answer(self) -> str | None:
        """The id of the answer, where only one can stand there."""
        return next(iter(self.answers)) if self.is_certain and not self.is_open else None

    @property
    def is_open(self) -> bool:
        """Tell whether an attempt at its answer broke off."""
        return not self.is_certain or self.nameless > 0 or len(self.answers) != 1


@dataclass
class Thing:
    """``gone`` is None while a deletion was asked for and not answered."""

    gone: bool | None = False


@dataclass(kw_only=True)
class Talk(Thing):
    """A conversation."""

    id: str
    titles: set[str]
    exchanges: list[Exchange]


@dataclass(kw_only=True)
class File(Thing):
    """A file that was sent; ``id`` is empty where no answer came."""

    name: str
    content: bytes
    shelf: Shelf
    id: str = ""


@dataclass(kw_only=True)
class Shelf(Thing):
    """A collection."""

    names: set[str]
    id: str = ""


T = TypeVar("T", bound=Thing)


def there(things: list[T]) -> list[T]:
    return [thing for thing in things if thing.gone is False]


@dataclass
class Ledger:
    """One person's."""

    talks: list[Talk] = field(default_factory=list)
    unopened: set[str] = field(default_factory=set)  # questions whose conversation nobody heard of
    files: list[File] = field(default_factory=list)
    shelves: list[Shelf] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Count what is certain."""
        exchanges = [exchange for talk in there(self.talks) for exchange in talk.exchanges]
        return {
            "exchanges": sum(exchange.is_certain for exchange in exchanges),
            "thumbs": sum(None not in exchange.thumbs for exchange in exchanges),
            "names": sum(len(talk.titles) == 1 for talk in there(self.talks))
            + sum(len(shelf.names) == 1 and bool(shelf.id) for shelf in there(self.shelves)),
            "documents": sum(bool(file.id) for file in there(self.files)),
            "collections": sum(bool(shelf.id) for shelf in there(self.shelves)),
            "deletions": sum(bool(thing.gone) for thing in [*self.talks, *self.files, *self.shelves]),
        }
