from __future__ import annotations

from functools import partial

import pytest

from backend.app.domain.accounts import Role, User
from backend.app.errors import EmailTaken, RegistrationClosed
from tests.contract.storage.world import World, at_once


def register(world: World, email: str, *, open_to_all: bool = False) -> User:
    return world.users.register(email=email, name="Name", password_hash="hash", open_to_all=open_to_all)


def test_without_accounts_there_is_none(world: World) -> None:
    assert not world.users.any_account()
    assert world.users.find_by_email("ann@example.com") is None
    assert world.users.get("0" * 32) is None


def test_the_first_account_administers_and_has_a_collection(world: World) -> None:
    user = world.users.register(email=" Ann@Example.com ", name=" Ann ", password_hash="secret", open_to_all=False)
    assert (user.email, user.name, user.role) == ("Ann@Example.com", "Ann", Role.ADMINISTRATOR)
    assert world.users.any_account()
    assert world.users.get(user.id) == user
    assert [collection.name for collection in world.collections.visible(user.id)] == ["Documents"]


def test_later_accounts_need_an_open_door_and_do_not_administer(world: World) -> None:
    register(world, "ann@example.com")
    with pytest.raises(RegistrationClosed):
        register(world, "bob@example.com")
    bob = register(world, "bob@example.com", open_to_all=True)
    assert bob.role is Role.MEMBER
    assert len(world.collections.visible(bob.id)) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [("ann@example.com", "ANN@Example.COM "), ("j\u00fcrgen@example.com", "ju\u0308rgen@example.com")],
)
def test_two_spellings_are_one_address(world: World, first: str, second: str) -> None:
    user = register(world, first)
    found = world.users.find_by_email(second)
    assert found == (user, "hash")
    with pytest.raises(EmailTaken):
        register(world, second, open_to_all=True)
    assert world.rows()["users"] == world.rows()["collections"] == 1


def test_a_changed_password_is_found(world: World) -> None:
    user = register(world, "ann@example.com")
    world.users.update_password(user.id, "another")
    assert world.users.find_by_email("ann@example.com") == (user, "another")


def test_a_role_can_be_changed(world: World) -> None:
    register(world, "ann@example.com")
    bob = register(world, "bob@example.com", open_to_all=True)
    world.users.set_role(bob.id, Role.ADMINISTRATOR)
    found = world.users.get(bob.id)
    assert found is not None
    assert found.role is Role.ADMINISTRATOR


def test_changing_nobody_changes_nothing(world: World) -> None:
    world.users.update_password("0" * 32, "another")
    world.users.set_role("0" * 32, Role.ADMINISTRATOR)
    assert not world.users.any_account()


def test_the_operator_before_the_first_account_is_one_placeholder_that_nobody_can_be(world: World) -> None:
    operator = world.users.operator()
    assert operator.is_administrator
    assert world.users.operator() == operator
    assert not world.users.any_account()
    assert world.users.get(operator.id) is None
    assert world.users.find_by_email(operator.email) is None
    assert world.rows()["users"] == 1


def test_the_first_account_takes_over_all_that_the_operator_has(world: World) -> None:
    operator = world.users.operator()
    document = world.indexed(operator)
    conversation = world.conversation(operator)
    user = register(world, "ann@example.com")
    assert user.id == operator.id
    assert world.users.get(user.id) == user
    assert user.email == "ann@example.com"
    assert world.documents.get(user.id, document.id) == document
    assert world.conversations.get(user.id, conversation.id) == conversation
    assert world.users.operator() == user
    assert world.rows()["users"] == world.rows()["collections"] == 1


def test_a_second_account_takes_over_nothing(world: World) -> None:
    operator = world.users.operator()
    register(world, "ann@example.com")
    bob = register(world, "bob@example.com", open_to_all=True)
    assert bob.id != operator.id
    assert world.collection(bob) != world.collection(operator)


def test_the_operator_is_the_first_administrator(world: World) -> None:
    ann = register(world, "ann@example.com")
    bob = register(world, "bob@example.com", open_to_all=True)
    world.users.set_role(bob.id, Role.ADMINISTRATOR)
    assert world.users.operator() == ann


def test_of_first_registrations_at_once_one_wins(world: World) -> None:
    outcomes = at_once(*(partial(register, world, f"person{n}@example.com") for n in range(4)))
    winners = [outcome for outcome in outcomes if isinstance(outcome, User)]
    assert [winner.role for winner in winners] == [Role.ADMINISTRATOR]
    assert sum(isinstance(outcome, RegistrationClosed) for outcome in outcomes) == 3
    assert world.rows()["users"] == 1


def test_an_address_registered_twice_at_once_is_one_account(world: World) -> None:
    register(world, "ann@example.com")
    outcomes = at_once(*(partial(register, world, "bob@example.com", open_to_all=True) for _ in range(4)))
    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 3
    assert world.rows()["users"] == world.rows()["collections"] == 2


def test_operators_made_at_once_are_one(world: World) -> None:
    outcomes = at_once(*(world.users.operator for _ in range(4)))
    assert len({outcome.id for outcome in outcomes if isinstance(outcome, User)}) == 1
    assert world.rows()["users"] == 1
