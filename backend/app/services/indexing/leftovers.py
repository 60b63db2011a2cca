"""Index entries of what was deleted, failed or cancelled."""

from __future__ import annotations

import structlog

from backend.app.errors import Unavailable
from backend.app.services.embedding.searched import SearchedSpaces
from backend.app.storage.index_interfaces import LexicalIndexes
from backend.app.storage.interfaces import Indexing, Removal
from backend.app.storage.reembedding import Spaces

log = structlog.get_logger(__name__)


class Leftovers:
    def __init__(self, *, indexing: Indexing, lexical: LexicalIndexes, searched: SearchedSpaces, store: Spaces) -> None:
        self._indexing = indexing
        self._lexical = lexical
        self._searched = searched
        self._store = store

    def remove(self) -> int:
        """Take them away, and return the number of removals that had to stay.

        An index that is away keeps its collection's removals on the list, and no others. Whole collections go
        first: an index that is to be dropped need not be one that could still be written.
        """
        away: set[str] = set()
        stayed = 0
        for removal in sorted(self._indexing.removals(), key=lambda removal: removal.document_id is not None):
            try:
                if removal.collection_id not in away:
                    self._remove(removal)
                    continue
            except Unavailable as error:
                log.warning("removal_postponed", collection=removal.collection_id, error_code=error.error_code)
                away.add(removal.collection_id)
            stayed += 1
        return stayed

    def _remove(self, removal: Removal) -> None:
        collection_id, document_id = removal.collection_id, removal.document_id
        if document_id is None:
            self._lexical.drop(collection_id)
            prefix = self._store.name(collection_id, "")
            for name in self._store.held():
                if name.startswith(prefix):
                    self._store.remove_stray(name)
        elif not self._indexing.wants_entries(document_id):  # else its job replaces them
            self._lexical.remove_document(collection_id, document_id)
            for vectors in self._searched.every(collection_id):
                vectors.remove_documents(collection_id, [document_id])
        self._indexing.removed(removal)
