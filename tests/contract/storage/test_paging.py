"""Lists in parts: each item once, whatever comes or goes between two parts."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from backend.app.domain.accounts import User
from backend.app.domain.chat import Speaker
from backend.app.errors import InvalidRequest
from backend.app.storage import cursors
from backend.app.storage.interfaces import DocumentFilter, Page
from tests.contract.storage.world import World, message

Lister = Callable[[Page], tuple[list[Any], str | None]]
LISTS = ("documents", "conversations", "messages", "messages from the end", "passages")


class Lists:
    """Ann's kinds of lists; ``fill`` adds one item to a list."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ann: User = world.person("ann")
        self.talk = world.conversation(self.ann)
        self.document = world.indexed(self.ann, [str(n) for n in range(7)], "first.txt")
        self.count = 0

    def lister(self, name: str) -> Lister:
        world, ann = self.world, self.ann.id
        return {
            "documents": lambda page: world.documents.page(ann, DocumentFilter(), page),
            "conversations": lambda page: world.conversations.page(ann, None, page),
            "messages": lambda page: world.conversations.messages(ann, self.talk.id, page),
            "messages from the end": lambda page: world.conversations.messages(
                ann, self.talk.id, page, newest_first=True
            ),
            "passages": lambda page: world.documents.passages(ann, self.document.id, page),
        }[name]

    def fill(self, name: str) -> None:
        self.count += 1
        if name == "documents":
            self.world.upload(self.ann, f"{self.count}.txt")
        elif name == "conversations":
            made = self.world.conversation(self.ann, f"{self.count}")
            self.world.conversations.update(self.ann.id, made.id, title=None, pinned=self.count % 3 == 0)
        elif name.startswith("messages"):
            self.world.exchange(self.talk, f"{self.count}?", f"{self.count}.")


@pytest.fixture
def lists(world: World) -> Lists:
    return Lists(world)


def all_ids(lister: Lister, limit: int) -> list[Any]:
    found: list[Any] = []
    cursor: str | None = None
    while True:
        items, cursor = lister(Page(limit, cursor))
        assert len(items) <= limit
        found += [item.id for item in items]
        if cursor is None:
            return found
        assert items


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_parts_make_the_whole(lists: Lists, name: str, limit: int) -> None:
    for _ in range(6):
        lists.fill(name)
    lister = lists.lister(name)
    whole = [item.id for item in lister(Page(1000))[0]]
    assert len(whole) >= 7
    assert all_ids(lister, limit) == whole


@pytest.mark.parametrize("name", LISTS)
def test_a_full_last_part_has_no_cursor(lists: Lists, name: str) -> None:
    for _ in range(6):
        lists.fill(name)
    lister = lists.lister(name)
    whole = len(lister(Page(1000))[0])
    assert lister(Page(whole))[1] is None
    assert lister(Page(whole - 1))[1] is not None


@pytest.mark.parametrize("name", ["documents", "conversations", "messages"])
def test_what_comes_between_two_parts_moves_nothing(lists: Lists, name: str) -> None:
    for _ in range(5):
        lists.fill(name)
    lister = lists.lister(name)
    whole = [item.id for item in lister(Page(1000))[0]]
    first, cursor = lister(Page(3))
    lists.fill(name)
    lists.fill(name)
    rest, _ = lister(Page(1000, cursor))
    seen = [item.id for item in (*first, *rest)]
    assert len(seen) == len(set(seen))
    assert [id for id in seen if id in whole] == whole


def test_what_goes_between_two_parts_takes_nothing_else_along(lists: Lists) -> None:
    for _ in range(5):
        lists.fill("documents")
    lister = lists.lister("documents")
    whole = [item.id for item in lister(Page(1000))[0]]
    first, cursor = lister(Page(3))
    for gone in (whole[1], whole[2]):  # the second is what the cursor stands on
        lists.world.documents.delete(lists.ann.id, gone)
    rest, _ = lister(Page(1000, cursor))
    assert [item.id for item in (*first, *rest)] == whole


def test_an_answer_made_again_between_two_parts_is_not_shown_twice(lists: Lists) -> None:
    answers = [lists.world.exchange(lists.talk, f"{n}?", f"{n}.")[1] for n in range(3)]
    first, cursor = lists.lister("messages")(Page(4))
    again = message(lists.talk.id, Speaker.ASSISTANT, "again")
    lists.world.conversations.store_exchange(None, again, replaces=answers[0].id)
    rest, _ = lists.lister("messages")(Page(4, cursor))
    assert [item.text for item in (*first, *rest)] == ["0?", "0.", "1?", "1.", "2?", "2."]


def _raw(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


GARBAGE = [
    "",
    "x",
    "빵",
    "%%%",
    "\x00",
    "=" * 10,
    "A" * 10_000,
    base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    *map(
        _raw,
        (
            None,
            1,
            {},
            [],
            [[]],
            [None],
            [1.5],
            [True],
            [True, 1],
            ["\x00"],
            ["\ud800"],
            [10**30],
            [2**31],
            [-(2**63)],
            ["a", "b"],
            [True, "no date", "id"],
            [True, "0001-01-01T00:00:00+14:00", "id"],
            [True, "2026-01-01T00:00:00+00:00", "\x00"],
            ["true", "2026-01-01T00:00:00+00:00", "id"],
        ),
    ),
]


@pytest.mark.parametrize("name", LISTS)
def test_garbage_for_a_cursor_is_a_bad_request(lists: Lists, name: str) -> None:
    lister = lists.lister(name)
    for cursor in GARBAGE:
        with pytest.raises(InvalidRequest, match="cursor is not valid"):
            lister(Page(10, cursor))


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_of_our_own_that_stands_nowhere_is_harmless(lists: Lists, name: str) -> None:
    key: tuple[Any, ...] = ("f" * 32,)
    if name == "passages":
        key = (2**31 - 1,)
    elif name == "conversations":
        key = (False, lists.ann.created_at.replace(year=1), "0")
    items, cursor = lists.lister(name)(Page(10, cursors.encode(*key)))
    assert cursor is None
    assert (items == []) == (name != "documents")
