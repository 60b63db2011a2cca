from __future__ import annotations

import pytest

from backend.app.config import Settings
from backend.app.processes.capacity import MIB, available_memory, available_processors, workers


@pytest.mark.parametrize(
    ("processors", "memory_mb", "expected"),
    [
        (2, 24_000, 2),
        (1, 24_000, 2),  # while one is replaced, the other answers
        (2.5, 24_000, 3),
        (8, 64_000, 8),
        (8, 1_000, 2),
        (2, 100, 1),  # one, however little there is
        (0.5, 8_000, 2),  # a container with half a processor
    ],
)
def test_workers_are_one_a_processor_and_two_at_least_as_far_as_memory_allows(
    processors: float, memory_mb: int, expected: int
) -> None:
    settings = Settings(worker_memory_mb=384)
    assert workers(settings, processors=processors, memory=memory_mb * MIB) == expected


def test_a_number_that_is_set_is_taken() -> None:
    assert workers(Settings(workers=7), processors=1, memory=0) == 7


def test_this_machine_has_processors_and_memory() -> None:
    assert available_processors() > 0
    assert available_memory() > 0
