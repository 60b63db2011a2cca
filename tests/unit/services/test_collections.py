from __future__ import annotations

from pathlib import Path

import pytest

from backend.app.cache.copies import Copies
from backend.app.domain.accounts import Access
from backend.app.epochs import NoEpoch
from backend.app.errors import CollectionNotFound, Forbidden, InvalidRequest
from backend.app.services.collections import CollectionService
from tests.fakes.documents import FolderFiles, ListQueue, MemoryCollections
from tests.fakes.things import collection, user

ADA, BOB = user("ada"), user("bob")


class Collections:
    def __init__(self, folder: Path) -> None:
        self.rows, self.files, self.queue = MemoryCollections(), FolderFiles(folder / "files"), ListQueue()
        self.service = CollectionService(self.rows, self.files, self.queue, Copies(NoEpoch()))
        self.rows.put("ada", collection("c1", name="Work"))
        self.rows.put("ada", collection("c2", name="Home", access=Access.READER))
        self.rows.put("ada", collection("c3", name="Team", access=Access.EDITOR))


@pytest.fixture
def collections(tmp_path: Path) -> Collections:
    return Collections(tmp_path)


def test_all_that_the_user_may_see_or_those_named_in_their_order(collections: Collections) -> None:
    service = collections.service
    assert [c.id for c in service.visible(ADA)] == ["c1", "c2", "c3"]
    for everything in (None, [], ()):
        assert [c.id for c in service.selected(ADA, everything)] == ["c1", "c2", "c3"]
    assert [c.id for c in service.selected(ADA, ["c3", "c1", "c3"])] == ["c3", "c1"]


@pytest.mark.parametrize("ids", [["c9"], ["c1", "c9"]])
def test_a_collection_that_is_not_there_is_not_found(collections: Collections, ids: list[str]) -> None:
    with pytest.raises(CollectionNotFound):
        collections.service.selected(ADA, ids)


def test_somebody_elses_collection_is_not_found_either(collections: Collections) -> None:
    assert collections.service.visible(BOB) == []
    with pytest.raises(CollectionNotFound):
        collections.service.selected(BOB, ["c1"])


def test_files_go_into_the_first_collection_that_is_the_users_own(collections: Collections) -> None:
    collections.rows.put("bob", collection("c4", access=Access.READER))
    collections.rows.put("bob", collection("c5"))
    assert collections.service.default(ADA).id == "c1"
    assert collections.service.default(BOB).id == "c5"


def test_without_a_collection_of_ones_own_there_is_none_to_take(collections: Collections) -> None:
    collections.rows.put("bob", collection("c4", access=Access.EDITOR))
    with pytest.raises(CollectionNotFound, match="Make one first"):
        collections.service.default(BOB)


def test_a_name_finds_a_collection_that_may_be_written_or_makes_one(collections: Collections) -> None:
    service = collections.service
    assert service.named(ADA, " Work ").id == "c1"
    assert service.named(ADA, "Team").id == "c3"
    made = service.named(ADA, "Home")
    assert made.id not in ("c1", "c2", "c3"), "that one may only be read"
    assert service.named(ADA, "two  words") == service.named(ADA, "two words")


def test_names_are_tidied(collections: Collections) -> None:
    service = collections.service
    assert service.create(ADA, "  My\n\tpapers\x00 \u202e").name == "My papers"
    assert service.create(ADA, "한글").name == "한글"
    assert service.rename(ADA, "c1", " New  name ").name == "New name"


@pytest.mark.parametrize("name", ["", " \n", "\x00\u202e", "x" * 201])
def test_names_have_their_bounds(collections: Collections, name: str) -> None:
    for call in (
        lambda: collections.service.create(ADA, name),
        lambda: collections.service.rename(ADA, "c1", name),
        lambda: collections.service.named(ADA, name),
    ):
        with pytest.raises(InvalidRequest, match="1 to 200"):
            call()
    assert len(collections.rows.rows) == 3


def test_deleting_removes_the_files_and_wakes_the_indexer(collections: Collections) -> None:
    for name in ("d1", "d1.txt", "d2", "of another"):
        (collections.files.folder / name).write_text("")
    collections.rows.files["c1"] = ["d1", "d2"]
    collections.service.delete(ADA, "c1")
    assert collections.files.names() == ["of another"]
    assert collections.queue.woken == 1
    assert [c.id for c in collections.service.visible(ADA)] == ["c2", "c3"]


@pytest.mark.parametrize(("who", "error"), [(BOB, CollectionNotFound), (ADA, Forbidden)])
def test_a_refused_deletion_removes_nothing(collections: Collections, who: object, error: type[Exception]) -> None:
    (collections.files.folder / "d1").write_text("")
    collections.rows.files["c2"] = ["d1"]
    with pytest.raises(error):
        collections.service.delete(who, "c2")  # type: ignore[arg-type]
    assert collections.files.names() == ["d1"]
    assert collections.queue.woken == 0


def test_members_are_changed_by_the_owner_alone(collections: Collections) -> None:
    service = collections.service
    added = service.put_member(ADA, "c1", " bob@example.com\n", Access.EDITOR)
    assert (added.email, added.access) == ("bob@example.com", Access.EDITOR)
    assert {member.user_id for member in service.members(BOB, "c1")} == {"ada", "bob"}
    for call in (
        lambda: service.put_member(BOB, "c1", "eve@example.com", Access.OWNER),
        lambda: service.remove_member(BOB, "c1", "ada"),
        lambda: service.rename(BOB, "c1", "Mine"),
    ):
        with pytest.raises(Forbidden):
            call()
    service.remove_member(ADA, "c1", "bob")
    with pytest.raises(CollectionNotFound):
        service.members(BOB, "c1")
