from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from backend.app.domain.accounts import Invitation, Role, User
from backend.app.errors import EmailTaken, InvitationNotFound, WrongInvitation
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.repositories.invitations import SqlInvitations
from tests.contract.storage.world import World, at_once

NOW = datetime.now(UTC)


@pytest.fixture
def invitations(database: Database) -> SqlInvitations:
    return SqlInvitations(database)


@pytest.fixture
def ada(world: World) -> User:
    """The administrator."""
    return world.person("ada")


def invited(
    invitations: SqlInvitations,
    by: User | None,
    token: str = "token",
    *,
    email: str | None = None,
    role: Role = Role.MEMBER,
    hours: float = 1,
) -> Invitation:
    made = Invitation(new_id(), email, role, None, None, NOW, NOW + timedelta(hours=hours), None)
    return invitations.add(made, token, by.id if by else None, NOW - timedelta(days=30))


def registered(world: World, email: str, token: str = "token") -> User:
    return world.users.register(email=email, name="Ben", password_hash="-", open_to_all=False, invitation=token)


def test_an_invitation_makes_one_account_of_its_role(world: World, invitations: SqlInvitations, ada: User) -> None:
    made = invited(invitations, ada, role=Role.ADMINISTRATOR)
    assert made.invited_by == ada.email
    assert invitations.find("token") == made
    ben = registered(world, "ben@example.com")
    assert ben.role is Role.ADMINISTRATOR
    with pytest.raises(InvitationNotFound):
        invitations.find("token")
    with pytest.raises(InvitationNotFound):
        registered(world, "eve@example.com")
    (used,) = invitations.list()
    assert used.used_at is not None
    assert used.used_by == "ben@example.com"


def test_one_that_names_an_address_is_for_that_address(world: World, invitations: SqlInvitations, ada: User) -> None:
    invited(invitations, ada, email="Ben@Example.com")
    with pytest.raises(WrongInvitation):
        registered(world, "eve@example.com")
    assert registered(world, "bEN@example.com ").role is Role.MEMBER


def test_what_is_late_withdrawn_or_made_up_opens_nothing(world: World, invitations: SqlInvitations, ada: User) -> None:
    invited(invitations, ada, "late", hours=-1)
    gone = invited(invitations, ada, "withdrawn")
    assert invitations.delete(gone.id) == gone
    for token in ("late", "withdrawn", "made up", ""):
        with pytest.raises(InvitationNotFound):
            registered(world, "ben@example.com", token)
    with pytest.raises(InvitationNotFound):
        invitations.delete(gone.id)
    assert world.rows()["users"] == 1


def test_whoever_has_an_account_is_not_invited(invitations: SqlInvitations, ada: User) -> None:
    with pytest.raises(EmailTaken):
        invited(invitations, ada, email=ada.email.upper())
    assert invitations.list() == []


def test_a_failed_registration_uses_nothing_up(world: World, invitations: SqlInvitations, ada: User) -> None:
    invited(invitations, ada)
    with pytest.raises(EmailTaken):
        registered(world, ada.email)
    assert registered(world, "ben@example.com").role is Role.MEMBER


def test_an_invitation_used_by_several_at_once_makes_one_account(
    world: World, invitations: SqlInvitations, ada: User
) -> None:
    invited(invitations, ada)
    outcomes = at_once(*(partial(registered, world, f"p{n}@example.com") for n in range(4)))
    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, InvitationNotFound) for outcome in outcomes) == 3
    assert world.rows()["users"] == 2


def test_old_ones_are_forgotten(invitations: SqlInvitations, ada: User) -> None:
    invited(invitations, ada, "old", hours=-24 * 31)
    newer = invited(invitations, None, "newer", hours=-1)
    assert [item.id for item in invitations.list()] == [newer.id]
    assert newer.invited_by is None
