"""Embedders by name."""

from __future__ import annotations

from collections.abc import Callable

from backend.app.errors import ConfigError
from backend.app.services.embedding.base import Embedder


def _use(threads: int) -> Embedder:
    from backend.app.services.embedding.use import UseEmbedder

    return UseEmbedder(threads)


_FACTORIES: dict[str, Callable[[int], Embedder]] = {"use": _use}


def create(name: str, threads: int = 1) -> Embedder:
    """Build the embedder called ``name``; its package is imported only now.

    Raises:
        ConfigError: there is no such embedder.
    """
    factory = _FACTORIES.get(name)
    if factory is None:
        raise ConfigError(f"There is no embedder {name!r}. Choose one of {', '.join(_FACTORIES)}.")
    return factory(threads)
