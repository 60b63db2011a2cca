"""A real model: SmolLM2 135M under llama.cpp, served by our own process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.app.config import Settings
from backend.app.domain.chat import Prompt, TextDelta, Usage
from backend.app.services.llm.base import LanguageModel
from backend.app.services.llm.endpoint import Connections, Endpoint, get
from backend.app.services.llm.openai_compatible import Limits, OpenAICompatible
from backend.app.services.llm.registry import LanguageModels
from backend.app.services.retrieval.analyzer import Analyzer
from tests.contract.test_language_models import PROMPTS, LanguageModelContract
from tests.services.model import gguf


def command(model: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "backend.app.services.llm.llama_server", "--model", str(model), "--port", str(port)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(command(gguf(), port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/v1"
    connections = Connections()
    while get(connections(), f"{url}/models", 1.0)[0] != 200:
        assert process.poll() is None, "the model's server ended before it answered"
        time.sleep(0.05)
    yield url
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, "SIGTERM ends the server in an orderly way"


def model_at(address: str, max_tokens: int) -> OpenAICompatible:
    limits = Limits(context_tokens=4096, max_tokens=max_tokens, temperature=0.0, first_token_seconds=120)
    return OpenAICompatible(Endpoint(address), provider="llama_cpp", limits=limits)


class TestLocalModel(LanguageModelContract):
    @pytest.fixture
    def model(self, address: str) -> LanguageModel:
        return model_at(address, max_tokens=24)


def test_tokens_arrive_one_after_the_other(address: str) -> None:
    arrivals = [
        time.monotonic() for event in model_at(address, 40).stream(PROMPTS["english"]) if isinstance(event, TextDelta)
    ]

    assert len(arrivals) >= 5
    assert arrivals == sorted(arrivals)
    assert arrivals[-1] > arrivals[0]


def test_the_server_counts_the_tokens(address: str) -> None:
    usage = list(model_at(address, 8).stream(PROMPTS["english"]))[-1]

    assert isinstance(usage, Usage)
    assert usage.prompt_tokens
    assert usage.completion_tokens is not None
    assert 1 <= usage.completion_tokens <= 8


def test_the_prompt_is_no_longer_than_estimated(address: str) -> None:
    """The estimate has to lie above what a tokenizer without Korean makes of English."""
    from backend.app.services.llm.prompting import chat_messages, estimated_tokens

    prompt = PROMPTS["english"]
    estimate = sum(estimated_tokens(message["content"]) + 8 for message in chat_messages(prompt, 4096, 8))
    usage = list(model_at(address, 8).stream(prompt))[-1]

    assert isinstance(usage, Usage)
    assert usage.prompt_tokens is not None
    assert usage.prompt_tokens <= estimate


def test_closing_the_stream_stops_the_model(address: str) -> None:
    """Two slots, four long answers closed early: a fifth is answered only if they have stopped."""
    long = Prompt("Count from one to one thousand in words, one per line.", (), ())
    for _ in range(4):
        stream = model_at(address, 2048).stream(long)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    connections = Connections()
    root = address.removesuffix("/v1")
    deadline = time.monotonic() + 60
    while (slots := get(connections(), f"{root}/slots", 5.0))[0] == 200 and b'"is_processing":true' in slots[1]:
        assert time.monotonic() < deadline, "an abandoned answer is still being made"
        time.sleep(0.05)

    assert slots[0] == 200


def test_the_model_is_known_by_its_file_and_not_by_its_path(address: str) -> None:
    models = LanguageModels(Settings(llm_base_url=address, llm_gguf="model.gguf"), Analyzer())
    status = models.status()

    assert (status.provider, status.available, status.hint) == ("llama_cpp", True, None)
    assert status.name == gguf().stem


def test_a_file_that_is_no_model_is_refused_with_a_reason(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"this is no model")
    outcome = subprocess.run(command(wrong, free_port()), capture_output=True, text=True, timeout=60, check=False)

    assert outcome.returncode == 2
    assert "cannot serve wrong.gguf" in outcome.stderr


def test_a_missing_file_is_refused_with_the_setting_to_check(tmp_path: Path) -> None:
    outcome = subprocess.run(
        command(tmp_path / "none.gguf", 1), capture_output=True, text=True, timeout=60, check=False
    )

    assert outcome.returncode == 2
    assert "LIKEOPT_LLM_GGUF" in outcome.stderr
