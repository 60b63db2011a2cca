"""What every language model promises, whoever makes the words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from backend.app.domain.chat import ModelEvent, Prompt, Silence, Source, Speaker, TextDelta, Turn, Usage
from backend.app.services.llm.base import LanguageModel
from backend.app.services.llm.endpoint import Endpoint
from backend.app.services.llm.extractive import Extractive
from backend.app.services.llm.openai_compatible import OpenAICompatible
from backend.app.services.retrieval.analyzer import Analyzer
from tests.fakes.scripted_model import Script, ScriptedModel

ENGLISH = "The lighthouse at Cape Brett was lit in 1910. It stands 149 metres above the sea."
KOREAN = "등대는 1910년에 처음 불을 밝혔다. 바다에서 149미터 높이에 서 있다."


def source(n: int, text: str) -> Source:
    return Source(n, f"d{n}", "Lighthouses", 3, None, n * 10, text, 0, len(text), 1.0 / n)


PROMPTS = {
    "english": Prompt("When was the lighthouse lit?", (), (source(1, ENGLISH),)),
    "korean": Prompt("등대는 언제 불을 밝혔나요?", (), (source(1, KOREAN),)),
    "no sources": Prompt("When was the lighthouse lit?", (), ()),
    "with history": Prompt(
        "And how high is it?",
        (Turn(Speaker.USER, "When was it lit?"), Turn(Speaker.ASSISTANT, "In 1910 [1].")),
        (source(1, ENGLISH), source(2, KOREAN)),
    ),
}


def said(model: LanguageModel, prompt: Prompt) -> list[ModelEvent]:
    """Return what a model streams; a slow one is silent now and then."""
    return [event for event in model.stream(prompt) if not isinstance(event, Silence)]


class LanguageModelContract:
    """Subclasses give the ``model`` fixture."""

    @pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS.keys())
    def test_it_yields_text_and_then_one_usage(self, model: LanguageModel, prompt: Prompt) -> None:
        *deltas, usage = said(model, prompt)

        assert isinstance(usage, Usage)
        assert deltas
        assert all(isinstance(delta, TextDelta) and delta.text for delta in deltas)

    def test_it_streams_more_than_one_piece(self, model: LanguageModel) -> None:
        assert len(said(model, PROMPTS["english"])) > 2

    def test_it_has_a_name_and_a_provider(self, model: LanguageModel) -> None:
        assert model.name
        assert model.provider in ("extractive", "openai_compatible", "ollama", "llama_cpp")

    def test_nothing_happens_before_the_first_piece_is_asked_for(self, model: LanguageModel) -> None:
        with closing(model.stream(PROMPTS["english"])):  # type: ignore[type-var]
            pass

    def test_closed_early_it_answers_again(self, model: LanguageModel) -> None:
        stream = model.stream(PROMPTS["english"])
        next(stream)
        stream.close()  # type: ignore[attr-defined]

        assert isinstance(list(model.stream(PROMPTS["english"]))[-1], Usage)

    def test_two_streams_at_once_do_not_mix(self, model: LanguageModel) -> None:
        first, second = model.stream(PROMPTS["english"]), model.stream(PROMPTS["korean"])
        for event in zip(first, second, strict=False):
            assert all(isinstance(part, TextDelta | Usage | Silence) for part in event)
        first.close()  # type: ignore[attr-defined]
        second.close()  # type: ignore[attr-defined]


class TestExtractive(LanguageModelContract):
    @pytest.fixture
    def model(self) -> LanguageModel:
        return Extractive(Analyzer())


class TestOpenAICompatible(LanguageModelContract):
    @pytest.fixture
    def model(self) -> Iterator[LanguageModel]:
        # A pause between the pieces, so that they arrive one by one.
        with ScriptedModel(Script.answer("It was lit", " in 1910", " [1].", pause=0.03)) as server:
            yield OpenAICompatible(Endpoint(server.url))
