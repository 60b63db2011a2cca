"""Try every regular expression of the application on texts that are made to keep one busy; run by the test beside.

Prints those that used more processor time than ``SECONDS`` on a text of 1,000 signs: a linear search takes less than
a millisecond, a quadratic one some milliseconds, and what is worse than that does not end. ``re`` looks for signals
while it searches, so a timer ends it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import signal
import sys
from collections.abc import Iterator

import backend.app

SECONDS = 2.0
_LENGTH = 1_000
_UNITS = (
    "a", " ", "\n", "0", "1,", "1.", ".", "-", "=", "#", "*", "_", "`", "|", "[", "(", "{", "<", '"', "“", "가", "다 ", "a ",
    "a.", "A.", "a-", "[1", "![](", "<title ", "\r\n", " \n", "이 ", "a@", ":", "\\", "=-", "…", "• ", "\u3000", "e\u0301", "(a",
    "요약 ", "what ", "in the ", "x'", "「", "Comment: ", "token = ",
)  # fmt: skip
OWN = re.compile(r"(a+)+$")  # one that does not end, to show that such are found
_ENDS = ("", "\n\x00!")


class TooLong(Exception):
    pass


def patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Yield every compiled expression that a module holds, by its name, also in tuples and tables."""
    yield "OWN", OWN
    seen: set[int] = set()
    for info in pkgutil.walk_packages(backend.app.__path__, "backend.app."):
        if info.name.endswith((".__main__", ".mcp_bridge")):
            continue
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            for found in _within(value, 3):
                if id(found) not in seen:
                    seen.add(id(found))
                    yield f"{info.name}.{name}", found


def _within(value: object, depth: int) -> Iterator[re.Pattern[str] | re.Pattern[bytes]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            yield from _within(item, depth - 1)
    elif depth and isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _within(item, depth - 1)


def _stop(*_: object) -> None:
    raise TooLong


def main() -> None:
    signal.signal(signal.SIGVTALRM, _stop)
    count = 0
    for name, pattern in patterns():
        count += 1
        for unit in _UNITS:
            text = unit * (_LENGTH // len(unit))
            for end in _ENDS:
                whole = text + end
                subject = whole.encode("utf-8", "surrogatepass") if isinstance(pattern.pattern, bytes) else whole
                signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
                try:
                    for _ in pattern.finditer(subject):  # type: ignore[call-overload]  # of its own kind
                        pass
                    pattern.fullmatch(subject)  # type: ignore[call-overload]
                except TooLong:
                    print(f"{name} {pattern.pattern!r} on {unit!r} and {end!r}", flush=True)
                    break
                finally:
                    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    print(f"{count} expressions", file=sys.stderr)


if __name__ == "__main__":
    main()
