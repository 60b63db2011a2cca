"""What a language model is to the rest of Like-Opt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from backend.app.domain.chat import ModelEvent, Prompt


class LanguageModel(Protocol):
    """One model. Instances are shared by all requests of a worker: ``stream`` keeps no state."""

    @property
    def name(self) -> str:
        """The model's name as its server knows it, such as ``qwen3:8b``."""

    @property
    def provider(self) -> str:
        """``extractive``, ``openai_compatible``, ``ollama`` or ``llama_cpp``."""

    def stream(self, prompt: Prompt) -> Iterator[ModelEvent]:
        """Yield the answer as it is made, and a ``Silence`` now and then while nothing comes.

        Closing the iterator stops the model: the connection is closed at once.

        Raises:
            ModelUnavailable: the model cannot be reached or refused, before or in mid-answer.
            ModelTimeout: no first token, or none for too long.
        """
