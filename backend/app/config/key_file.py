"""The key that signs what must not be forged, kept in the data folder where none is set."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from backend.app.config.describing import PREFIX
from backend.app.config.settings import Settings
from backend.app.errors import ConfigError


def secret_key(settings: Settings) -> str:
    """Return the secret key, making and keeping one (mode 600) where none is set.

    Raises:
        ConfigError: the data folder cannot keep it, or keeps an empty one.
    """
    if settings.secret_key:
        return settings.secret_key.reveal()
    path = settings.data_dir / "secret_key"
    try:
        if not path.exists():
            _make_secret_key(path)
        key = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be written or read. Allow that, or set {PREFIX}SECRET_KEY.") from error
    if not key:
        raise ConfigError(f"{path} is empty. Remove it, and a new one is made.")
    return key


def _make_secret_key(path: Path) -> None:
    """Make the file whole or not at all, and never in place of one that another process makes now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", prefix=".secret_key-", dir=path.parent) as file:  # mode 600 from the start
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(file.name)  # unlike a rename, refused where the name is taken
