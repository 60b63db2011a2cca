"""Moving collections to another embedder's vectors, in SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from backend.app.domain.accounts import User
from backend.app.domain.search import MoveProgress
from backend.app.storage.reembedding import Move
from backend.app.storage.repositories.indexing import LEASE
from backend.app.storage.repositories.reembedding import SqlReembeddings
from tests.contract.storage.test_leases import Clock
from tests.contract.storage.world import World, at_once, chunks


class Stage:
    def __init__(self, world: World) -> None:
        self.world, self.clock = world, Clock()
        self.moves = SqlReembeddings(world.database, self.clock)
        self.ann = world.person("ann")
        self.collection = world.collection(self.ann)

    def put(self, name: str, *texts: str) -> list[int]:
        """Store a document's passages; return their ids."""
        _, job = self.world.upload(self.ann, name)
        stored = self.world.indexing.extracted(self.world.claimed(job), name, None, chunks(list(texts)))
        return [passage.id for passage in stored]

    def claim(self, owner: str = "one", target: str = "new") -> Move | None:
        return self.moves.claim(self.collection, target, owner)

    def moving(self) -> Move:
        move = self.claim()
        assert move is not None
        return move

    def advanced(self, move: Move, last: int) -> Move:
        further = self.moves.advance(move, last)
        assert further is not None
        return further


@pytest.fixture
def stage(world: World) -> Stage:
    stage = Stage(world)
    assert stage.moves.searched_by(stage.collection, "old") == "old"
    return stage


def test_a_collection_takes_the_embedder_of_its_first_vectors_and_keeps_it(world: World) -> None:
    stage = Stage(world)
    assert world.collections.get(stage.ann.id, stage.collection).embedding == ""
    assert stage.moves.to_move("old") == []
    taken = at_once(*[lambda: stage.moves.searched_by(stage.collection, "old")] * 4)
    assert set(taken) == {"old"}
    assert stage.moves.searched_by(stage.collection, "new") == "old"
    assert stage.moves.searched_by("unknown", "new") == "new"
    assert world.collections.get(stage.ann.id, stage.collection).embedding == "old"


def test_passages_come_in_the_order_of_their_ids_with_their_titles(stage: Stage) -> None:
    first, second = stage.put("first", "a", "b"), stage.put("second", "c")
    move = stage.moving()
    assert (move.source, move.target, move.last_passage_id) == ("old", "new", 0)
    found = stage.moves.next_passages(move, 2)
    assert [(passage.id, passage.text, title) for passage, title in found] == [
        (first[0], "a", "first"),
        (first[1], "b", "first"),
    ]
    move = stage.advanced(move, first[1])
    assert [(passage.id, title) for passage, title in stage.moves.next_passages(move, 2)] == [(second[0], "second")]
    assert stage.moves.passages(move) == 2


def test_passages_that_come_meanwhile_are_not_counted_among_those_that_have_their_vectors(stage: Stage) -> None:
    first = stage.put("first", "a", "b")
    move = stage.moving()
    assert stage.moves.passages(move) == 0
    move = stage.advanced(move, first[-1])
    stage.put("second", "c")
    assert stage.moves.passages(move) == 2


def test_it_ends_in_one_step_that_raises_the_version(stage: Stage) -> None:
    (last,) = stage.put("first", "a")
    version = stage.world.version(stage.ann, stage.collection)
    move = stage.moving()
    assert not stage.moves.finish(move), "not every passage has its vector"
    assert stage.moves.finish(stage.advanced(move, last))
    found = stage.world.collections.get(stage.ann.id, stage.collection)
    assert (found.embedding, found.version) == ("new", version + 1)
    assert stage.moves.to_move("new") == stage.moves.abandoned("new") == []
    assert stage.moves.progress(None) is None
    assert stage.claim() is None


def test_a_document_that_comes_meanwhile_keeps_it_from_ending(stage: Stage) -> None:
    (first,) = stage.put("first", "a")
    move = stage.advanced(stage.moving(), first)
    (second,) = stage.put("second", "b")
    assert not stage.moves.finish(move)
    assert stage.moves.finish(stage.advanced(move, second))


def test_a_move_has_one_owner_at_a_time_and_goes_on_where_it_was(stage: Stage) -> None:
    (first, *_) = stage.put("first", "a", "b")
    move = stage.advanced(stage.moving(), first)
    assert stage.claim("two") is None
    assert stage.moves.leases() == ["one"]
    stage.clock.pass_by(LEASE + timedelta(seconds=1))
    taken = stage.claim("two")
    assert taken == replace(move, owner="two")
    assert stage.moves.advance(move, 99) is None, "it is no longer the first one's"
    assert not stage.moves.finish(move)
    stage.moves.free_leases("two")
    assert stage.claim("three") == replace(move, owner="three")
    stage.moves.release(replace(move, owner="three"))
    assert stage.claim("four") == replace(move, owner="four")


def test_another_choice_makes_a_move_lead_nowhere(stage: Stage) -> None:
    stage.put("first", "a")
    stage.moving()
    assert stage.moves.spaces_of(stage.collection) == ["old", "new"]
    assert stage.claim("two", target="third") is None, "until the first is given up"
    for choice in ("third", "old"):
        assert stage.moves.abandoned(choice) == [(stage.collection, "new")]
    stage.moves.forget(stage.collection, "new")
    assert stage.moves.spaces_of(stage.collection) == ["old"]
    assert stage.claim("two", target="third") is not None


def test_a_deleted_collection_ends_its_move(stage: Stage) -> None:
    (last,) = stage.put("first", "a")
    move = stage.moving()
    stage.world.collections.create(stage.ann.id, "Another")
    stage.world.collections.delete(stage.ann.id, stage.collection)
    assert stage.moves.advance(move, last) is None
    assert not stage.moves.finish(move)
    assert stage.moves.spaces_of(stage.collection) == []


def test_progress_is_told_to_those_who_see_the_collection(stage: Stage) -> None:
    bob: User = stage.world.person("bob")
    ids = stage.put("first", "a", "b", "c")
    assert stage.moves.progress(stage.ann.id) is None
    stage.advanced(stage.moving(), ids[1])
    told = MoveProgress(("old",), "new", passages=3, done=2)
    assert stage.moves.progress(None) == stage.moves.progress(stage.ann.id) == told
    assert stage.moves.progress(stage.ann.id, stage.collection) == told
    assert stage.moves.progress(stage.ann.id, "another") is None
    assert stage.moves.progress(bob.id) is None
