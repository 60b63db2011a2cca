"""Accounts by the command line, on a database of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.app.__main__ import builders
from backend.app.cli import cli
from backend.app.cli.context import load_settings
from backend.app.domain.audit import AuditFilter
from backend.app.services.bundle import Services
from backend.app.storage.interfaces import Page

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LIKEOPT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LIKEOPT_CHROMA_URL", "http://127.0.0.1:9")  # so that none is started
    monkeypatch.setenv("LIKEOPT_OLLAMA_URL", "")
    # It is for a whole process, and other tests of this one listen to what is logged.
    monkeypatch.setattr("backend.app.logs.configure_logging", lambda settings: None)

    def invoke(*arguments: str, input: str | None = None, code: int = 0) -> Result:
        result = CliRunner().invoke(cli, ["user", *arguments], obj=builders(), input=input, prog_name="likeopt")
        assert result.exit_code == code, result.output
        return result

    return invoke


def with_services(act: Callable[[Services], None]) -> None:
    with builders().toolbox(load_settings()) as toolbox:
        act(toolbox.services)


def test_accounts_are_looked_after_without_the_page(run: Run) -> None:
    run("add", "ada@example.com", "--password-stdin", input="correct horse\n")
    link = run("invite", "Ben@example.com", "--admin", "--url", "https://docs.example.com/").stdout.strip()
    assert link.startswith("https://docs.example.com/invite/")
    token = link.rpartition("/")[2]

    def come(services: Services) -> None:
        ben = services.accounts.register("ben@example.com", "correct horse", "Ben", token)
        assert ben.is_administrator
        services.sessions.begin(ben, "a cookie")

    with_services(come)
    assert run("end-sessions", "ben@example.com").stdout == "1 session of ben@example.com ended.\n"
    run("suspend", "BEN@example.com")
    listed = [line.split("\t") for line in run("list").stdout.splitlines()]
    assert [line[:3] for line in listed] == [
        ["ada@example.com", "ada", "administrator"],
        ["ben@example.com", "Ben", "suspended"],
    ]
    run("resume", "ben@example.com")
    assert run("list", "BEN").stdout.startswith("ben@example.com\tBen\tadministrator\tnot signed in")
    reset = run("reset-password", "ben@example.com").stdout.strip()
    assert reset.startswith("http://127.0.0.1:5000/reset/")

    def told(services: Services) -> None:
        services.accounts.reset_password(reset.rpartition("/")[2], "another horse")
        assert services.accounts.sign_in("ben@example.com", "another horse").name == "Ben"
        events, _ = services.audit.page(AuditFilter(actor="command line"), Page())
        assert [event.action for event in events] == [
            "account.reset_link_made",
            "account.resumed",
            "account.suspended",
            "session.ended",
            "invitation.made",
            "account.registered",
        ]
        assert token not in repr(events)

    with_services(told)


def test_the_last_administrator_is_not_suspended_and_nobody_unknown_is(run: Run) -> None:
    run("add", "ada@example.com", "--password-stdin", input="correct horse\n")
    assert "There has to be an administrator" in run("suspend", "ada@example.com", code=1).stderr
    assert "There is no account eve@example.com" in run("reset-password", "eve@example.com", code=1).stderr
    assert "already an account" in run("invite", "ada@example.com", code=1).stderr
