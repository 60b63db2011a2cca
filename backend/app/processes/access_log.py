"""Gunicorn's access log without the tokens of links: who reads a log could use them."""

from __future__ import annotations

import re
from typing import Any

from gunicorn.glogging import Logger

from backend.app.masking import MASK

_TOKENS = re.compile(r"(/(?:invite|invitations|reset)/)[^/?#\s\"]+")


class AccessLog(Logger):  # type: ignore[misc]  # gunicorn ships no types
    def atoms(self, *args: Any) -> dict[str, Any]:
        """Return what a line can be made of."""
        return {name: without_tokens(value) for name, value in super().atoms(*args).items()}


def without_tokens(value: Any) -> Any:
    return _TOKENS.sub(rf"\1{MASK}", value) if isinstance(value, str) else value
