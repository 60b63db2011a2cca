"""All settings together, and the places that follow from them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from backend.app.config.describing import PREFIX
from backend.app.config.reading import read
from backend.app.config.rules import violations
from backend.app.config.topics.accounts import AccountSettings
from backend.app.config.topics.answering import AnsweringSettings
from backend.app.config.topics.documents import DocumentSettings
from backend.app.config.topics.limits import LimitSettings
from backend.app.config.topics.logs import LogSettings
from backend.app.config.topics.searching import SearchingSettings
from backend.app.config.topics.serving import ServingSettings
from backend.app.config.topics.single_sign_on import SingleSignOnSettings
from backend.app.errors import ConfigError


# The last named comes first in the table: a dataclass collects its fields from its farthest base on.
@dataclass(frozen=True, kw_only=True)
class Settings(
    LogSettings,
    LimitSettings,
    AnsweringSettings,
    SearchingSettings,
    DocumentSettings,
    SingleSignOnSettings,
    AccountSettings,
    ServingSettings,
):
    @property
    def sqlalchemy_url(self) -> str:
        url = self.database_url.reveal()
        sqlite = f"sqlite:///{self.data_dir / 'likeopt.db'}"
        return re.sub("^postgres(ql)?://", "postgresql+psycopg://", url) if url else sqlite

    @property
    def has_redis(self) -> bool:
        return self.redis_url.reveal() not in ("", "none")

    @property
    def files_dir(self) -> Path:
        return self.data_dir / "files"

    @property
    def lexical_dir(self) -> Path:
        return self.data_dir / "indexes" / "tantivy"

    @property
    def vector_dir(self) -> Path:
        return self.data_dir / "indexes" / "chroma"

    @property
    def cache_dir(self) -> Path:
        return self.data_dir / "cache"

    @property
    def run_dir(self) -> Path:
        return self.data_dir / "run"

    def with_(self, **changes: Any) -> Settings:
        return replace(self, **changes)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Read the environment (and ``.env``), then apply the ``overrides`` that are not None.

        Raises:
            ConfigError: naming every setting that cannot be used, not only the first.
        """
        given = {name: value for name, value in overrides.items() if value is not None}
        found, problems = read(cls, environ, given)
        settings = cls(**found)
        problems += violations(settings)
        if problems:
            raise ConfigError("These settings cannot be used:\n  " + "\n  ".join(problems))
        return settings.with_(data_dir=_absolute(settings.data_dir))


_OF_CLIENTS = (f"{PREFIX}API_KEY", f"{PREFIX}URL")  # `likeopt mcp` asks a server with these


def unknown_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return variables with our prefix that no setting reads, each with the nearest name or "".

    They are reported, not refused: container platforms add variables of their own.
    """
    known = [*_OF_CLIENTS, *sorted(PREFIX + entry.name.upper() for entry in fields(Settings))]
    unknown = (name for name in environ if name.startswith(PREFIX) and name not in known)
    return {name: "".join(difflib.get_close_matches(name, known, 1)) for name in unknown}


def _absolute(folder: Path) -> Path:
    try:
        return folder.expanduser().absolute()
    except RuntimeError as error:
        raise ConfigError(f"{PREFIX}DATA_DIR={folder}: nobody has this home folder") from error
