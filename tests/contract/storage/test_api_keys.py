from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backend.app.domain.keys import Scope
from backend.app.errors import Conflict, KeyNotFound
from backend.app.storage.database import Database
from backend.app.storage.keys import NewKey
from backend.app.storage.repositories.api_keys import SqlApiKeys
from tests.contract.storage.world import World

MINUTE = timedelta(minutes=1)


def new_key(user_id: str, digest: str = "d" * 64, **fields: object) -> NewKey:
    whole = {
        "user_id": user_id,
        "name": "a program",
        "prefix": "lo_abcdef",
        "digest": digest,
        "scopes": [Scope.READ, Scope.ASK],
        "collection_ids": None,
        "expires_at": None,
        **fields,
    }
    return NewKey(**whole)  # type: ignore[arg-type]


@pytest.fixture
def keys(database: Database) -> SqlApiKeys:
    return SqlApiKeys(database)


def test_a_key_is_found_by_its_digest_as_it_was_made(world: World, keys: SqlApiKeys) -> None:
    ann = world.person("ann")
    until = datetime.now(UTC) + timedelta(days=3)
    made = keys.add(new_key(ann.id, collection_ids=["c2", "c1"], expires_at=until), 10)
    assert made.scopes == {Scope.READ, Scope.ASK}
    assert made.collection_ids == {"c1", "c2"}
    found = keys.by_digest("d" * 64)
    assert found is not None
    assert (found, found.expires_at) == (made, until)
    assert keys.by_digest("e" * 64) is None


def test_a_key_without_bounds_has_none(world: World, keys: SqlApiKeys) -> None:
    keys.add(new_key(world.person("ann").id), 10)
    found = keys.by_digest("d" * 64)
    assert found is not None
    assert found.collection_ids is None


def test_keys_are_listed_and_removed_by_their_owner_alone(world: World, keys: SqlApiKeys) -> None:
    ann, ben = world.person("ann"), world.person("ben")
    first, second = keys.add(new_key(ann.id, "1" * 64), 10), keys.add(new_key(ann.id, "2" * 64), 10)
    assert keys.of_user(ann.id) == [second, first]
    assert keys.of_user(ben.id) == []
    with pytest.raises(KeyNotFound):
        keys.remove(ben.id, first.id)
    assert keys.remove(ann.id, first.id) == first
    assert keys.by_digest("1" * 64) is None
    with pytest.raises(KeyNotFound):
        keys.remove(ann.id, first.id)


def test_nobody_has_more_keys_than_there_may_be(world: World, keys: SqlApiKeys) -> None:
    ann = world.person("ann")
    for number in range(2):
        keys.add(new_key(ann.id, str(number) * 64), 2)
    with pytest.raises(Conflict):
        keys.add(new_key(ann.id, "3" * 64), 2)
    assert len(keys.of_user(ann.id)) == 2


def test_a_use_is_noted_once_in_a_while(world: World, keys: SqlApiKeys) -> None:
    ann = world.person("ann")
    made = keys.add(new_key(ann.id), 10)
    began = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def noted(after: timedelta) -> datetime | None:
        keys.used(made.id, began + after, MINUTE)
        return keys.of_user(ann.id)[0].last_used_at

    assert noted(timedelta()) == began
    assert noted(timedelta(seconds=59)) == began
    assert noted(MINUTE) == began + MINUTE
