from __future__ import annotations

import pytest

from backend.app.errors import StorageUnavailable
from backend.app.services.estimates import Estimates
from backend.app.storage.work import Waiting, Worked


class History:
    def __init__(self, lately: list[Worked], *waiting: Waiting) -> None:
        self.done, self.open = lately, list(waiting)
        self.asked = 0
        self.fails = False

    def lately(self, limit: int) -> list[Worked]:
        self.asked += 1
        if self.fails:
            raise StorageUnavailable
        return self.done[:limit]

    def waiting(self, limit: int) -> list[Waiting]:
        return self.open[:limit]


def estimates(history: History, **changes: object) -> Estimates:
    return Estimates(history, lambda: True, **changes)  # type: ignore[arg-type]


SMALL = [Worked(1000, 1.0 + n / 10) for n in range(10)]
LARGE = [Worked(1_000_000, 100.0 + n * 10) for n in range(10)]


def test_nothing_is_told_before_enough_has_been_seen_or_while_nobody_indexes() -> None:
    waiting = Waiting("d", 1000, 0.0)
    assert estimates(History(SMALL[:4], waiting)).left("d") is None
    assert estimates(History(SMALL[:5], waiting)).left("d") is not None
    assert Estimates(History(SMALL, waiting), lambda: False).left("d") is None


def test_documents_take_as_long_as_those_of_their_size_took() -> None:
    left = estimates(History(SMALL + LARGE, Waiting("small", 1200, 0.0))).left("small")
    assert left == pytest.approx((1.2, 1.7))
    left = estimates(History(SMALL + LARGE, Waiting("large", 900_000, 0.0))).left("large")
    assert left == pytest.approx((120.0, 170.0))


def test_what_is_before_is_waited_for_and_what_is_done_is_not() -> None:
    history = History(SMALL, Waiting("first", 1000, 0.5), Waiting("second", 1000, 0.0))
    told = estimates(history)
    alone = estimates(History(SMALL, Waiting("first", 1000, 0.65))).left("first")
    assert alone == pytest.approx((1.2 * 0.9 / 2, 1.7 * 0.4 / 2))  # words done, and half of the vectors
    first, second = told.left("first"), told.left("second")
    assert first is not None
    assert second is not None
    assert second == pytest.approx((1.2, 1.7))  # its words and vectors come before the rest of the other's
    assert first[0] > second[0] * 0.9
    assert first[1] > second[1]
    assert told.left("ready") is None
    assert estimates(history, indexers=2).left("second") == pytest.approx((0.6, 0.85))


def test_it_is_made_anew_now_and_then_not_for_every_document() -> None:
    now = 0.0
    history = History(SMALL, Waiting("d", 1000, 0.0))
    told = estimates(history, clock=lambda: now)
    for _ in range(50):
        told.left("d")
    assert history.asked == 1
    now, history.open = 3.0, []
    assert told.left("d") is None


def test_a_database_that_is_away_tells_nothing_and_breaks_nothing() -> None:
    history = History(SMALL, Waiting("d", 1000, 0.0))
    history.fails = True
    assert estimates(history).left("d") is None
