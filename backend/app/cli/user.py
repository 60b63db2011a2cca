"""``likeopt user``: accounts."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from backend.app.cli.context import Builders, attached_toolbox, data_dir_option, load_settings, pass_builders
from backend.app.cli.output import orderly_end


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
            made = toolbox.services.accounts.create_by_operator(email, password, name, administrator=admin)
    click.echo(f"{made.email} can sign in{' and administers' if made.is_administrator else ''}.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for the password. Use --password-stdin.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again"))
