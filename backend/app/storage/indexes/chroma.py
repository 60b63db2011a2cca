"""Vectors in a Chroma server, one Chroma collection a collection and embedder.

Exactly one process owns Chroma's folder; everybody else asks it over HTTP. Its official client
was weighed and left aside: importing it costs 1.1 s and 66 MB in every process, and it waits
without a time limit. The few addresses that we need are spoken to directly.
"""

from __future__ import annotations

import itertools
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import blake2b
from typing import Annotated, Any, TypeVar, cast

import msgspec
import numpy as np
import numpy.typing as npt
import urllib3

from backend.app.concurrency import is_readable
from backend.app.domain.documents import Passage
from backend.app.domain.search import ScoredId
from backend.app.errors import SearchUnavailable
from backend.app.refusal import Refusal

_DATABASE = "/api/v2/tenants/default_tenant/databases/default_database/collections"
_WRITES = ("/upsert", "/delete")
_WRITE_BATCH = 500
_READ_BATCH = 5000
_OURS = re.compile("[0-9a-f]{32}-.+")  # names that we give
# Questions lie far from passages in the vector space: with the defaults (16 neighbours,
# ef_search 100) recall@10 fell to 0.64 at 100,000 passages.
HNSW = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 400}


_NO_NAME = re.compile("[^A-Za-z0-9]+")

T = TypeVar("T")


class _Collection(msgspec.Struct):
    id: str


class _Named(msgspec.Struct):
    name: str


class _Ids(msgspec.Struct):
    ids: list[str]


class _Found(msgspec.Struct):
    """One list a question; we ask one."""

    ids: Annotated[list[list[str]], msgspec.Meta(min_length=1)]
    distances: Annotated[list[list[float]], msgspec.Meta(min_length=1)]


def space_name(embedding: str) -> str:
    """Return an embedder's name as Chroma's names may be: one with other signs gets a hash, to stay the only one."""
    plain = _NO_NAME.sub("-", embedding)
    return plain if plain == embedding else f"{plain[:100]}-{blake2b(embedding.encode(), digest_size=4).hexdigest()}"


def _base64(vector: npt.NDArray[np.float32]) -> str:
    """Write a vector as Chroma's own client does: in a quarter of the bytes of a list of decimals, and exactly."""
    return b64encode(np.asarray(vector, "<f4").tobytes()).decode("ascii")


class _Connection(urllib3.connection.HTTPConnection):
    @property
    def is_connected(self) -> bool:  # looked at before each request
        return self.sock is not None and not is_readable(self.sock)


class _Connections(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class ChromaIndexes:
    """The vectors of one embedder.

    ``refusal`` is shared with all who write to this server, and with who starts it. A full disk may leave a
    transaction open in it, which cannot be ended: it then refuses all that is written, or takes it into that
    transaction, says so, and has lost it when it ends. So nothing more is written until it was started anew.
    """

    def __init__(
        self,
        url: str,
        embedding: str,
        *,
        refusal: Refusal | None = None,
        timeout: float = 10.0,
        connections: int = 32,
    ) -> None:
        self._refusal = refusal or Refusal()
        self._url = url.rstrip("/")
        self._space = space_name(embedding)
        self._timeout = urllib3.Timeout(connect=2.0, read=timeout)
        self._connections = connections
        self._http: urllib3.PoolManager | None = None
        self._ids: dict[str, str] = {}  # our collection's id -> Chroma's

    def search(self, collection_id: str, vector: npt.NDArray[np.float32], k: int) -> list[ScoredId]:
        body = {"query_embeddings": [vector.tolist()], "n_results": k, "include": ["distances"]}
        answer = self._of_collection("POST", "query", collection_id, body, _Found)
        if answer is None:
            return []
        pairs = zip(answer.ids[0], answer.distances[0], strict=True)
        return [ScoredId(int(passage_id), 1.0 - distance) for passage_id, distance in pairs]

    def add(self, collection_id: str, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> None:
        for first in range(0, len(passages), _WRITE_BATCH):
            batch = passages[first : first + _WRITE_BATCH]
            body = {
                "ids": [str(passage.id) for passage in batch],
                "embeddings": [_base64(vector) for vector in vectors[first : first + _WRITE_BATCH]],
                "metadatas": [{"document": passage.document_id} for passage in batch],
            }
            if self._of_collection("POST", "upsert", collection_id, body) is not None:
                continue
            self._create(collection_id)
            if self._of_collection("POST", "upsert", collection_id, body) is None:
                raise SearchUnavailable("The vector index of a collection went while it was written.")

    def remove_documents(self, collection_id: str, document_ids: Sequence[str]) -> None:
        self._of_collection("POST", "delete", collection_id, {"where": {"document": {"$in": list(document_ids)}}})

    def drop(self, collection_id: str) -> None:
        self._ids.pop(collection_id, None)
        self._request("DELETE", f"{_DATABASE}/{self._name(collection_id)}")

    def count(self, collection_id: str) -> int:
        return self._of_collection("GET", "count", collection_id, None, int) or 0

    def strays(self, known: Sequence[str]) -> list[str]:
        of = set(known)
        return [name for name in self._names() if _OURS.fullmatch(name) and name.partition("-")[0] not in of]

    def remove_stray(self, name: str) -> None:
        self._request("DELETE", f"{_DATABASE}/{name}")

    def held(self) -> list[str]:
        return list(self._names())

    def name(self, collection_id: str, embedding: str) -> str:
        return f"{collection_id}-{space_name(embedding)}"

    def entries(self, collection_id: str) -> set[int]:
        found: set[int] = set()
        for offset in itertools.count(0, _READ_BATCH):
            body = {"include": [], "limit": _READ_BATCH, "offset": offset}
            part = self._of_collection("POST", "get", collection_id, body, _Ids)
            if part is None or not part.ids:
                break
            found.update(map(int, part.ids))
        return found

    def remove(self, collection_id: str, ids: Sequence[int]) -> None:
        for first in range(0, len(ids), _WRITE_BATCH):
            body = {"ids": [str(id) for id in ids[first : first + _WRITE_BATCH]]}
            self._of_collection("POST", "delete", collection_id, body)

    def ping(self) -> None:
        self._request("GET", "/api/v2/heartbeat", timeout=urllib3.Timeout(1.0))

    def _names(self) -> Iterator[str]:
        seen = 0
        while part := self._request("GET", f"{_DATABASE}?limit=1000&offset={seen}", kind=list[_Named]):
            yield from (found.name for found in part)
            seen += len(part)

    def _name(self, collection_id: str) -> str:
        return f"{collection_id}-{self._space}"

    def _create(self, collection_id: str) -> None:
        body = {"name": self._name(collection_id), "configuration": {"hnsw": HNSW}, "get_or_create": True}
        made = self._request("POST", _DATABASE, body, _Collection)
        if made is not None:
            self._ids[collection_id] = made.id

    def _id(self, collection_id: str) -> str | None:
        known = self._ids.get(collection_id)
        if known is None:
            found = self._request("GET", f"{_DATABASE}/{self._name(collection_id)}", kind=_Collection)
            if found is not None:
                known = self._ids[collection_id] = found.id
        return known

    def _of_collection(
        self, method: str, action: str, collection_id: str, body: Any, kind: type[T] | Any = Any
    ) -> T | None:
        """Ask something of a collection; None when there is no such collection.

        A collection that was dropped and made anew has a new id, so a 404 for an id that was
        remembered is asked once more.
        """
        for _ in range(2):
            remembered = collection_id in self._ids
            chroma_id = self._id(collection_id)
            if chroma_id is None:
                return None
            answer: T | None = self._request(method, f"{_DATABASE}/{chroma_id}/{action}", body, kind)
            if answer is not None:
                return answer
            self._ids.pop(collection_id, None)
            if not remembered:
                return None
        return None

    def _request(
        self,
        method: str,
        path: str,
        body: Any = None,
        kind: type[T] | Any = Any,
        timeout: urllib3.Timeout | None = None,
    ) -> T | None:
        """Return the decoded answer, or None for 404.

        Raises:
            SearchUnavailable: Chroma does not answer, or not as it should.
        """
        is_write = method == "DELETE" or path.endswith(_WRITES)
        if is_write and self._refusal.is_recent():
            raise SearchUnavailable("The vector index has refused a write, and is to be started anew.")
        data = msgspec.json.encode(body) if body is not None else None
        try:
            response = self._ask(method, self._url + path, data, timeout or self._timeout)
        except urllib3.exceptions.HTTPError as error:
            raise SearchUnavailable("The vector index is not answering.") from error
        if is_write and response.status >= 500:
            self._refusal.note()
        if response.status == 404:
            return None
        if response.status >= 400:
            raise SearchUnavailable(f"The vector index answered {response.status}.")
        try:
            return cast(T, msgspec.json.decode(response.data, type=kind))
        except msgspec.DecodeError as error:
            raise SearchUnavailable("The vector index answered what it never should.") from error

    def _ask(self, method: str, url: str, data: bytes | None, timeout: urllib3.Timeout) -> urllib3.BaseHTTPResponse:
        ask = partial(
            self._pool().request,
            method,
            url,
            body=data,
            headers={"Content-Type": "application/json"},
            timeout=timeout,
            retries=False,
        )
        try:
            return ask()
        except urllib3.exceptions.ProtocolError:
            # The server closed an idle connection in this very moment. Each of our requests may be repeated.
            return ask()

    def _pool(self) -> urllib3.PoolManager:
        if self._http is None:  # made after the fork: a socket must not be shared by two workers
            self._http = urllib3.PoolManager(maxsize=self._connections, block=False)
            self._http.pool_classes_by_scheme = {**self._http.pool_classes_by_scheme, "http": _Connections}
        return self._http
