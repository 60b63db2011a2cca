from __future__ import annotations

from dataclasses import replace

import pytest

from backend.app.cache.copies import Copies
from backend.app.concurrency import NativePool
from backend.app.domain.accounts import Role
from backend.app.epochs import NoEpoch
from backend.app.errors import (
    EmailTaken,
    InvalidRequest,
    InvitationNotFound,
    RegistrationClosed,
    ResetLinkNotFound,
    WrongCredentials,
    WrongPassword,
)
from backend.app.security.one_time import token_hash
from backend.app.services.accounts import AccountService
from tests.fakes.accounts import MemoryInvitations, MemoryPeople, MemoryUsers, PlainPasswords
from tests.fakes.things import THEN

GOOD = "correct horse"


class Accounts:
    def __init__(self, *, open_registration: bool = False) -> None:
        self.users, self.passwords = MemoryUsers(), PlainPasswords()
        self.people, self.invitations = MemoryPeople(self.users), MemoryInvitations()
        self.users.invitations = self.invitations
        self.service = AccountService(
            self.users,
            self.people,
            self.invitations,
            self.passwords,
            NativePool(1),
            Copies(NoEpoch()),
            open_registration=open_registration,
        )


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


def test_the_first_account_administers_and_closes_registration(accounts: Accounts) -> None:
    assert accounts.service.setup_required()
    assert accounts.service.registration_open()
    first = accounts.service.register(" ada@example.com ", GOOD, "  Ada\n Lovelace ")
    assert (first.email, first.name, first.role) == ("ada@example.com", "Ada Lovelace", Role.ADMINISTRATOR)
    assert accounts.service.get(first.id) == first
    assert not accounts.service.setup_required()
    assert not accounts.service.registration_open()
    assert accounts.service.operator() == first


def test_a_closed_registration_refuses_before_it_hashes(accounts: Accounts) -> None:
    accounts.service.register("ada@example.com", GOOD, "")
    with pytest.raises(RegistrationClosed):
        accounts.service.register("bob@example.com", GOOD, "")
    assert accounts.passwords.hashed == 1
    assert len(accounts.users.rows) == 1


def test_an_open_registration_takes_everybody_once() -> None:
    accounts = Accounts(open_registration=True)
    accounts.service.register("ada@example.com", GOOD, "")
    assert accounts.service.registration_open()
    assert accounts.service.register("bob@example.com", GOOD, "").role is Role.MEMBER
    with pytest.raises(EmailTaken):
        accounts.service.register("BOB@example.com", GOOD, "")


def test_a_name_is_taken_from_the_address_where_there_is_none(accounts: Accounts) -> None:
    assert accounts.service.register("ada@example.com", GOOD, " \t").name == "ada"


@pytest.mark.parametrize(
    "email",
    ["", "ada", "@example.com", "ada@", "a b@example.com", "a@b@c", "a" * 65 + "@example.com", "a@" + "b" * 256],
)
def test_what_is_no_address_is_refused(accounts: Accounts, email: str) -> None:
    with pytest.raises(InvalidRequest, match="email address"):
        accounts.service.register(email, GOOD, "")


@pytest.mark.parametrize(("password", "said"), [("seven77", "at least 8"), ("x" * 1025, "more than 1024")])
def test_a_password_has_its_bounds(accounts: Accounts, password: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        accounts.service.register("ada@example.com", password, "")
    assert accounts.users.rows == {}


def test_a_name_has_its_bound(accounts: Accounts) -> None:
    with pytest.raises(InvalidRequest, match="name"):
        accounts.service.register("ada@example.com", GOOD, "x" * 201)


def test_what_is_never_meant_is_left_out_of_address_and_name(accounts: Accounts) -> None:
    new = accounts.service.register("\ufeffada@example.com\x00", GOOD, "A\u202eda")
    assert (new.email, new.name) == ("ada@example.com", "Ada")


def test_signing_in(accounts: Accounts) -> None:
    new = accounts.service.register("ada@example.com", GOOD, "")
    assert accounts.service.sign_in(" Ada@Example.com", GOOD) == new


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.com", "wrong horse"), ("ada@example.com", ""), ("bob@example.com", GOOD), ("", "")],
)
def test_wrong_credentials_are_told_alike_and_checked_alike(accounts: Accounts, email: str, password: str) -> None:
    accounts.service.register("ada@example.com", GOOD, "")
    with pytest.raises(WrongCredentials) as caught:
        accounts.service.sign_in(email, password)
    assert caught.value.message == WrongCredentials.message
    assert len(accounts.passwords.checked) == 1, "an unknown address costs the same time"


def test_a_password_that_only_begins_right_is_wrong(accounts: Accounts) -> None:
    accounts.service.register("ada@example.com", "x" * 1024, "")
    assert accounts.service.sign_in("ada@example.com", "x" * 1024)
    with pytest.raises(WrongCredentials):
        accounts.service.sign_in("ada@example.com", "x" * 1024 + "y")


def test_an_old_hash_is_made_anew_when_its_password_is_given(accounts: Accounts) -> None:
    new = accounts.service.register("ada@example.com", GOOD, "")
    accounts.users.rows[new.id] = (new, f"1:{GOOD}")
    with pytest.raises(WrongCredentials):
        accounts.service.sign_in("ada@example.com", "wrong horse")
    assert accounts.users.updated == []
    accounts.service.sign_in("ada@example.com", GOOD)
    accounts.service.sign_in("ada@example.com", GOOD)
    assert accounts.users.updated == [new.id]
    assert accounts.users.rows[new.id][1] == f"2:{GOOD}"


def test_the_operator_makes_accounts_while_registration_is_closed(accounts: Accounts) -> None:
    assert accounts.service.create_by_operator("ada@example.com", GOOD, "").role is Role.ADMINISTRATOR
    assert accounts.service.create_by_operator("bob@example.com", GOOD, "").role is Role.MEMBER
    made = accounts.service.create_by_operator("eve@example.com", GOOD, "Eve", administrator=True)
    assert made.role is Role.ADMINISTRATOR
    assert accounts.service.sign_in("eve@example.com", GOOD) == made
    with pytest.raises(EmailTaken):
        accounts.service.create_by_operator("Eve@example.com", GOOD, "")
    with pytest.raises(InvalidRequest):
        accounts.service.create_by_operator("new@example.com", "short", "")


def test_a_suspended_account_is_refused_like_a_wrong_password_and_after_the_same_work(accounts: Accounts) -> None:
    ada = accounts.service.register("ada@example.com", GOOD, "")
    accounts.users.rows[ada.id] = (replace(ada, suspended_at=THEN), f"1:{GOOD}")
    said = []
    for email, password in (("ada@example.com", GOOD), ("ada@example.com", "wrong"), ("eve@example.com", GOOD)):
        checked, hashed = len(accounts.passwords.checked), accounts.passwords.hashed
        with pytest.raises(WrongCredentials) as refused:
            accounts.service.sign_in(email, password)
        said.append(refused.value.message)
        assert len(accounts.passwords.checked) == checked + 1, "one password is checked, whoever it is"
        assert accounts.passwords.hashed == hashed
    assert len(set(said)) == 1
    assert accounts.service.get(ada.id) is None


def test_an_invitation_opens_a_closed_door_once(accounts: Accounts) -> None:
    accounts.service.register("ada@example.com", GOOD, "")
    accounts.invitations.roles[token_hash("ticket")] = Role.ADMINISTRATOR
    with pytest.raises(InvitationNotFound):
        accounts.service.register("bob@example.com", GOOD, "", "another ticket")
    assert accounts.passwords.hashed == 1, "strangers keep nobody busy"
    made = accounts.service.register("bob@example.com", GOOD, "", "ticket")
    assert made.role is Role.ADMINISTRATOR
    with pytest.raises(InvitationNotFound):
        accounts.service.register("eve@example.com", GOOD, "", "ticket")


def test_a_password_is_changed_by_whoever_knows_the_one_before(accounts: Accounts) -> None:
    ada = accounts.service.register("ada@example.com", GOOD, "")
    for wrong in ("wrong horse", "", "x" * 2000, GOOD + "x" * 2000):
        with pytest.raises(WrongPassword):
            accounts.service.change_password(ada, wrong, "another horse")
    with pytest.raises(InvalidRequest):
        accounts.service.change_password(ada, GOOD, "short")
    assert accounts.users.ended == []
    accounts.service.change_password(ada, GOOD, "another horse")
    assert accounts.users.ended == [ada.id], "sessions end with the password that opened them"
    assert accounts.service.sign_in("ada@example.com", "another horse") == ada


def test_a_reset_link_that_is_not_valid_is_refused_before_anything_is_hashed(accounts: Accounts) -> None:
    ada = accounts.service.register("ada@example.com", GOOD, "")
    accounts.people.resets[token_hash("link")] = ada.id
    with pytest.raises(ResetLinkNotFound):
        accounts.service.reset_password("another link", "another horse")
    with pytest.raises(InvalidRequest):
        accounts.service.reset_password("link", "short")
    assert accounts.passwords.hashed == 1
    assert accounts.service.of_reset("link") == ada
    assert accounts.service.reset_password("link", "another horse") == ada
    assert accounts.service.sign_in("ada@example.com", "another horse") == ada
    with pytest.raises(ResetLinkNotFound):
        accounts.service.reset_password("link", "a third horse")


def test_nobody_is_called_nothing(accounts: Accounts) -> None:
    ada = accounts.service.register("ada@example.com", GOOD, "")
    assert accounts.service.rename(ada, "  Ada \n Lovelace ").name == "Ada Lovelace"
    for name in ("", " \u200f ", "x" * 201):
        with pytest.raises(InvalidRequest):
            accounts.service.rename(ada, name)
