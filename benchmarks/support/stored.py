"""What a prepared folder holds, read past the product: its passages' words and vectors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import urllib3
from sqlalchemy import text

from backend.app.config import Settings
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.index_text import index_text
from backend.app.storage.database import Database
from backend.app.storage.indexes.chroma import ChromaIndexes
from backend.app.storage.repositories.passages import SqlPassages

_BATCH = 2_000
_COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"


class Stored:
    """The only collection of a prepared folder. ``vectors`` needs its Chroma running, ``terms`` does not."""

    def __init__(self, data: Path, chroma_url: str) -> None:
        settings = Settings(data_dir=data)
        database = Database(settings.sqlalchemy_url)
        self._passages = SqlPassages(database)
        rows = database.read(
            lambda session: session.execute(text("SELECT id, title, collection_id FROM documents")).all()
        )
        self._titles = {row.id: row.title for row in rows}
        (self.collection,) = {row.collection_id for row in rows}
        self.passages = int(database.read(lambda session: session.scalar(text("SELECT count(*) FROM passages")) or 0))
        self.chroma = ChromaIndexes(chroma_url, settings.embedding)
        self._url = chroma_url
        self._name = self.chroma.name(self.collection, settings.embedding)

    def terms(self, analyzer: Analyzer) -> Iterator[tuple[int, list[str]]]:
        for batch in self._passages.of_collection(self.collection):
            for passage in batch:
                yield passage.id, analyzer.terms(index_text(self._titles[passage.document_id], passage))

    def vectors(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the ids and, a row each, the unit vectors."""
        http = urllib3.PoolManager()
        found = http.request("GET", f"{self._url}{_COLLECTIONS}/{self._name}").json()
        ids: list[int] = []
        vectors: list[npt.NDArray[np.float32]] = []
        while True:
            body = {"include": ["embeddings"], "limit": _BATCH, "offset": len(ids)}
            part = http.request("POST", f"{self._url}{_COLLECTIONS}/{found['id']}/get", json=body).json()
            if not part["ids"]:
                break
            ids += map(int, part["ids"])
            vectors.append(np.asarray(part["embeddings"], np.float32))
        joined = np.concatenate(vectors)
        return np.asarray(ids), joined / np.linalg.norm(joined, axis=1, keepdims=True)
