"""Vectors in a real Chroma server, and in one that is away, hangs or talks nonsense."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pytest

from backend.app.domain.documents import Passage
from backend.app.errors import SearchUnavailable
from backend.app.storage.ids import new_id
from backend.app.storage.indexes.chroma import ChromaIndexes

Vectors = npt.NDArray[np.float32]


@pytest.fixture
def index(chroma_url: str) -> ChromaIndexes:
    return ChromaIndexes(chroma_url, "test")


@pytest.fixture
def collection(index: ChromaIndexes) -> Iterator[str]:
    collection = new_id()
    yield collection
    index.drop(collection)


def passages(*ids: int, document: str = "d") -> list[Passage]:
    return [Passage(id, document, "c", 0, "", 0, 0, None, None) for id in ids]


def unit_vectors(count: int, dimensions: int, seed: int = 1) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


AXES = np.eye(4, dtype=np.float32)


def ids(index: ChromaIndexes, collection: str, vector: Vectors, k: int = 10) -> list[int]:
    return [found.passage_id for found in index.search(collection, vector, k)]


def test_all_that_an_index_holds_is_told(
    index: ChromaIndexes, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.app.storage.indexes.chroma._READ_BATCH", 7)
    assert index.entries(collection) == set()
    index.remove(collection, [1])
    index.add(collection, passages(*range(1, 31)), unit_vectors(30, 4))
    assert index.entries(collection) == set(range(1, 31))
    index.remove(collection, [3, 30, 999])
    assert index.entries(collection) == set(range(1, 30)) - {3}


def test_what_belongs_to_no_collection_is_named_and_removed(
    index: ChromaIndexes, collection: str, chroma_url: str
) -> None:
    index.add(collection, passages(1), unit_vectors(1, 4))
    older = ChromaIndexes(chroma_url, "older")
    older.add(collection, passages(1), unit_vectors(1, 4))
    older.add("not-ours", passages(1), unit_vectors(1, 4))
    both = {f"{collection}-test", f"{collection}-older"}
    assert both <= set(index.strays([]))
    assert not {"not-ours-older", *both} & set(index.strays([collection]))
    for name in both:
        index.remove_stray(name)
    assert not both & set(index.strays([]))
    older.drop("not-ours")


def test_the_nearest_come_first_with_their_cosine(index: ChromaIndexes, collection: str) -> None:
    vectors = np.array([[1, 0, 0, 0], [3, 4, 0, 0], [0, 1, 0, 0], [-1, 0, 0, 0]], np.float32)
    index.add(collection, passages(1, 2**62 + 1, 3, 4), vectors)
    found = index.search(collection, AXES[0], 10)
    assert [item.passage_id for item in found] == [1, 2**62 + 1, 3, 4]
    assert [item.score for item in found] == pytest.approx([1.0, 0.6, 0.0, -1.0], abs=1e-5)
    assert index.search(collection, AXES[0], 2) == found[:2]


def test_an_index_that_was_never_made_finds_nothing(index: ChromaIndexes) -> None:
    collection = new_id()
    assert index.search(collection, AXES[0], 10) == []
    assert index.count(collection) == 0
    index.remove_documents(collection, ["d"])
    index.drop(collection)
    index.add(collection, [], AXES[:0])
    assert index.search(collection, AXES[0], 10) == []
    index.drop(collection)


def test_the_same_passage_twice_is_one_with_the_later_vector(index: ChromaIndexes, collection: str) -> None:
    index.add(collection, passages(1, 2), AXES[:2])
    index.add(collection, passages(1), AXES[2:3])
    assert index.count(collection) == 2
    assert ids(index, collection, AXES[2], 1) == [1]
    assert ids(index, collection, AXES[1], 1) == [2]


def test_a_documents_vectors_go_and_the_others_stay(index: ChromaIndexes, collection: str) -> None:
    index.add(collection, passages(1, 2, document="first"), AXES[:2])
    index.add(collection, passages(3, document="second"), AXES[2:3])
    index.remove_documents(collection, ["first"])
    index.remove_documents(collection, ["first"])
    assert index.count(collection) == 1
    assert ids(index, collection, AXES[0]) == [3]


def test_the_vectors_of_several_documents_go_at_once(index: ChromaIndexes, collection: str) -> None:
    for id, document in enumerate(("first", "second", "third"), 1):
        index.add(collection, passages(id, document=document), AXES[id - 1 : id])
    index.remove_documents(collection, ["first", "none", "third"])
    assert ids(index, collection, AXES[0]) == [2]


def test_collections_and_embedders_are_apart(chroma_url: str, index: ChromaIndexes, collection: str) -> None:
    other_embedder, other_collection = ChromaIndexes(chroma_url, "other"), new_id()
    index.add(collection, passages(1), AXES[:1])
    index.add(other_collection, passages(2), AXES[:1])
    other_embedder.add(collection, passages(3), np.ones((1, 8), np.float32))
    assert ids(index, collection, AXES[0]) == [1]
    assert ids(index, other_collection, AXES[0]) == [2]
    assert ids(other_embedder, collection, np.ones(8, np.float32)) == [3]
    other_embedder.drop(collection)
    index.drop(other_collection)
    assert index.count(collection) == 1


def test_a_dropped_index_is_empty_and_can_be_made_anew(index: ChromaIndexes, collection: str) -> None:
    index.add(collection, passages(1), AXES[:1])
    index.drop(collection)
    assert (index.count(collection), index.search(collection, AXES[0], 10)) == (0, [])
    index.add(collection, passages(2), AXES[:1])
    assert ids(index, collection, AXES[0]) == [2]


def test_who_remembers_an_index_finds_the_one_made_in_its_place(
    chroma_url: str, index: ChromaIndexes, collection: str
) -> None:
    reader = ChromaIndexes(chroma_url, "test")
    index.add(collection, passages(1), AXES[:1])
    assert ids(reader, collection, AXES[0]) == [1]
    index.drop(collection)
    assert ids(reader, collection, AXES[0]) == []
    index.add(collection, passages(2), AXES[:1])
    assert ids(reader, collection, AXES[0]) == [2]
    index.drop(collection)
    index.add(collection, passages(3), AXES[:1])
    assert reader.count(collection) == 1
    reader.add(collection, passages(4), AXES[1:2])
    assert ids(index, collection, AXES[0]) == [3, 4]


def test_who_remembers_an_index_that_was_dropped_makes_it_anew(
    chroma_url: str, index: ChromaIndexes, collection: str
) -> None:
    writer = ChromaIndexes(chroma_url, "test")
    writer.add(collection, passages(1), AXES[:1])
    index.drop(collection)
    writer.add(collection, passages(2), AXES[:1])
    assert ids(index, collection, AXES[0]) == [2]


def test_two_that_make_an_index_at_once_share_it(chroma_url: str, index: ChromaIndexes, collection: str) -> None:
    threads = [
        threading.Thread(
            target=ChromaIndexes(chroma_url, "test").add, args=(collection, passages(n + 1), AXES[n : n + 1])
        )
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert index.count(collection) == 4


def test_more_vectors_than_the_server_takes_at_once(index: ChromaIndexes, collection: str) -> None:
    vectors = unit_vectors(6000, 16)
    index.add(collection, passages(*range(1, 6001)), vectors)
    assert index.count(collection) == 6000
    assert [ids(index, collection, vectors[n], 1) for n in (0, 499, 500, 5460, 5999)] == [
        [1],
        [500],
        [501],
        [5461],
        [6000],
    ]


def test_of_random_vectors_nearly_all_of_the_true_nearest_are_found(index: ChromaIndexes, collection: str) -> None:
    vectors, questions = unit_vectors(3000, 128), unit_vectors(40, 128, seed=2)
    index.add(collection, passages(*range(3000)), vectors)
    hits = 0
    for question in questions:
        exact = np.argsort(-(vectors @ question))[:10]
        hits += len(set(exact.tolist()) & set(ids(index, collection, question, 10)))
    assert hits / (10 * len(questions)) >= 0.95


def test_a_vector_of_another_length_is_told(index: ChromaIndexes, collection: str) -> None:
    index.add(collection, passages(1), AXES[:1])
    with pytest.raises(SearchUnavailable, match="answered 400"):
        index.add(collection, passages(2), np.ones((1, 9), np.float32))
    assert index.count(collection) == 1


def test_a_server_that_answers_is_there(index: ChromaIndexes) -> None:
    index.ping()


# --- servers that are away ------------------------------------------------------------------


class Server:
    """A socket whose every connection is given to ``serve``."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.accepted = 0
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.accepted += 1
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._connections:
            connection.close()


def never(connection: socket.socket) -> None:
    return


def answering(body: bytes, status: str = "200 OK", times: int = 1000) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as requests, contextlib.suppress(OSError):
            for turn in range(times + 1):
                if not _read_request(requests) or turn == times:
                    return
                head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall(head.encode() + body)

    return serve


def _read_request(requests: BinaryIO) -> bool:
    """Read a request to its end; return False when none came any more."""
    head = list(iter(lambda: requests.readline().strip().lower(), b""))
    length = sum(int(line.partition(b":")[2]) for line in head if line.startswith(b"content-length:"))
    requests.read(length)
    return bool(head)


def every_method(index: ChromaIndexes) -> list[Callable[[], object]]:
    return [
        partial(index.search, "c", AXES[0], 10),
        partial(index.add, "c", passages(1), AXES[:1]),
        partial(index.remove_documents, "c", ["d"]),
        partial(index.drop, "c"),
        partial(index.count, "c"),
        index.ping,
    ]


def test_a_server_that_is_not_there_is_told() -> None:
    for act in every_method(ChromaIndexes("http://127.0.0.1:1", "test")):
        with pytest.raises(SearchUnavailable):
            act()


def test_a_server_that_accepts_and_never_answers_holds_nobody_up() -> None:
    with closing(Server(never)) as server:
        for act in every_method(ChromaIndexes(server.url, "test", timeout=0.05)):
            with pytest.raises(SearchUnavailable):
                act()
        assert server.accepted == 6  # asking one that hangs again would only double the wait


@pytest.mark.parametrize(
    "serve",
    [
        answering(b"rubbish"),
        answering(b"\xff"),
        answering(b"{}", "500 Internal Server Error"),
        answering(b"{}", "429 Too Many Requests"),
        lambda connection: connection.close(),
    ],
    ids=["rubbish", "bytes", "500", "429", "closed"],
)
def test_a_server_that_answers_otherwise_than_it_should_is_told(serve: Callable[[socket.socket], None]) -> None:
    with closing(Server(serve)) as server:
        for act in every_method(ChromaIndexes(server.url, "test", timeout=1.0)):
            with pytest.raises(SearchUnavailable):
                act()


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}", b"1", b'{"ids": [], "distances": []}'])
def test_an_answer_of_another_shape_is_told(body: bytes) -> None:
    with closing(Server(answering(body))) as server:
        index = ChromaIndexes(server.url, "test", timeout=1.0)
        index._ids["c"] = "known"
        with pytest.raises(SearchUnavailable):
            index.search("c", AXES[0], 10)


def test_a_connection_that_was_closed_while_idle_is_made_anew() -> None:
    with closing(Server(answering(b"{}", times=1))) as server:
        index = ChromaIndexes(server.url, "test", timeout=1.0)
        for _ in range(4):
            index.ping()
        assert server.accepted == 4
