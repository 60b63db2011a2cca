"""Write docs/settings.md from the table of settings; `--check` only tells whether it is up to date."""

from __future__ import annotations

import sys
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, get_type_hints

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "settings.md"
sys.path.insert(0, str(ROOT))

from backend.app.config import MIB, PREFIX, Secret, Settings  # noqa: E402  found from the root

_INTRODUCTION = f"""# Settings

Every setting is an environment variable that begins with `{PREFIX}`, or a line of a file `.env` in
the folder that Like-Opt is started in. The environment wins. Names in brackets are read too. A
value that cannot be used is told at the start, with all others that cannot. `likeopt doctor`
prints what is in force and where it came from.

This page is made from the table in `backend/app/config/topics/` by `python scripts/settings_page.py`.
"""
_KINDS = {bool: "true or false", int: "whole number", float: "number", Path: "path", Secret: "secret", str: "text"}


def page() -> str:
    hints = get_type_hints(Settings)
    lines = [_INTRODUCTION]
    for group, entries in _groups().items():
        lines += [f"## {group}", "", "| variable | kind | default | what it is |", "| --- | --- | --- | --- |"]
        lines += [_row(entry, hints[entry.name]) for entry in entries]
        lines.append("")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, "utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf-8") == text:
        return 0
    print(f"{PAGE} is not up to date. Run python scripts/settings_page.py.", file=sys.stderr)  # noqa: T201  its answer
    return 1


def _groups() -> dict[str, list[Field[Any]]]:
    groups: dict[str, list[Field[Any]]] = {}
    for entry in fields(Settings):
        groups.setdefault(entry.metadata["group"], []).append(entry)
    return groups


def _row(entry: Field[Any], kind: type) -> str:
    variable = f"`{PREFIX}{entry.name.upper()}`"
    if entry.metadata["also"]:
        variable += f" (`{entry.metadata['also']}`)"
    choices = ", ".join(f"`{choice}`" for choice in entry.metadata["choices"])
    cells = (variable, choices or _KINDS[kind], _default(entry, kind), entry.metadata["help"])
    return f"| {' | '.join(cells)} |"


def _default(entry: Field[Any], kind: type) -> str:
    value = entry.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if entry.name.endswith("_bytes") and value % MIB == 0:
        return f"`{value}` ({value // MIB} MiB)"
    if kind is Secret or value == "":
        return "empty"
    # A bar would end the cell.
    return "`" + str(value).replace("|", "\\|") + "`"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
