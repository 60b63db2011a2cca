"""Hand settings to other processes, and find where the package is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from backend.app.config import PREFIX, Secret, Settings

PACKAGE = Path(__file__).resolve().parent.parent  # backend/app
ROOT = PACKAGE.parent.parent
"""The clone, or site-packages: ``backend`` can be imported from here."""


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Return this process's environment with every setting in it.

    All of them, defaults too: a child must not read another value from a ``.env`` file.
    """
    ours = {PREFIX + entry.name.upper(): _text(getattr(settings, entry.name)) for entry in fields(settings)}
    return {**os.environ, **ours, **more}


def foreign_environment(source: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for programs that are not ours: without settings and secrets."""
    secret = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "LLM_API_KEY")
    values = os.environ if source is None else source
    return {name: value for name, value in values.items() if not name.startswith(PREFIX) and name not in secret}


def gunicorn_config() -> Path:
    """Return gunicorn's configuration: at the root of the clone, inside the wheel."""
    inside = PACKAGE / "gunicorn_config.py"
    return inside if inside.exists() else ROOT / "gunicorn_config.py"


def _text(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
