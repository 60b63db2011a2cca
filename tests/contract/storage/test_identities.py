from __future__ import annotations

import pytest
from sqlalchemy import select

from backend.app.domain.accounts import NO_PASSWORD, Role, User
from backend.app.errors import IdentityTaken
from backend.app.storage.models import UserRow
from backend.app.storage.repositories.identities import SqlIdentities
from tests.contract.storage.world import World, at_once

OFFICE = "https://login.example.org"


@pytest.fixture
def ann(world: World) -> User:
    return world.person("ann")


@pytest.fixture
def identities(world: World) -> SqlIdentities:
    return SqlIdentities(world.database)


def test_an_identity_is_its_accounts(world: World, identities: SqlIdentities, ann: User) -> None:
    assert identities.user_of(OFFICE, "a") is None
    identities.join(ann.id, OFFICE, "a")
    assert identities.user_of(OFFICE, "a") == ann
    assert identities.user_of("https://elsewhere.example.org", "a") is None, "a subject is one of its issuer alone"
    query = select(UserRow.password_hash).where(UserRow.id == ann.id)
    assert world.database.read(lambda session: session.scalar(query)) == NO_PASSWORD


def test_an_account_has_one_identity_of_an_issuer_and_an_identity_one_account(
    world: World, identities: SqlIdentities, ann: User
) -> None:
    bob = world.person("bob")
    identities.join(ann.id, OFFICE, "a")
    for user, subject in ((ann, "b"), (bob, "a")):
        before = world.rows()
        with pytest.raises(IdentityTaken):
            identities.join(user.id, OFFICE, subject)
        assert world.rows() == before
    assert identities.user_of(OFFICE, "a") == ann


def test_of_two_that_join_at_once_one_does(world: World, ann: User) -> None:
    both = [SqlIdentities(world.database) for _ in range(2)]
    outcomes = at_once(*(lambda n=n: both[n].join(ann.id, OFFICE, f"subject {n}") for n in range(2)))  # type: ignore[misc]
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IdentityTaken", "NoneType"]


def test_roles_follow_and_one_administrator_stays(world: World, identities: SqlIdentities, ann: User) -> None:
    bob = world.person("bob")
    assert (ann.role, bob.role) == (Role.ADMINISTRATOR, Role.MEMBER)
    assert not identities.follow_role(ann.id, Role.MEMBER)
    assert identities.follow_role(bob.id, Role.ADMINISTRATOR)
    assert not identities.follow_role(bob.id, Role.ADMINISTRATOR)
    outcomes = at_once(*(lambda who=who: identities.follow_role(who.id, Role.MEMBER) for who in (ann, bob)))  # type: ignore[misc]
    assert sorted(map(str, outcomes)) == ["False", "True"]
