"""What services ask of storage about the embedder of each collection, and about moving to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.app.domain.documents import Passage
from backend.app.domain.search import MoveProgress


@dataclass(frozen=True, slots=True)
class Move:
    """A collection on its way from one embedder's vectors to another's, claimed by ``owner``.

    Passages get them in the order of their ids, which only rise: those up to ``last_passage_id`` have them, and a
    document that comes meanwhile lies ahead by itself.
    """

    collection_id: str
    source: str
    target: str
    last_passage_id: int
    owner: str


class Reembeddings(Protocol):
    def searched_by(self, collection_id: str, chosen: str) -> str:
        """Return the name of the embedder whose vectors are searched; a collection that has none yet gets ``chosen``."""

    def spaces_of(self, collection_id: str) -> list[str]:
        """Return the names of the embedders that a collection may have vectors of."""

    def to_move(self, target: str) -> list[str]:
        """Return the ids of the collections that are searched by another embedder than ``target``."""

    def abandoned(self, target: str) -> list[tuple[str, str]]:
        """Return moves that lead nowhere any more, as collection and embedder."""

    def forget(self, collection_id: str, embedding: str) -> None:
        """Give up a move; its vectors have been dropped."""

    def claim(self, collection_id: str, target: str, owner: str) -> Move | None:
        """Begin a move, or go on with one; None where there is nothing to move, or another works at it."""

    def next_passages(self, move: Move, limit: int) -> list[tuple[Passage, str]]:
        """Return the next passages with their documents' titles, of documents in any state."""

    def passages(self, move: Move) -> int:
        """Return how many passages it has come past; what is stored meanwhile lies ahead."""

    def advance(self, move: Move, last_passage_id: int) -> Move | None:
        """Note how far it has come, and keep it for longer; None when it is no longer this one's."""

    def finish(self, move: Move) -> bool:
        """Search by the new vectors from now on, in one transaction; False where passages have come meanwhile."""

    def release(self, move: Move) -> None: ...
    def leases(self) -> list[str]:
        """Return the owners of moves."""

    def free_leases(self, owner: str) -> None:
        """Give back what a process that no longer lives had claimed."""

    def progress(self, user_id: str | None, collection_id: str | None = None) -> MoveProgress | None:
        """Return how far moving has come over the collections that a user may see, or over all."""


class Spaces(Protocol):
    """All of the vector store: every collection's vectors by every embedder."""

    def held(self) -> Sequence[str]:
        """Return the names of what is stored, also of others that share the server."""

    def name(self, collection_id: str, embedding: str) -> str: ...
    def remove_stray(self, name: str) -> None: ...
