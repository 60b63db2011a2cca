from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import pytest
from urllib3 import PoolManager

from backend.app.config import Secret, Settings
from backend.app.errors import ConfigError
from backend.app.services.llm.registry import HINTS, LanguageModels
from backend.app.services.retrieval.analyzer import Analyzer


class NoConnections:
    """Counts who asks for a connection, and gives none."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> NoReturn:
        self.asked += 1
        raise AssertionError("nothing is to be opened here")


def models(connections: Callable[[], PoolManager] | None = None, **changes: object) -> LanguageModels:
    return LanguageModels(Settings(**changes), Analyzer(), connections=connections or NoConnections())  # type: ignore[arg-type]


def test_building_opens_nothing() -> None:
    connections = NoConnections()
    for changes in (
        {},
        {"llm_base_url": "http://127.0.0.1:1/v1"},
        {"llm_gguf": "m.gguf", "llm_base_url": "http://127.0.0.1:1"},
    ):
        models(connections, **changes)

    assert connections.asked == 0


def test_with_nothing_set_and_no_ollama_the_answer_is_extractive() -> None:
    chosen = models(ollama_url="")

    assert chosen.current() is chosen.fallback
    assert chosen.status().hint_code == "connect_a_model"
    assert chosen.status().hint == HINTS["connect_a_model"]


def test_extractive_chosen_on_purpose_gives_no_hint() -> None:
    chosen = models(llm_provider="extractive", llm_base_url="http://127.0.0.1:1/v1")

    assert chosen.current() is chosen.fallback
    assert (chosen.status().available, chosen.status().hint) == (True, None)


@pytest.mark.parametrize(("gguf", "provider"), [("", "openai_compatible"), ("model.gguf", "llama_cpp")])
def test_a_base_url_is_the_model_to_ask(gguf: str, provider: str) -> None:
    current = models(llm_base_url="http://127.0.0.1:1/v1", llm_model="m", llm_gguf=gguf).current()

    assert (current.provider, current.name) == (provider, "m")


def test_a_gguf_that_nobody_serves_yet_is_starting() -> None:
    status = models(llm_gguf="model.gguf").status()

    assert (status.provider, status.hint_code) == ("extractive", "model_starting")


def test_a_provider_without_an_address_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match="LIKEOPT_LLM_BASE_URL"):
        models(llm_provider="openai_compatible")


def test_no_hint_and_no_repr_holds_the_key() -> None:
    chosen = models(llm_base_url="http://user:pw@127.0.0.1:1/v1", llm_model="m", llm_api_key=Secret("sk-secret"))
    shown = repr(vars(chosen.current())) + "".join(HINTS.values())

    assert "sk-secret" not in shown
    assert "pw" not in shown
