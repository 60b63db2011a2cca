"""Vectors in a Chroma server, one Chroma collection a collection and embedder.

Exactly one process owns Chroma's folder; everybody else asks it over HTTP. Its official client
was weighed and left aside: importing it costs 1.1 s and 66 MB in every process, and it waits
without a time limit. The few addresses that we need are spoken to directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import urllib3

from backend.app.domain.documents import Passage
from backend.app.domain.search import ScoredId
from backend.app.errors import SearchUnavailable

_DATABASE = "/api/v2/tenants/default_tenant/databases/default_database/collections"
_WRITE_BATCH = 500
# Questions lie far from passages in the vector space: with the defaults (16 neighbours,
# ef_search 100) recall@10 fell to 0.64 at 100,000 passages.
_HNSW = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 400}


class ChromaIndexes:
    def __init__(self, url: str, embedding: str, *, timeout: float = 10.0, connections: int = 32) -> None:
        self._url = url.rstrip("/")
        self._embedding = embedding
        self._timeout = urllib3.Timeout(connect=2.0, read=timeout)
        self._connections = connections
        self._http: urllib3.PoolManager | None = None
        self._ids: dict[str, str] = {}  # our collection's id -> Chroma's

    def search(self, collection_id: str, vector: npt.NDArray[np.float32], k: int) -> list[ScoredId]:
        body = {"query_embeddings": [vector.tolist()], "n_results": k, "include": ["distances"]}
        answer = self._of_collection("query", collection_id, body)
        if answer is None:
            return []
        pairs = zip(answer["ids"][0], answer["distances"][0], strict=True)
        return [ScoredId(int(passage_id), 1.0 - distance) for passage_id, distance in pairs]

    def add(self, collection_id: str, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> None:
        self._create(collection_id)
        for first in range(0, len(passages), _WRITE_BATCH):
            batch = passages[first : first + _WRITE_BATCH]
            body = {
                "ids": [str(passage.id) for passage in batch],
                "embeddings": vectors[first : first + _WRITE_BATCH].tolist(),
                "metadatas": [{"document": passage.document_id} for passage in batch],
            }
            self._of_collection("upsert", collection_id, body)

    def remove_document(self, collection_id: str, document_id: str) -> None:
        self._of_collection("delete", collection_id, {"where": {"document": document_id}})

    def drop(self, collection_id: str) -> None:
        self._ids.pop(collection_id, None)
        self._request("DELETE", f"{_DATABASE}/{self._name(collection_id)}", None)

    def count(self, collection_id: str) -> int:
        chroma_id = self._id(collection_id)
        if chroma_id is None:
            return 0
        return int(self._request("GET", f"{_DATABASE}/{chroma_id}/count", None) or 0)

    def ping(self) -> None:
        self._request("GET", "/api/v2/heartbeat", None, timeout=urllib3.Timeout(1.0))

    def _name(self, collection_id: str) -> str:
        return f"{collection_id}-{self._embedding}"

    def _id(self, collection_id: str) -> str | None:
        known = self._ids.get(collection_id)
        if known is None:
            found = self._request("GET", f"{_DATABASE}/{self._name(collection_id)}", None)
            if found is None:
                return None
            known = self._ids[collection_id] = str(found["id"])
        return known

    def _create(self, collection_id: str) -> None:
        if self._id(collection_id) is None:
            body = {"name": self._name(collection_id), "configuration": {"hnsw": _HNSW}, "get_or_create": True}
            self._request("POST", _DATABASE, body)

    def _of_collection(self, action: str, collection_id: str, body: dict[str, Any]) -> Any:
        """Post to a collection; None when there is no such collection.

        A collection that was dropped and made anew has a new id, so a 404 for an id that was
        remembered is asked once more.
        """
        for _ in range(2):
            remembered = collection_id in self._ids
            chroma_id = self._id(collection_id)
            if chroma_id is None:
                return None
            answer = self._request("POST", f"{_DATABASE}/{chroma_id}/{action}", body)
            if answer is not None or not remembered:
                return answer
            self._ids.pop(collection_id, None)
        return None

    def _request(self, method: str, path: str, body: Any, timeout: urllib3.Timeout | None = None) -> Any:
        """Return the decoded answer, or None for 404.

        Raises:
            SearchUnavailable: Chroma does not answer, or not as it should.
        """
        try:
            response = self._pool().request(
                method,
                self._url + path,
                body=msgspec.json.encode(body) if body is not None else None,
                headers={"Content-Type": "application/json"},
                timeout=timeout or self._timeout,
                # A connection that the server closed while idle is worth one new try.
                retries=urllib3.Retry(connect=0, read=0, other=0, total=1, redirect=0, status=0),
            )
        except urllib3.exceptions.HTTPError as error:
            raise SearchUnavailable("The vector index is not answering.") from error
        if response.status == 404:
            return None
        if response.status >= 400:
            raise SearchUnavailable(f"The vector index answered {response.status}.")
        return msgspec.json.decode(response.data)

    def _pool(self) -> urllib3.PoolManager:
        if self._http is None:  # made after the fork: a socket must not be shared by two workers
            self._http = urllib3.PoolManager(maxsize=self._connections, block=False)
        return self._http
