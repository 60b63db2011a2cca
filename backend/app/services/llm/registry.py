"""Which language model answers, by the settings and by what is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from urllib3 import PoolManager

from backend.app.config import Settings
from backend.app.errors import ConfigError
from backend.app.services.llm.base import LanguageModel
from backend.app.services.llm.endpoint import Connections, Endpoint
from backend.app.services.llm.extractive import Extractive
from backend.app.services.llm.ollama import OllamaProbe
from backend.app.services.llm.openai_compatible import Limits, OpenAICompatible
from backend.app.services.text.terms import TermAnalyzer

HINTS = {
    "connect_a_model": (
        "Answers are quoted from your documents. For answers in prose, start Ollama on this machine, or set"
        " LIKEOPT_LLM_BASE_URL to an OpenAI-compatible address, or LIKEOPT_LLM_GGUF to a GGUF file."
    ),
    "model_unreachable": (
        "The language model does not answer, so answers are quoted from your documents."
        " Check that its server is running, and LIKEOPT_LLM_BASE_URL and LIKEOPT_LLM_API_KEY."
    ),
    "model_starting": "The local language model is starting or has stopped; until it answers, answers are quoted from your documents.",
}


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What people are told about the model. ``hint_code`` names the hint for translation."""

    provider: str
    name: str
    available: bool
    hint: str | None = None
    hint_code: str | None = None


class LanguageModels:
    """Chooses the model that answers now. Opens nothing before it is first asked."""

    def __init__(
        self,
        settings: Settings,
        analyzer: TermAnalyzer,
        *,
        connections: Callable[[], PoolManager] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raise ``ConfigError`` where a server is asked for and none is named."""
        if settings.llm_provider == "openai_compatible" and not (settings.llm_base_url or settings.llm_gguf):
            raise ConfigError("LIKEOPT_LLM_PROVIDER is openai_compatible, but LIKEOPT_LLM_BASE_URL is empty. Set it.")
        self.fallback = Extractive(analyzer)
        self._settings = settings
        self._connections = connections or Connections()
        self._clock = clock
        self._sleep = sleep
        self._configured = self._from_settings()
        looks = settings.llm_provider == "auto" and self._configured is None and not settings.llm_gguf
        self._ollama = OllamaProbe(settings.ollama_url if looks else "", connections=self._connections, clock=clock)
        self._on_ollama: OpenAICompatible | None = None
        self._lock = threading.Lock()

    def current(self) -> LanguageModel:
        """Return the model to ask now; a configured one even while it is away.

        Its failure is the caller's to notice, and ``fallback`` to mend: a check before each
        answer would cost every answer a round trip, and prove nothing about the next moment.
        """
        return self._configured or self._ollama_model() or self.fallback

    def status(self) -> ModelStatus:
        """Return who answers and, where something is amiss, how to connect a model."""
        model = self._configured
        if model is not None:
            available = model.available()
            code = None if available else "model_starting" if model.provider == "llama_cpp" else "model_unreachable"
            return _status(model, available, code)
        if found := self._ollama_model():
            return _status(found, True, None)
        if self._settings.llm_provider == "extractive":
            return _status(self.fallback, True, None)  # chosen, not missing
        return _status(self.fallback, True, "model_starting" if self._settings.llm_gguf else "connect_a_model")

    def _from_settings(self) -> OpenAICompatible | None:
        settings = self._settings
        if settings.llm_provider == "extractive" or not settings.llm_base_url:
            return None
        # With a GGUF, the address is that of the llama.cpp process which serves it.
        provider = "llama_cpp" if settings.llm_gguf else "openai_compatible"
        return self._model_at(settings.llm_base_url, settings.llm_model, provider)

    def _ollama_model(self) -> OpenAICompatible | None:
        name = self._ollama.model(self._settings.llm_model)
        if name is None:
            return None
        with self._lock:
            if self._on_ollama is None or self._on_ollama.name != name:
                self._on_ollama = self._model_at(f"{self._ollama.url}/v1", name, "ollama")
            return self._on_ollama

    def _model_at(self, url: str, name: str, provider: str) -> OpenAICompatible:
        key = self._settings.llm_api_key.reveal()
        endpoint = Endpoint(url, key, connections=self._connections, clock=self._clock)
        limits = limits_of(self._settings)
        return OpenAICompatible(
            endpoint, model=name, provider=provider, limits=limits, clock=self._clock, sleep=self._sleep
        )


def limits_of(settings: Settings) -> Limits:
    return Limits(
        context_tokens=settings.llm_context_tokens,
        max_tokens=settings.llm_max_tokens,
        temperature=settings.llm_temperature,
        connect_seconds=settings.llm_connect_seconds,
        first_token_seconds=settings.llm_first_token_seconds,
        idle_seconds=settings.llm_idle_seconds,
        retries=settings.llm_retries,
    )


def _status(model: LanguageModel, available: bool, code: str | None) -> ModelStatus:
    return ModelStatus(model.provider, model.name, available, HINTS[code] if code else None, code)
