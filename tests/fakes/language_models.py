"""Language models that say what a test tells them to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from backend.app.domain.chat import ModelEvent, Prompt, TextDelta
from backend.app.services.llm.base import LanguageModel

Step = str | ModelEvent | Exception | Callable[[], object]


class FakeModel:
    """Plays its steps: texts and events are yielded, exceptions raised, functions called."""

    provider = "fake"

    def __init__(self, name: str, *steps: Step) -> None:
        self.name = name
        self.steps = steps
        self.prompts: list[Prompt] = []
        self.yielded = 0
        self.closed = 0
        self._streams: list[Iterator[ModelEvent]] = []  # held, so that none is closed by being forgotten

    def stream(self, prompt: Prompt) -> Iterator[ModelEvent]:
        self.prompts.append(prompt)
        self._streams.append(self._play())
        return self._streams[-1]

    def _play(self) -> Iterator[ModelEvent]:
        try:
            for step in self.steps:
                if isinstance(step, Exception):
                    raise step
                if callable(step):
                    step()
                    continue
                self.yielded += 1
                yield TextDelta(step) if isinstance(step, str) else step
        finally:
            self.closed += 1


class FakeModels:
    def __init__(self, model: LanguageModel, fallback: LanguageModel) -> None:
        self.model, self.fallback = model, fallback

    def current(self) -> LanguageModel:
        return self.model
