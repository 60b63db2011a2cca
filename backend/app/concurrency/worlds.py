"""The two worlds that code runs in, and what a call came to in either."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

NATIVE: ContextVar[bool] = ContextVar("in_native_thread", default=False)


def is_cooperative() -> bool:
    """Tell whether this process runs under gevent's monkey patching."""
    monkey = sys.modules.get("gevent.monkey")
    return bool(monkey and monkey.is_module_patched("threading"))


def in_native_thread() -> bool:
    """Tell whether this is a thread of a ``NativePool``, which has no hub and may wait for as long as it likes."""
    return NATIVE.get()


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a call came to: a value, or the exception that it raised."""

    value: T | None = None
    error: BaseException | None = None

    @classmethod
    def of(cls, function: Callable[..., T], args: Any = (), kwargs: Any = None) -> Outcome[T]:
        try:
            return cls(value=function(*args, **(kwargs or {})))
        except Exception as error:
            return cls(error=error)

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # no error: the value is there
