"""``likeopt key``: what programs sign in with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.app.cli.context import Builders, attached_toolbox, data_dir_option, load_settings, pass_builders
from backend.app.cli.output import aligned, orderly_end, print_json
from backend.app.domain.audit import COMMAND_LINE, Action, Target
from backend.app.domain.keys import Scope
from backend.app.errors import UserNotFound

if TYPE_CHECKING:
    from backend.app.domain.accounts import User
    from backend.app.domain.keys import ApiKey
    from backend.app.services.bundle import Services

_SCOPES = click.Choice([scope.value for scope in Scope])


@click.group()
def key() -> None:
    """Manage the API keys of programs."""


@key.command()
@click.argument("email")
@click.argument("name")
@click.option("--scope", "scopes", type=_SCOPES, multiple=True, default=("read", "ask"), show_default=True,
              help="What the key may do; may be repeated.")  # fmt: skip
@click.option("--days", type=int, help="For how long it is valid.  [default: until it is revoked]")
@click.option("--collection", "collections", multiple=True, help="A collection that it is for alone; may be repeated.")
@data_dir_option
@pass_builders
def add(
    builders: Builders,
    email: str,
    name: str,
    scopes: tuple[str, ...],
    days: int | None,
    collections: tuple[str, ...],
    data_dir: Path | None,
) -> None:
    """Make a key for the account of EMAIL, and print it: it is shown this once.

    NAME says what it is for.
    """
    settings = load_settings(data_dir=data_dir)
    with (
        orderly_end("Interrupted. No key was made."),
        attached_toolbox(builders, settings, "key add", chroma=False) as toolbox,
    ):
        services = toolbox.services
        user = _user(services, email)
        ids = _ids(services, user, collections) if collections else None
        made, secret = services.keys.make(user, name, set(map(Scope, scopes)), days=days, collection_ids=ids)
        _record(services, Action.KEY_MADE, made, user)
    click.echo(secret)
    click.echo("Keep it now: it is not shown again.", err=True)


@key.command("list")
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@data_dir_option
@pass_builders
def list_keys(builders: Builders, email: str, as_json: bool, data_dir: Path | None) -> None:
    """List the keys of the account of EMAIL."""
    settings = load_settings(data_dir=data_dir)
    with orderly_end(), attached_toolbox(builders, settings, "key list", chroma=False) as toolbox:
        keys = toolbox.services.keys.of(_user(toolbox.services, email))
    if as_json:
        print_json([_shape(found) for found in keys])
    elif keys:
        click.echo(aligned([["ID", "KEY", "MAY", "LAST USED", "NAME"], *map(_row, keys)]))
    else:
        click.echo("There are no keys.", err=True)


@key.command()
@click.argument("email")
@click.argument("key_id", metavar="ID")
@data_dir_option
@pass_builders
def revoke(builders: Builders, email: str, key_id: str, data_dir: Path | None) -> None:
    """End a key of the account of EMAIL: the running server refuses it from now on."""
    settings = load_settings(data_dir=data_dir)
    with orderly_end(), attached_toolbox(builders, settings, "key revoke", chroma=False) as toolbox:
        user = _user(toolbox.services, email)
        ended = toolbox.services.keys.revoke(user, key_id)
        _record(toolbox.services, Action.KEY_REVOKED, ended, user)
    click.echo(f"{ended.prefix}… ({ended.name}) is revoked.")


def _record(services: Services, action: Action, key: ApiKey, user: User) -> None:
    details = {"prefix": key.prefix, "scopes": sorted(key.scopes), "account": user.email}
    services.audit.record(action, actor=COMMAND_LINE, target=Target("key", key.id, key.name), details=details)


def _user(services: Services, email: str) -> User:
    user = services.accounts.known(email)
    if user is None:
        raise UserNotFound("There is no account with this email. Make one by `likeopt user add`.")
    return user


def _ids(services: Services, user: User, names: tuple[str, ...]) -> list[str]:
    """Return the ids of collections that are named by name or id."""
    visible = services.collections.visible(user)
    found = {name: [one.id for one in visible if name in (one.name, one.id)] for name in names}
    for name, ids in found.items():
        if not ids:
            raise click.ClickException(f"There is no collection “{name}” that {user.email} may see.")
    return [one for ids in found.values() for one in ids]


def _row(key: ApiKey) -> list[str]:
    return [key.id, f"{key.prefix}…", _scopes(key), _used(key), key.name + _end(key)]


def _scopes(key: ApiKey) -> str:
    count = len(key.collection_ids or ())
    some = "" if key.collection_ids is None else f" ({count} collection{'s' if count != 1 else ''})"
    return ", ".join(scope.value for scope in Scope if scope in key.scopes) + some


def _used(key: ApiKey) -> str:
    return key.last_used_at.strftime("%Y-%m-%d %H:%M") if key.last_used_at else "never"


def _end(key: ApiKey) -> str:
    if key.expires_at is None:
        return ""
    return " (expired)" if key.has_expired(datetime.now(UTC)) else f" (until {key.expires_at:%Y-%m-%d})"


def _shape(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": [scope.value for scope in Scope if scope in key.scopes],
        "collection_ids": None if key.collection_ids is None else sorted(key.collection_ids),
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
    }
