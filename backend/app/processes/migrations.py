"""Tell whether the database has to be migrated, without SQLAlchemy and Alembic's second."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from backend.app.config import Settings
from backend.app.processes.environment import ROOT

REVISIONS = ROOT / "backend" / "migrations" / "versions"


def head(revisions: Path = REVISIONS) -> str:
    """Return the newest revision: files are named by theirs, ``0001_initial.py``."""
    found = (re.match(r"(\d{4})_\w+\.py$", path.name) for path in revisions.glob("*.py"))
    return max((match[1] for match in found if match), default="")


def needed(settings: Settings, revisions: Path = REVISIONS) -> bool:
    """Return whether ``migrate`` has to run; a database elsewhere is always asked by it."""
    if settings.database_url.reveal():
        return True
    path = settings.data_dir / "likeopt.db"
    if not path.exists():
        return True
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            found = database.execute("select version_num from alembic_version").fetchall()
    except sqlite3.Error:  # no such table, or a file that the migration will complain of in words
        return True
    return found != [(head(revisions),)]
