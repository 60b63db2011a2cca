"""docs/accounts.md names every action that is written down, and no other; the page has words for each."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from backend.app.domain.audit import Action

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "accounts.md").read_text("utf-8")


def test_the_actions_are_those_that_are_written_down() -> None:
    table = PAGE[PAGE.index("| group | actions |") :].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)
    named = {f"{group}.{name}" for group, names in rows for name in re.findall(r"`(\w+)`", names)}
    assert named == {action.value for action in Action}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_has_words_for_each_of_them(language: str) -> None:
    words = json.loads((ROOT / f"frontend/src/locales/settings/{language}.json").read_text("utf-8"))
    prefix = "audit.action."
    named = {key.removeprefix(prefix) for key in words if key.startswith(prefix)}
    assert named == {action.value for action in Action}
    groups = {key.removeprefix("audit.group.") for key in words if key.startswith("audit.group.")}
    assert groups == {action.value.partition(".")[0] for action in Action}
