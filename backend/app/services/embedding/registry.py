"""Embedders by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.app.config import Secret, Settings
from backend.app.errors import ConfigError
from backend.app.services.embedding.base import Embedder


@dataclass(frozen=True, slots=True)
class Served:
    """Where embeddings are served, and by which model."""

    base_url: str = ""
    model: str = ""
    key: Secret = Secret()

    @classmethod
    def by(cls, settings: Settings) -> Served:
        return cls(settings.embedding_base_url, settings.embedding_model, settings.embedding_api_key)


def _use(threads: int, served: Served, model: str) -> Embedder:
    from backend.app.services.embedding.use import UseEmbedder

    return UseEmbedder(threads)


def _e5(threads: int, served: Served, model: str) -> Embedder:
    from backend.app.services.embedding.e5 import MISSING, E5Embedder, is_installed

    if not is_installed():
        raise ConfigError(MISSING)
    return E5Embedder(threads)


def _openai(threads: int, served: Served, model: str) -> Embedder:
    from backend.app.services.embedding.openai_compatible import OpenAICompatibleEmbedder

    model = model or served.model
    if not served.base_url or not model:
        raise ConfigError(
            "LIKEOPT_EMBEDDING is openai: set LIKEOPT_EMBEDDING_BASE_URL to an address such as"
            " http://127.0.0.1:11434/v1, and LIKEOPT_EMBEDDING_MODEL to the model that makes embeddings there."
        )
    return OpenAICompatibleEmbedder(served.base_url, model, served.key.reveal())


def _minilm(threads: int, served: Served, model: str) -> Embedder:
    from backend.app.services.embedding.minilm import MiniLmEmbedder

    return MiniLmEmbedder()


_FACTORIES: dict[str, Callable[[int, Served, str], Embedder]] = {
    "use": _use,
    "e5": _e5,
    "openai": _openai,
    "minilm": _minilm,
}


def create(name: str, threads: int = 1, served: Served | None = None) -> Embedder:
    """Build the embedder called ``name``; its package is imported only now.

    ``openai`` takes the model of ``served``, ``openai:MODEL`` another one at the same address.

    Raises:
        ConfigError: there is no such embedder, or something it needs is not there.
    """
    kind, _, model = name.partition(":")
    factory = _FACTORIES.get(kind)
    if factory is None:
        raise ConfigError(f"There is no embedder {name!r}. Choose one of {', '.join(_FACTORIES)}.")
    return factory(threads, served or Served(), model)
