"""What a setting is, and a text that is never printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any

PREFIX = "LIKEOPT_"
MIB = 1024 * 1024


class Secret:
    """A text that is never printed by accident. Encoders would print that of a ``str`` or a dataclass."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret('**********')" if self else "Secret('')"


def setting(
    default: Any, help: str, *, group: str, also: str = "", choices: Sequence[str] = (), least: float = 0
) -> Any:
    """Describe a setting; ``least`` bounds a number from below."""
    return field(
        default=default, metadata={"help": help, "group": group, "also": also, "choices": choices, "least": least}
    )
