"""docs/accounts.md names every action that is written down, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from backend.app.domain.audit import Action

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "accounts.md").read_text("utf-8")


def test_the_actions_are_those_that_are_written_down() -> None:
    table = PAGE[PAGE.index("| group | actions |") :].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)
    named = {f"{group}.{name}" for group, names in rows for name in re.findall(r"`(\w+)`", names)}
    assert named == {action.value for action in Action}
