from __future__ import annotations

from contextlib import ExitStack

import pytest

from backend.app.services.llm.pace import Pace


@pytest.mark.parametrize(("streams", "seconds"), [(0, 0.02), (1, 0.02), (10, 0.02), (400, 0.8), (5000, 2.0)])
def test_all_streams_together_take_five_hundred_turns_a_second_at_most(streams: int, seconds: float) -> None:
    pace = Pace()
    with ExitStack() as everybody:
        for _ in range(streams):
            everybody.enter_context(pace.stream())
        assert pace.rest_seconds == pytest.approx(seconds)
    assert pace.rest_seconds == Pace().rest_seconds, "those who are done are not counted"


def test_a_stream_that_breaks_is_not_counted_on() -> None:
    pace = Pace()
    for _ in range(100):
        with pytest.raises(OSError, match="broke"), pace.stream():
            raise OSError("broke")
    assert pace.rest_seconds == Pace().rest_seconds
