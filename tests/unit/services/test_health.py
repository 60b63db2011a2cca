from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from backend.app.errors import SearchUnavailable, StorageUnavailable
from backend.app.services import health
from backend.app.services.health import HealthService, Part

OK = Part("ok")


def ready(**probes: Callable[[], Part]) -> tuple[bool, dict[str, Part]]:
    return HealthService({"database": lambda: OK, **probes}, frozenset({"database"})).ready()


def raising(error: Exception) -> Callable[[], Part]:
    def probe() -> Part:
        raise error

    return probe


def test_all_is_well() -> None:
    assert ready(redis=lambda: Part("ok", "not used")) == (True, {"database": OK, "redis": Part("ok", "not used")})


def test_all_parts_are_asked_at_the_same_time() -> None:
    everybody = threading.Barrier(3, timeout=20)

    def probe() -> Part:
        everybody.wait()
        return OK

    assert ready(database=probe, redis=probe, model=probe)[0]


def test_a_part_that_one_can_do_without_is_degraded_and_the_server_ready() -> None:
    is_ready, parts = ready(vector_index=raising(SearchUnavailable("The vector index is not answering.")))
    assert is_ready
    assert parts["vector_index"] == Part("degraded", "The vector index is not answering.")


def test_without_the_database_the_server_is_not_ready() -> None:
    is_ready, parts = ready(database=raising(StorageUnavailable()))
    assert not is_ready
    assert parts["database"] == Part("down", StorageUnavailable.message)


def test_a_required_part_may_say_so_itself() -> None:
    assert not ready(database=lambda: Part("down", "no"))[0]
    assert ready(database=lambda: Part("degraded", "slow"))[0]


def test_a_part_that_does_not_answer_in_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_PROBE_SECONDS", 0.05)
    release = threading.Event()

    def stuck() -> Part:
        release.wait(20)
        return OK

    is_ready, parts = ready(redis=stuck)
    release.set()
    assert is_ready
    assert parts["redis"] == Part("degraded", "did not answer in time")


def test_a_defect_is_logged_and_its_words_are_kept_from_strangers() -> None:
    with capture_logs() as logs:
        is_ready, parts = ready(model=raising(ValueError("http://user:password@host")))
    assert is_ready
    assert parts["model"] == Part("degraded", "could not be asked")
    assert [(entry["event"], entry["part"]) for entry in logs] == [("probe_failed", "model")]
