"""A function whose results are kept."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from backend.app.cache.keys import Region
from backend.app.cache.tiered import TieredCache

T = TypeVar("T")
P = ParamSpec("P")


def cached(
    cache: TieredCache,
    region: Region[T],
    *,
    scope: Callable[P, str] | None = None,
    parts: Callable[P, object] | None = None,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep what a plain function returns.

    ``scope`` and ``parts`` are called with its arguments: who asks, and what. Without ``parts``
    all arguments are, by their names, defaults included; they must be plain values then.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(function)

        def all_arguments(*args: P.args, **kwargs: P.kwargs) -> object:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            return dict(bound.arguments)

        asked = parts or all_arguments

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            whose = scope(*args, **kwargs) if scope else None
            compute = functools.partial(function, *args, **kwargs)
            return cache.get_or_compute(region, whose, asked(*args, **kwargs), compute).value

        return wrapper

    return decorate
