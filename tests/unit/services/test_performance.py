from __future__ import annotations

from typing import Any

import pytest

from backend.app.concurrency import NativePool
from backend.app.domain.performance import Step
from backend.app.errors import InvalidRequest
from backend.app.services.performance import PerformanceService
from tests.fakes.performance import KeptBaseline, KeptSteps, SetMetrics

NOW = 1_000_000_007.0
RANGES = {"5m": 300, "1h": 3600, "24h": 24 * 3600, "7d": 7 * 24 * 3600}


class Bench:
    def __init__(self) -> None:
        self.metrics, self.steps, self.baseline = SetMetrics(), KeptSteps(), KeptBaseline()
        self.service = PerformanceService(
            metrics=self.metrics,
            state=lambda: {"load": 0.5, "queue_length": 2.0},
            performance=self.steps,
            baseline=self.baseline,
            pool=NativePool(),
            clock=lambda: NOW,
        )


@pytest.fixture
def bench() -> Bench:
    return Bench()


def add(bench: Bench, seconds_ago: float, counts: dict[str, float], instance: str = "here", **gauges: float) -> None:
    bench.steps.add(instance, Step(int(NOW - seconds_ago) // 10 * 10, counts, gauges, 1))


@pytest.mark.parametrize("name", RANGES)
def test_a_range_holds_what_was_counted_in_it_and_nothing_older(bench: Bench, name: str) -> None:
    add(bench, RANGES[name] * 0.9, {"requests": 5})
    add(bench, RANGES[name] * 1.2, {"requests": 100})
    assert bench.service.show(name)["requests"] == 5


@pytest.mark.parametrize("name", RANGES)
def test_a_series_has_at_most_120_points_that_end_now(bench: Bench, name: str) -> None:
    add(bench, 1, {"requests": 2})
    shown = bench.service.show(name)
    points = [point["at"] for point in shown["series"]]
    assert 30 <= len(points) <= 120
    assert points == list(range(points[0], points[0] + len(points) * shown["point_seconds"], shown["point_seconds"]))
    assert points[0] == shown["from"] >= NOW - RANGES[name] - shown["point_seconds"]
    assert points[-1] <= NOW < points[-1] + shown["point_seconds"]
    assert sum(point["requests"] for point in shown["series"]) == shown["requests"] == 2


def test_an_hour_is_shown_where_nothing_is_asked(bench: Bench) -> None:
    assert bench.service.show()["range"] == "1h"


@pytest.mark.parametrize("name", ["", "1H", "2h", "60", "1h ", "__class__"])
def test_another_range_is_refused(bench: Bench, name: str) -> None:
    with pytest.raises(InvalidRequest, match="5m, 1h, 24h, 7d"):
        bench.service.show(name)


def test_what_was_counted_since_the_last_sample_is_there_at_once(bench: Bench) -> None:
    bench.baseline.counts = {"requests": 3}
    bench.metrics.counts = {"requests": 5}
    shown = bench.service.show("5m")
    assert shown["requests"] == shown["series"][-1]["requests"] == 2


def test_response_times_and_errors_are_those_of_the_range(bench: Bench) -> None:
    add(bench, 100, {"requests": 90, "response|0.05": 90, "response|sum": 3.0})
    add(bench, 50, {"requests": 10, "errors": 5, "response|1.0": 10, "response|sum": 7.0})
    shown = bench.service.show("5m")
    assert shown["response"]["average_ms"] == 100
    assert 25 <= shown["response"]["p50_ms"] <= 50
    assert 500 <= shown["response"]["p95_ms"] <= shown["response"]["p99_ms"] <= 1000
    assert shown["error_rate"] == 0.05
    errors = [point["error_rate"] for point in shown["series"] if point["requests"]]
    assert errors == [0, 0.5]


def test_throughput_is_that_of_the_time_in_which_somebody_counted(bench: Bench) -> None:
    add(bench, 97, {"requests": 200})
    shown = bench.service.show("1h")
    assert shown["throughput"] == pytest.approx(200 / 97, rel=0.01)
    (point,) = [point for point in shown["series"] if point["requests"]]
    assert point["throughput"] == pytest.approx(200 / 30, rel=0.01)


def test_the_caches_hit_rate_is_told_by_layer(bench: Bench) -> None:
    add(bench, 20, {"hit.memory": 6, "hit.redis": 2, "miss": 2, "stale": 1, "cache_error": 3})
    shown = bench.service.show("5m")["cache"]
    assert shown == {
        "hits": 8, "misses": 2, "stale": 1, "errors": 3, "hit_rate": 0.8,
        "layers": {"memory": {"hits": 6, "hit_rate": 0.6}, "redis": {"hits": 2, "hit_rate": 0.2}},
    }  # fmt: skip


def test_stages_are_told_by_name(bench: Bench) -> None:
    add(bench, 20, {"stage.bm25|0.005": 10, "stage.bm25|sum": 0.03, "stage.first_token|0.5": 2})
    shown = bench.service.show("5m")["stages"]
    assert set(shown) == {"bm25", "first_token"}
    assert shown["bm25"]["count"] == 10
    assert 2.5 < shown["bm25"]["p50_ms"] < shown["bm25"]["p95_ms"] <= 5
    assert 250 < shown["first_token"]["p50_ms"] <= 500


def test_web_vitals_are_told_at_p75_by_kind_of_device(bench: Bench) -> None:
    add(bench, 20, {"vital.lcp.desktop|1000.0": 8, "vital.lcp.phone|3000.0": 4})
    shown = bench.service.show("5m")
    lcp = shown["web_vitals"]["lcp"]
    assert (lcp["count"], lcp["desktop"]["count"], lcp["phone"]["count"]) == (12, 8, 4)
    assert 750 < lcp["desktop"]["p75"] <= 1000
    assert 2500 < lcp["p75"] < lcp["phone"]["p75"] <= 3000
    assert shown["web_vitals"]["inp"] == {
        "count": 0, "p75": None, "desktop": {"count": 0, "p75": None}, "phone": {"count": 0, "p75": None},
    }  # fmt: skip
    (point,) = [point for point in shown["series"] if point["web_vitals"]]
    assert set(point["web_vitals"]) == {"lcp"}
    assert point["web_vitals"]["lcp"]["phone"] > 2500
    assert point["web_vitals_count"] == {"lcp": {"desktop": 8, "phone": 4}}


def test_slow_pages_on_phones_can_be_told_from_when_on(bench: Bench) -> None:
    """LCP above 2.5 s on phones, since two days ago."""
    for hours in range(12, 160, 12):
        bound = "3000.0" if hours < 48 else "1500.0"
        add(bench, hours * 3600, {f"vital.lcp.phone|{bound}": 3, "vital.lcp.desktop|1000.0": 3})
    points = [point for point in bench.service.show("7d")["series"] if point["web_vitals"]]
    slow = [point["at"] for point in points if point["web_vitals"]["lcp"]["phone"] > 2500]
    assert slow == [point["at"] for point in points if point["at"] > NOW - 48 * 3600]
    assert slow != []


def test_memory_of_instances_is_added_up_and_of_moments_averaged(bench: Bench) -> None:
    add(bench, 15, {}, memory=100.0, cpu=10.0)
    add(bench, 15, {}, memory=300.0, cpu=30.0)
    add(bench, 15, {}, "there", memory=1000.0, cpu=5.0)
    shown = bench.service.show("5m")
    (point,) = [point for point in shown["series"] if point["memory"]]
    assert (point["memory"], point["cpu"]) == (1200.0, 25.0)


def test_the_queue_that_instances_share_is_not_added_up(bench: Bench) -> None:
    add(bench, 15, {}, queue_length=4.0, queue_oldest=30.0, machine_cpu=50.0)
    add(bench, 15, {}, "there", queue_length=4.0, queue_oldest=30.0, machine_cpu=70.0)
    (point,) = [point for point in bench.service.show("5m")["series"] if point["queue_length"]]
    assert (point["queue_length"], point["queue_oldest"], point["machine_cpu"]) == (4.0, 30.0, 60.0)


def test_memory_and_the_machine_are_those_of_now(bench: Bench) -> None:
    bench.metrics.gauges = {"memory": 77.0, "cpu": 3.0, "active": 1.0}
    shown = bench.service.show("5m")
    assert (shown["memory"], shown["cpu"], shown["active"]) == (77.0, 3.0, 1.0)
    assert shown["system"] == {"load": 0.5, "queue_length": 2.0}


def test_a_point_of_which_nothing_is_known_says_so(bench: Bench) -> None:
    point: dict[str, Any] = bench.service.show("5m")["series"][0]
    assert (point["requests"], point["throughput"]) == (0, 0)
    assert [point[name] for name in ("memory", "cpu", "error_rate")] == [None] * 3
    assert set(point["response"].values()) == {None}
    assert point["cache"]["hit_rate"] is None
