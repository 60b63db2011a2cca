"""docs/settings.md is made from the table of settings, and is up to date."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from backend.app.config import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "settings_page.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_setting_is_on_it() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    missing = [entry.name for entry in fields(Settings) if f"`{PREFIX}{entry.name.upper()}`" not in page]
    assert missing == []
