"""Another embedder is set: everything is embedded anew while search goes on, with real Chroma and SQLite."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backend.app import wiring, worker
from backend.app.domain.documents import Collection, Document
from backend.app.domain.search import SearchMode
from backend.app.errors import EmbedderUnavailable, SearchUnavailable
from backend.app.monitoring.null import NullMetrics
from backend.app.services.reembedding import ReembeddingService
from tests.fakes.scripted_endpoint import Reply, ScriptedEndpoint, embeddings
from tests.integration.library import Library, library
from tests.services.likeopt import eventually

TEXTS = {
    "lamp.txt": "The keeper lights the lamp at dusk. " * 40,
    "bread.txt": "Knead the dough and let it rise for an hour. " * 40,
    "sails.txt": "Reef the sails when the wind grows. " * 40,
}
ENDED = f"{socket.gethostname()}/{os.getpid()}/0.00"  # a process of this machine that ended long ago
Open = Callable[..., Library]


@pytest.fixture
def server() -> Iterator[ScriptedEndpoint]:
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def opened(tmp_path: Path, chroma_url: str, server: ScriptedEndpoint) -> Iterator[Open]:
    """Return a function that opens the data folder with a model of the endpoint, or with another embedder."""
    opened = []

    def open_(model: str, embedding: str = "openai") -> Library:
        served = {"embedding": embedding, "embedding_base_url": server.url, "embedding_model": model}
        context = library(tmp_path / "data", chroma_url, branch_timeout_ms=60_000, **served)
        found = context.__enter__()
        opened.append((context, found))
        return found

    yield open_
    for context, found in reversed(opened):
        for name in spaces(found):
            found.parts.vectors.remove_stray(name)
        context.__exit__(None, None, None)


@pytest.fixture
def before(opened: Open) -> Library:
    """A library that was indexed with the model before."""
    found = opened("old")
    for name, text in TEXTS.items():
        assert found.add(name, text).status.value == "ready"
    return found


def models(server: ScriptedEndpoint) -> set[str]:
    return {request["model"] for _, request in server.requests}


def texts(server: ScriptedEndpoint) -> int:
    """Return how many passages the new model embedded."""
    return sum(len(request["input"]) for _, request in server.requests if request["model"] == "new")


def spaces(of: Library) -> list[str]:
    """Return the names of the vectors that the collection has."""
    return sorted(name for name in of.parts.vectors.held() if name.startswith(of.collection.id))


def collection(of: Library) -> Collection:
    return of.services.collections.selected(of.user, [of.collection.id])[0]


def moving(of: Library, owner: str = "tests") -> ReembeddingService:
    return wiring.reembedding_service(of.parts, owner)


def finish(service: ReembeddingService) -> None:
    for _ in range(1000):
        if not service.step():
            return
    raise AssertionError("it does not end")


def best(of: Library, query: str) -> str:
    result = of.services.search.search(of.user, query, SearchMode.VECTOR, 1)
    return of.services.documents.get(of.user, result.hits[0].passage.document_id).filename


def test_search_goes_on_with_the_old_vectors_and_then_with_the_new(
    before: Library, opened: Open, server: ScriptedEndpoint
) -> None:
    after = opened("new")
    service = moving(after)
    server.requests.clear()
    assert best(after, "keeper of the lamp") == "lamp.txt"
    assert models(server) == {"old"}, "the question is embedded as the passages were"
    version = collection(after).version
    while (now := collection(after)).embedding == "openai:old":
        assert best(after, "dough that rises") == "bread.txt"
        assert service.step()
    assert (now.embedding, now.version) == ("openai:new", version + 1), "so that no cached search outlives it"
    assert not service.step()
    server.requests.clear()
    assert best(after, "reef the sails") == "sails.txt"
    assert models(server) == {"new"}
    assert len(spaces(after)) == 1, "the old vectors are gone"
    assert after.faults() == []
    assert after.services.documents.reembedding(after.user) is None


def test_vectors_of_512_dimensions_give_way_to_those_of_384(opened: Open, server: ScriptedEndpoint) -> None:
    """From the embedder that comes with the application to a model at an endpoint."""
    server.answer = partial(embeddings, dimensions=384)
    own = opened("", "use")
    for name, text in TEXTS.items():
        own.add(name, text)
    assert own.parts.embedder.dimensions == 512
    assert best(own, "the keeper's lamp") == "lamp.txt"
    after = opened("new")
    service = moving(after)
    while collection(after).embedding == "use":
        assert best(after, "flour for a loaf") == "bread.txt", "told by meaning: none of these words is there"
        assert service.step()
    finish(service)
    assert after.parts.embedder.dimensions == 384
    assert best(after, "reef the sails") == "sails.txt"
    assert after.faults() == []
    back = opened("", "use")
    finish(moving(back))
    assert collection(back).embedding == "use"
    assert best(back, "flour for a loaf") == "bread.txt"
    assert back.faults() == []


def test_progress_is_told_from_the_first_batch_on(before: Library, opened: Open) -> None:
    after = opened("new")
    total = sum(len(after.passages(document)) for document in documents(after))
    service = moving(after)
    after.parts.embedder.batch = 2
    seen = []
    while service.step():
        move = after.services.documents.reembedding(after.user)
        if move is not None:
            assert (move.sources, move.target, move.passages) == (("openai:old",), "openai:new", total)
            seen.append(move.done)
    assert seen == sorted(set(seen))
    assert seen[-1] == total


def documents(of: Library) -> list[Document]:
    return of.parts.indexing.documents_of(of.collection.id)


def test_documents_that_come_and_go_meanwhile_are_in_both(before: Library, opened: Open) -> None:
    after = opened("new")
    after.parts.embedder.batch = 2
    service = moving(after)
    service.step()
    new = after.add("ropes.txt", "Splice the ropes before the voyage. " * 40)
    assert best(after, "splice ropes") == "ropes.txt", "found at once, by the old vectors"
    gone = next(found for found in documents(after) if found.filename == "lamp.txt")
    after.services.documents.delete(after.user, gone.id)
    after.work()
    finish(service)
    assert collection(after).embedding == "openai:new"
    assert best(after, "splice ropes") == "ropes.txt"
    assert set(after.passages(new)) <= after.parts.vectors.entries(after.collection.id)
    assert after.faults() == [], "neither a passage too few nor one too many"


def test_a_killed_process_is_followed_by_one_that_goes_on(
    before: Library, opened: Open, server: ScriptedEndpoint
) -> None:
    killed = opened("new")
    killed.parts.embedder.batch = 1
    service = moving(killed, ENDED)
    service.step()
    service.step()
    embedded = texts(server)
    total = sum(len(killed.passages(document)) for document in documents(killed))
    again = opened("new")
    finish(moving(again))
    assert collection(again).embedding == "openai:new"
    assert embedded == 2 < total
    assert texts(server) == total, "none is embedded twice"
    assert again.faults() == []


def test_a_kill_between_the_change_and_the_tidying_leaves_nothing(before: Library, opened: Open) -> None:
    after = opened("new")
    service = moving(after)
    service.drop_unused = lambda collection_id: None  # type: ignore[method-assign]  # killed before it
    finish(service)
    assert len(spaces(after)) == 2
    finish(moving(opened("new")))
    assert len(spaces(after)) == 1


def test_going_back_drops_what_was_begun(before: Library, opened: Open) -> None:
    begun = opened("new")
    begun.parts.embedder.batch = 2
    service = moving(begun)
    service.step()
    service.release()
    assert len(spaces(begun)) == 2
    back = opened("old")
    finish(moving(back))
    assert collection(back).embedding == "openai:old"
    assert len(spaces(back)) == 1
    assert best(back, "keeper of the lamp") == "lamp.txt"
    other = opened("another")
    finish(moving(other))
    assert collection(other).embedding == "openai:another"
    assert other.faults() == []


def test_new_vectors_that_were_lost_on_the_way_are_made_again(before: Library, opened: Open) -> None:
    after = opened("new")
    after.parts.embedder.batch = 2
    service = moving(after)
    service.step()
    after.parts.vectors.drop(after.collection.id)
    finish(service)
    assert collection(after).embedding == "openai:new"
    assert after.faults() == []


def test_passages_that_another_indexer_stores_are_not_taken_for_lost_vectors(
    before: Library, opened: Open, server: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = opened("new")
    space = after.parts.spaces.chosen.vectors
    count = space.count

    def counted(collection_id: str) -> int:
        """As late as can be: what is left was asked for, and how much there is to be will be next."""
        monkeypatch.undo()
        found = count(collection_id)
        after.add("ropes.txt", "Splice the ropes before the voyage. " * 40)
        return found

    monkeypatch.setattr(space, "count", counted)
    finish(moving(after))
    assert collection(after).embedding == "openai:new"
    assert texts(server) == sum(len(after.passages(document)) for document in documents(after)), "none twice"
    assert best(after, "splice the ropes") == "ropes.txt"


def test_a_new_embedder_that_is_away_leaves_everything_as_it_is(
    before: Library, opened: Open, server: ScriptedEndpoint
) -> None:
    after = opened("new")
    after.parts.embedder._sleep = lambda seconds: None  # type: ignore[attr-defined]
    server.answer = lambda request: Reply(503, {}) if request["model"] == "new" else embeddings(request)
    service = moving(after)
    with pytest.raises(EmbedderUnavailable, match="503"):
        service.step()
    assert best(after, "keeper of the lamp") == "lamp.txt"
    new = after.add("ropes.txt", "Splice the ropes. " * 40)
    assert new.status.value == "ready", "embedded by the old one"
    server.answer = embeddings
    finish(service)
    assert best(after, "splice ropes") == "ropes.txt"


def test_an_old_embedder_that_is_away_degrades_search_until_the_change(
    before: Library, opened: Open, server: ScriptedEndpoint
) -> None:
    server.answer = lambda request: Reply(401, {}) if request["model"] == "old" else embeddings(request)
    after = opened("new")
    with pytest.raises(SearchUnavailable, match="LIKEOPT_EMBEDDING_API_KEY"):
        best(after, "keeper of the lamp")
    assert after.found("keeper", "hybrid"), "by words"
    new = after.add("ropes.txt", "Splice the ropes. " * 40)
    assert new.status.value == "searchable", "postponed, not failed"
    finish(moving(after))
    after.work()
    assert after.get(new).status.value == "ready"
    assert best(after, "keeper of the lamp") == "lamp.txt"
    assert after.faults() == []


@contextmanager
def beside(indexer: worker.Indexer, work: Callable[[], None]) -> Iterator[None]:
    """Have a thread of the indexing process run meanwhile."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        indexer.stop()
        thread.join()


@pytest.fixture
def waiting(before: Library, opened: Open, server: ScriptedEndpoint) -> Iterator[tuple[Library, worker.Indexer]]:
    """An indexing process with the new embedder, and two documents that wait for vectors by the old, which is gone."""
    server.answer = lambda request: Reply(401, {}) if request["model"] == "old" else embeddings(request)
    after = opened("new")
    indexer = worker.Indexer(after.settings, NullMetrics())
    for name in ("ropes.txt", "knots.txt"):
        after.put(name, f"Splice the ropes, says {name}. " * 40)
    indexer._work_off()
    yield after, indexer
    indexer._parts.close()


def test_documents_that_wait_for_an_old_embedder_that_is_gone_do_not_hold_back_the_change(
    waiting: tuple[Library, worker.Indexer],
) -> None:
    after, indexer = waiting
    assert len(after.indexing.pending()) == 2
    with beside(indexer, indexer._reembed):
        eventually(lambda: collection(after).embedding == "openai:new", "it has moved", 20)
    after.work()
    assert {document.status.value for document in documents(after)} == {"ready"}
    assert best(after, "splice the ropes, says knots.txt") == "knots.txt"
    assert after.faults() == []


def test_nor_do_they_hold_back_lost_vectors_of_another_collection(
    waiting: tuple[Library, worker.Indexer],
) -> None:
    after, indexer = waiting
    other = after.services.collections.create(after.user, "Other")
    after.put("oars.txt", "Row with the oars. " * 40, other.id)
    indexer._work_off()
    after.parts.vectors.drop(other.id)
    with beside(indexer, indexer._complete):
        eventually(lambda: after.parts.vectors.count(other.id) > 0, "they are made again", 20)


@pytest.mark.parametrize("dead", ["refuses", "hangs"])
def test_documents_get_ready_by_the_old_embedder_while_a_new_one_that_is_dead_is_waited_for(
    before: Library, opened: Open, server: ScriptedEndpoint, dead: str
) -> None:
    waits, over = threading.Event(), threading.Event()

    def wait(seconds: float = 60) -> None:
        waits.set()
        over.wait(60)

    def answer(request: Mapping[str, Any]) -> Reply:
        if request["model"] == "old":
            return embeddings(request)
        if dead == "hangs":
            wait()
        return Reply(503, {})

    server.answer = answer
    after = opened("new")
    indexer = worker.Indexer(after.settings, NullMetrics())
    indexer._parts.embedder._sleep = wait  # type: ignore[attr-defined]  # between two attempts
    try:
        with beside(indexer, indexer._reembed):
            assert waits.wait(60), "the new one is tried"
            new = after.put("ropes.txt", "Splice the ropes before the voyage. " * 40)
            with beside(indexer, indexer._work_off):
                try:
                    eventually(lambda: after.get(new).status.value == "ready", "it is ready", 30)
                finally:
                    over.set()
        assert best(after, "splice the ropes") == "ropes.txt"
        server.answer = embeddings
        finish(moving(after))
        assert after.faults() == []
    finally:
        indexer._parts.close()


def test_what_is_deleted_while_a_new_embedder_is_waited_for_gets_no_vectors_by_it(
    before: Library, opened: Open, server: ScriptedEndpoint
) -> None:
    after = opened("new")
    lamp, *_ = (found for found in documents(after) if found.filename == "lamp.txt")
    passages = after.passages(lamp)

    def late(request: Mapping[str, Any]) -> Reply:
        server.answer = embeddings
        after.services.documents.delete(after.user, lamp.id)
        after.work()
        return embeddings(request)

    server.answer = late
    service = moving(after)
    finish(service)
    assert collection(after).embedding == "openai:new"
    assert after.parts.vectors.entries(after.collection.id).isdisjoint(passages)
    assert after.faults() == []


def test_reindexing_moves_what_is_not_yet_moved(before: Library, opened: Open) -> None:
    after = opened("new")
    assert wiring.reindexing_service(after.parts, "tests").rebuild() == len(TEXTS)
    assert collection(after).embedding == "openai:new"
    assert after.faults() == []


def test_collections_of_two_embedders_are_searched_together(before: Library, opened: Open) -> None:
    """As while one has moved and the other has not: their cosines say nothing about each other."""
    after = opened("new")
    other = after.services.collections.create(after.user, "Other")
    after.add("ropes.txt", "Splice the ropes before the voyage. " * 40, other.id)
    assert {c.embedding for c in after.services.collections.selected(after.user, None)} == {"openai:old", "openai:new"}
    assert {best(after, "splice the ropes"), best(after, "the keeper's lamp")} <= {"ropes.txt", "lamp.txt"}
    assert after.found("lamp", "vector") >= {found.id for found in documents(after)}


def test_a_deleted_collection_takes_all_its_vectors_along(before: Library, opened: Open) -> None:
    after = opened("new")
    moving(after).step()
    assert len(spaces(after)) == 2
    after.services.collections.create(after.user, "Another")
    after.services.collections.delete(after.user, after.collection.id)
    after.work()
    assert spaces(after) == []
