"""Whether the server lives and is ready, and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable

from backend.app.processes.heartbeat import Heartbeats
from backend.app.services.ingestion.formats import SUPPORTED_EXTENSIONS
from backend.app.version import __version__
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import MAX_UPLOAD, World

OPEN = {
    "name",
    "version",
    "setup_required",
    "registration_open",
    "max_upload_bytes",
    "formats",
    "web_pages",
    "languages",
    "offered_questions",
    "password_sign_in",
    "single_sign_on",
}


def test_about_is_open_to_all(nobody: Caller) -> None:
    data = nobody.get("/about").data
    assert set(data) == OPEN
    assert (data["name"], data["version"], data["max_upload_bytes"]) == ("Like-Opt", __version__, MAX_UPLOAD)
    assert data["formats"] == list(SUPPORTED_EXTENSIONS)
    assert data["languages"] == ["en", "ko"]
    assert (data["setup_required"], data["registration_open"]) == (False, True)


def test_about_tells_who_is_signed_in_of_the_model(ann: Caller) -> None:
    data = ann.get("/about").data
    assert set(data) == OPEN | {"model", "embedding"}
    assert set(data["model"]) == {"provider", "name", "available", "hint", "hint_code"}
    assert data["model"]["provider"] == "extractive"
    assert data["model"]["hint_code"] == "connect_a_model"
    assert "LIKEOPT_LLM_BASE_URL" in data["model"]["hint"]
    assert set(data["embedding"]) == {"name", "dimensions"}


def test_it_lives(nobody: Caller) -> None:
    assert nobody.get("/health/live").status == 200


def test_ready_names_each_part_and_its_state(made_world: Callable[..., World]) -> None:
    world = made_world()
    ready = world.nobody().get("/health/ready")
    assert ready.status == 200
    assert ready.data["ready"] is True
    parts = ready.data["parts"]
    assert set(parts) == {"database", "redis", "vector_index", "embedder", "lexical_index", "model", "indexer"}
    assert {name: part["state"] for name, part in parts.items()} == {
        "database": "ok",
        "redis": "ok",
        "vector_index": "ok",
        "embedder": "ok",
        "lexical_index": "ok",
        "model": "ok",
        "indexer": "degraded",
    }
    Heartbeats(world.settings.run_dir).beat()
    assert world.nobody().get("/health/ready").data["parts"]["indexer"]["state"] == "ok"


def test_ready_tells_of_an_embedder_that_does_not_answer(made_world: Callable[..., World]) -> None:
    world = made_world(embedding="openai", embedding_base_url="http://127.0.0.1:9/v1", embedding_model="m")
    part = world.nobody().get("/health/ready").data["parts"]["embedder"]
    assert part == {"state": "degraded", "detail": "openai:m"}, "the address is not for everybody"
    assert world.person().get("/about").data["embedding"] == {"name": "openai:m", "dimensions": None}


def test_ready_tells_of_a_model_that_does_not_answer(made_world: Callable[..., World]) -> None:
    world = made_world(llm_base_url="http://127.0.0.1:9/v1", llm_model="m")
    ready = world.nobody().get("/health/ready")
    assert (ready.status, ready.data["parts"]["model"]["state"]) == (200, "degraded")
    model = world.person().get("/about").data["model"]
    assert (model["provider"], model["available"], model["hint_code"]) == (
        "openai_compatible",
        False,
        "model_unreachable",
    )
