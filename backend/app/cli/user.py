"""``likeopt user``: accounts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.app.cli.context import Builders, attached_toolbox, data_dir_option, load_settings, pass_builders
from backend.app.cli.output import orderly_end

if TYPE_CHECKING:
    from backend.app.config import Settings
    from backend.app.domain.accounts import User
    from backend.app.domain.audit import Action
    from backend.app.services.bundle import Services

url_option = click.option("--url", help="Address of the server, for the link.  [default: from host and port]")


@click.group()
def user() -> None:
    """Manage accounts."""


@user.command()
@click.argument("email")
@click.option("--name", default="", help="How the person is called.  [default: from the address]")
@click.option("--admin", is_flag=True, help="May administer; the first account does anyway.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, its first line.")
@data_dir_option
@pass_builders
def add(builders: Builders, email: str, name: str, admin: bool, password_stdin: bool, data_dir: Path | None) -> None:
    """Make an account for EMAIL, also while registration is closed.

    The first one takes over what `likeopt ingest` took in before.
    """
    settings = load_settings(data_dir=data_dir)
    with orderly_end("Interrupted. No account was made."):
        password = _password(from_stdin=password_stdin)
        with attached_toolbox(builders, settings, "user add", chroma=False) as toolbox:
            from backend.app.domain.audit import Action

            made = toolbox.services.accounts.create_by_operator(email, password, name, administrator=admin)
            _record(toolbox.services, Action.REGISTERED, made)
    click.echo(f"{made.email} can sign in{' and administers' if made.is_administrator else ''}.")


@user.command("list")
@click.argument("text", default="")
@data_dir_option
@pass_builders
def list_(builders: Builders, text: str, data_dir: Path | None) -> None:
    """List accounts; TEXT is a part of the address or the name."""
    from backend.app.storage.interfaces import Page

    settings = load_settings(data_dir=data_dir)
    with _services(builders, settings, "user list") as services:
        cursor: str | None = None
        while True:
            people, cursor = services.people.page(text or None, Page(200, cursor))
            for person in people:
                state = "suspended" if person.user.suspended_at else person.user.role.value
                seen = f"{person.seen_at:%Y-%m-%d %H:%M}" if person.seen_at else "not signed in"
                click.echo(f"{person.user.email}\t{person.user.name}\t{state}\t{seen}")
            if cursor is None:
                return


@user.command()
@click.argument("email", default="")
@click.option("--admin", is_flag=True, help="The account will administer.")
@url_option
@data_dir_option
@pass_builders
def invite(builders: Builders, email: str, admin: bool, url: str | None, data_dir: Path | None) -> None:
    """Print a link by which EMAIL, or whoever has it, can make an account, once."""
    from backend.app.domain.accounts import Role
    from backend.app.domain.audit import Action

    settings = load_settings(data_dir=data_dir)
    with _services(builders, settings, "user invite") as services:
        role = Role.ADMINISTRATOR if admin else Role.MEMBER
        made, token = services.invitations.make(None, email=email or None, role=role)
        _record(services, Action.INVITED, None, made.id, made.email or "")
    click.echo(f"{_base(settings, url)}/invite/{token}")
    click.echo(f"It works once, until {made.expires_at:%Y-%m-%d %H:%M} UTC, and is not shown again.", err=True)


@user.command()
@click.argument("email")
@data_dir_option
@pass_builders
def suspend(builders: Builders, email: str, data_dir: Path | None) -> None:
    """Keep EMAIL out, at once and everywhere."""
    _set_suspended(builders, load_settings(data_dir=data_dir), email, suspended=True)
    click.echo(f"{email} is suspended.")


@user.command()
@click.argument("email")
@data_dir_option
@pass_builders
def resume(builders: Builders, email: str, data_dir: Path | None) -> None:
    """Let EMAIL in again."""
    _set_suspended(builders, load_settings(data_dir=data_dir), email, suspended=False)
    click.echo(f"{email} can sign in again.")


@user.command("reset-password")
@click.argument("email")
@url_option
@data_dir_option
@pass_builders
def reset_password(builders: Builders, email: str, url: str | None, data_dir: Path | None) -> None:
    """Print a link by which EMAIL can choose a new password, once."""
    from backend.app.domain.audit import Action

    settings = load_settings(data_dir=data_dir)
    with _services(builders, settings, "user reset-password") as services:
        person = _person(services, email)
        token, until = services.people.reset_link(person.id)
        _record(services, Action.RESET_LINK_MADE, person)
    click.echo(f"{_base(settings, url)}/reset/{token}")
    click.echo(f"It works once, until {until:%Y-%m-%d %H:%M} UTC, and is not shown again.", err=True)


@user.command("end-sessions")
@click.argument("email")
@data_dir_option
@pass_builders
def end_sessions(builders: Builders, email: str, data_dir: Path | None) -> None:
    """Sign EMAIL out everywhere."""
    from backend.app.domain.audit import Action

    with _services(builders, load_settings(data_dir=data_dir), "user end-sessions") as services:
        person = _person(services, email)
        count = services.sessions.end_others(person, None)
        _record(services, Action.SESSION_ENDED, person)
    click.echo(f"{count} session{'' if count == 1 else 's'} of {person.email} ended.")


def _set_suspended(builders: Builders, settings: Settings, email: str, *, suspended: bool) -> None:
    from backend.app.domain.audit import Action

    with _services(builders, settings, "user suspend" if suspended else "user resume") as services:
        person = _person(services, email)
        services.people.update(None, person.id, suspended=suspended)
        _record(services, Action.SUSPENDED if suspended else Action.RESUMED, person)


@contextmanager
def _services(builders: Builders, settings: Settings, command: str) -> Iterator[Services]:
    with (
        orderly_end("Interrupted."),
        attached_toolbox(builders, settings, command, chroma=False) as toolbox,
    ):
        yield toolbox.services


def _person(services: Services, email: str) -> User:
    from backend.app.errors import UserNotFound

    found = services.accounts.known(email)
    if found is None:
        raise UserNotFound(f"There is no account {email}. `likeopt user list` names all.")
    return found


def _record(services: Services, action: Action, person: User | None, target_id: str = "", name: str = "") -> None:
    from backend.app.domain.audit import COMMAND_LINE, Target

    target = Target("user", person.id, person.email) if person else Target("invitation", target_id, name)
    services.audit.record(action, actor=COMMAND_LINE, target=target)


def _base(settings: Settings, url: str | None) -> str:
    return (url or f"http://{settings.host}:{settings.port}").rstrip("/")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for the password. Use --password-stdin.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again"))
