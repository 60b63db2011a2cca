from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from backend.app.domain.accounts import Role, User
from backend.app.domain.audit import Action, Target
from backend.app.errors import EmailTaken
from tests.fakes.things import user
from tests.unit.cli.conftest import FakeServices, Run


class FakeAccounts:
    def __init__(self, fails: Exception | None = None) -> None:
        self.made: list[tuple[Any, ...]] = []
        self.fails = fails

    def create_by_operator(self, email: str, password: str, name: str, *, administrator: bool) -> User:
        if self.fails:
            raise self.fails
        self.made.append((email, password, name, administrator))
        return user("x", email=email, role=Role.ADMINISTRATOR if administrator else Role.MEMBER)


class FakeAudit:
    def __init__(self) -> None:
        self.said: list[tuple[str, str, str]] = []

    def record(self, action: Action, *, actor: str, target: Target) -> None:
        self.said.append((action.value, actor, target.name))


def services(accounts: FakeAccounts) -> Any:
    return SimpleNamespace(**{**vars(FakeServices()), "accounts": accounts, "audit": FakeAudit()})


def test_the_password_is_the_first_line_of_the_input(run: Run) -> None:
    accounts = FakeAccounts()
    arguments = ("user", "add", "ann@example.com", "--name", "Ann", "--password-stdin")
    every = services(accounts)
    result = run(every, *arguments, input=" pass word \r\nmore")
    assert accounts.made == [("ann@example.com", " pass word ", "Ann", False)]
    assert (result.exit_code, result.stdout) == (0, "ann@example.com can sign in.\n")
    assert every.audit.said == [("account.registered", "command line", "ann@example.com")]


def test_an_administrator_is_made_one(run: Run) -> None:
    accounts = FakeAccounts()
    result = run(services(accounts), "user", "add", "a@b.c", "--admin", "--password-stdin", input="p\n")
    assert accounts.made[0][3] is True
    assert result.stdout == "a@b.c can sign in and administers.\n"


def test_without_a_terminal_nothing_is_asked(run: Run) -> None:
    accounts = FakeAccounts()
    result = run(services(accounts), "user", "add", "a@b.c", input="secret\n")
    assert (result.exit_code, accounts.made) == (2, [])
    assert "--password-stdin" in result.stderr


def test_an_address_that_is_taken_is_said(run: Run) -> None:
    result = run(services(FakeAccounts(EmailTaken())), "user", "add", "a@b.c", "--password-stdin", input="p\n")
    assert result.exit_code == 1
    assert result.stderr == "Error: There is already an account with this email. Sign in instead.\n"


@pytest.mark.parametrize("option", ["--password", "--password=secret"])
def test_a_password_is_never_an_argument(run: Run, option: str) -> None:
    result = run(services(FakeAccounts()), "user", "add", "a@b.c", option)
    assert result.exit_code == 2
