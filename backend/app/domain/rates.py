"""How often something may be done, and what is left of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"([0-9]{1,9})/([0-9]{0,5})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Rate:
    """``count`` times at once, and after that as many in each ``seconds``, evenly."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Rate | None:
        """Return what ``10/15m`` or ``600/s`` says; None for ``none``.

        Raises:
            ValueError: it is neither.
        """
        if text == "none":
            return None
        found = _WRITTEN.fullmatch(text)
        count, periods = (int(found[1]), int(found[2] or 1)) if found else (0, 0)
        if not found or not count or not periods:
            raise ValueError("expected how often in which time, such as 10/15m, 600/m or 50/s, or none")
        return cls(count, periods * _SECONDS[found[3]])

    @property
    def interval(self) -> float:
        """Seconds after which one more may be done."""
        return self.seconds / self.count


@dataclass(frozen=True, slots=True)
class Charge:
    """One of what the ``limit`` of this name allows a ``subject``: a user, an address."""

    limit: str
    subject: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether it may be done; how many more may be; after how many seconds it may be tried again."""

    allowed: bool
    remaining: int
    wait: float = 0.0
