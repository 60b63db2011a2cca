"""Which folders may be watched by whoever is not at the command line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from backend.app.errors import FolderNotAllowed


class Roots:
    """Folders with all that they hold; links are followed before they are compared."""

    def __init__(self, roots: Sequence[str]) -> None:
        self._roots = [Path(os.path.realpath(Path(root).expanduser())) for root in roots]

    def require(self, path: str) -> None:
        """Raise ``FolderNotAllowed`` unless the folder lies within one of the roots."""
        if not self._roots:
            raise FolderNotAllowed(
                "This server watches no folders for the page. Whoever runs it names those that may be watched by "
                "LIKEOPT_WATCH_ROOTS."
            )
        real = Path(os.path.realpath(path))
        if not any(real.is_relative_to(root) for root in self._roots):
            raise FolderNotAllowed
