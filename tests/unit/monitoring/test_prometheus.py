from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.app.domain.performance import Figures, Histogram, Totals
from backend.app.monitoring import prometheus
from backend.app.monitoring.buckets import VITALS
from backend.app.monitoring.interfaces import CacheEvents, Metrics
from backend.app.monitoring.null import NullMetrics
from backend.app.monitoring.prometheus import PrometheusMetrics
from tests.fakes.child import run_python


@pytest.fixture
def metrics() -> PrometheusMetrics:
    return PrometheusMetrics()


def samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text, content_type = metrics.render()
    assert content_type.startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, /, **labels: str) -> float | None:
    return samples(metrics).get((name, frozenset(labels.items())))


def vitals(metrics: PrometheusMetrics, name: str) -> Histogram:
    return Figures(metrics.totals().counts).histogram(VITALS[name], f"vital.{name}.desktop")


def test_requests_are_counted_and_timed_by_route(metrics: PrometheusMetrics) -> None:
    for status in (200, 200, 404):
        metrics.observe_request("GET", "/api/v1/documents", status, 0.02)
    assert value(metrics, "http_requests_total", method="GET", endpoint="/api/v1/documents", status="200") == 2
    assert value(metrics, "http_requests_total", method="GET", endpoint="/api/v1/documents", status="404") == 1
    labels = {"method": "GET", "endpoint": "/api/v1/documents"}
    assert value(metrics, "http_request_duration_seconds_count", **labels) == 3
    assert value(metrics, "http_request_duration_seconds_sum", **labels) == pytest.approx(0.06)
    totals = metrics.totals().counts
    assert totals["requests"] == 3
    assert "errors" not in totals, "404 is the caller's"


def test_answers_of_500_and_more_are_errors(metrics: PrometheusMetrics) -> None:
    for status in (200, 499, 500, 503):
        metrics.observe_request("GET", "/", status, 0.02)
    assert metrics.totals().counts["errors"] == 2


def test_open_requests_go_up_and_down(metrics: PrometheusMetrics) -> None:
    metrics.request_began()
    metrics.request_began()
    metrics.request_ended()
    assert value(metrics, "http_active_connections") == 1


def test_stages_are_seconds_by_name(metrics: PrometheusMetrics) -> None:
    metrics.observe_stages({"bm25_ms": 4.0, "first_token_ms": 250.0})
    assert value(metrics, "likeopt_stage_duration_seconds_sum", stage="bm25") == pytest.approx(0.004)
    assert value(metrics, "likeopt_stage_duration_seconds_sum", stage="first_token") == pytest.approx(0.25)


def test_what_went_wrong_is_counted(metrics: PrometheusMetrics) -> None:
    metrics.count_degraded("vector")
    metrics.count_error("indexer")
    metrics.count_refused("chat")
    metrics.count_citations(3, 1)
    metrics.count_citations(0, 0)
    metrics.observe_job("failed", 2.0)
    assert value(metrics, "likeopt_degraded_total", part="vector") == 1
    assert value(metrics, "likeopt_errors_total", where="indexer") == 1
    assert value(metrics, "likeopt_refused_total", limit="chat") == 1
    assert value(metrics, "likeopt_citations_total", outcome="verified") == 3
    assert value(metrics, "likeopt_citations_total", outcome="dropped") == 1
    assert value(metrics, "likeopt_job_duration_seconds_sum", outcome="failed") == 2


def test_memory_and_processor_are_those_of_this_process(metrics: PrometheusMetrics) -> None:
    metrics.sample_process()
    gauges = metrics.totals().gauges
    assert gauges["memory"] > 1_000_000
    assert gauges["cpu"] >= 0


def test_two_looks_at_the_process_are_a_second_apart(
    metrics: PrometheusMetrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    now = [100.0]
    monkeypatch.setattr(prometheus.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(metrics._process, "cpu_percent", lambda: looks.append(now[0]) or 0.0)
    for seconds in (0, 0.1, 0.9, 1, 1.5, 20):
        now[0] = 100.0 + seconds
        metrics.sample_process()
    assert looks == [100.0, 101.0, 120.0]


# --- the cache ---------------------------------------------------------------------------------


def test_the_cache_is_counted_by_layer_and_region(metrics: PrometheusMetrics) -> None:
    events: CacheEvents = metrics
    for layer in ("l1", "l1", "l2"):
        events.cache_hit(layer, "search")
    events.cache_miss("search")
    events.cache_stale("answer")
    events.cache_error("l2")
    events.cache_computed("search", 0.02)
    assert value(metrics, "likeopt_cache_hits_total", layer="l1", region="search") == 2
    assert value(metrics, "likeopt_cache_hits_total", layer="l2", region="search") == 1
    assert value(metrics, "likeopt_cache_misses_total", region="search") == 1
    assert value(metrics, "likeopt_cache_stale_total", region="answer") == 1
    assert value(metrics, "likeopt_cache_errors_total", layer="l2") == 1
    assert value(metrics, "likeopt_cache_compute_seconds_sum", region="search") == pytest.approx(0.02)


@pytest.mark.parametrize(("states", "is_open"), [(["open"], 1), (["open", "half_open"], 1), (["open", "closed"], 0)])
def test_a_breaker_is_open_until_it_is_closed_again(
    metrics: PrometheusMetrics, states: list[str], is_open: int
) -> None:
    for state in states:
        metrics.breaker_changed("redis", state)
    assert value(metrics, "likeopt_breaker_open", name="redis") == is_open


def test_the_same_labels_give_the_same_metric(metrics: PrometheusMetrics) -> None:
    first = metrics._requests["GET", "/", "200"]
    assert metrics._requests["GET", "/", "200"] is first
    assert metrics._requests["GET", "/", "404"] is not first
    assert first is metrics._requests._parent.labels("GET", "/", "200")


# --- web vitals -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lcp", "inp", "fid", "cls", "ttfb", "fcp"])
def test_web_vitals_are_counted_by_name(metrics: PrometheusMetrics, name: str) -> None:
    metrics.observe_web_vital(name, 0.0)
    metrics.observe_web_vital(name, 0.05)
    assert vitals(metrics, name).count == 2
    assert value(metrics, f"web_vitals_{name}_sum", device="desktop") == pytest.approx(0.05)


def test_web_vitals_are_kept_apart_by_kind_of_device(metrics: PrometheusMetrics) -> None:
    metrics.observe_web_vital("lcp", 900.0, "desktop")
    metrics.observe_web_vital("lcp", 2600.0, "phone")
    metrics.observe_web_vital("lcp", 2700.0, "phone")
    metrics.observe_web_vital("lcp", 1.0, "Mozilla/5.0 of somebody")
    assert value(metrics, "web_vitals_lcp_count", device="phone") == 2
    assert value(metrics, "web_vitals_lcp_count", device="desktop") == 1
    assert {dict(labels)["device"] for name, labels in samples(metrics) if name == "web_vitals_lcp_count"} == {
        "phone", "desktop",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["", "LCP", "__class__", "lcp_total", "x" * 1000])
def test_an_unknown_name_is_passed_over(metrics: PrometheusMetrics, name: str) -> None:
    before = samples(metrics).keys()
    metrics.observe_web_vital(name, 1.0)
    assert samples(metrics).keys() == before


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, -1.0, -1e-9])
def test_a_value_that_cannot_be_is_passed_over(metrics: PrometheusMetrics, wrong: float) -> None:
    metrics.observe_web_vital("lcp", wrong)
    assert vitals(metrics, "lcp").count == 0


# --- nobody watches ---------------------------------------------------------------------------


def test_null_metrics_take_everything_and_tell_nothing() -> None:
    nobody: Metrics = NullMetrics()
    nobody.request_began()
    nobody.observe_request("GET", "/", 200, 0.1)
    nobody.request_ended()
    nobody.observe_stages({"total_ms": 1.0})
    nobody.count_degraded("bm25")
    nobody.count_citations(1, 1)
    nobody.count_error("x")
    nobody.observe_job("ready", 1.0)
    nobody.observe_web_vital("lcp", 1.0, "phone")
    nobody.cache_hit("l1", "search")
    nobody.cache_miss("search")
    nobody.cache_stale("search")
    nobody.cache_error("l2")
    nobody.cache_computed("search", 0.1)
    nobody.breaker_changed("redis", "open")
    assert nobody.render()[0] == b""
    assert nobody.totals() == Totals({}, {})
    nobody.sample_process()


# --- several processes ------------------------------------------------------------------------

WORKERS = """
import json, os, warnings
warnings.simplefilter("ignore", ResourceWarning)  # after a fork prometheus_client drops its parent's files unclosed
from backend.app.monitoring.prometheus import PrometheusMetrics

metrics = PrometheusMetrics()  # before the fork, as a preloaded app has it


def serve(count):
    for _ in range(count):
        metrics.request_began()
        metrics.observe_request("GET", "/", 200, 0.01)
        metrics.request_ended()
        metrics.observe_web_vital("lcp", 900.0, "phone")
    metrics.sample_process()
    metrics.request_began()  # one that is still open


def forked(work):
    ready, tell = os.pipe()
    end, let_go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(let_go)
        work()
        os.write(tell, b"x")
        os.read(end, 1)  # until it is let go
        os._exit(0)
    os.close(end)
    assert os.read(ready, 1) == b"x"
    return child, let_go


first, second = forked(lambda: serve(3)), forked(lambda: serve(4))
metrics.observe_web_vital("lcp", 90.0)
metrics.cache_hit("memory", "search")
metrics.sample_process()


def seen():
    totals = metrics.totals()
    return {"counts": dict(totals.counts), "gauges": dict(totals.gauges)}


both = seen()
text = metrics.render()[0].decode()

os.write(first[1], b"x")
os.waitpid(first[0], 0)
from prometheus_client import multiprocess

multiprocess.mark_process_dead(first[0])
left = seen()
left_text = metrics.render()[0].decode()
os.write(second[1], b"x")
os.waitpid(second[0], 0)

active = lambda text: [line.split()[-1] for line in text.splitlines() if line.startswith("http_active_connections")]
counted = [line for line in text.splitlines() if line.startswith("http_requests_total{")]
print(json.dumps({
    "both": both, "left": left, "counted": counted, "active": active(text), "left_active": active(left_text),
}))
"""


def test_all_processes_are_added_up_and_a_dead_one_no_longer_has_open_requests(tmp_path: Path) -> None:
    done = run_python(WORKERS, environ={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, "")
    seen = json.loads(done.stdout)
    both, left = seen["both"], seen["left"]
    assert both["counts"] == left["counts"], "what was counted stays counted"
    assert both["counts"]["requests"] == both["counts"]["response|0.01"] == 7
    assert both["counts"]["response|sum"] == pytest.approx(0.07)
    assert (both["counts"]["vital.lcp.phone|1000.0"], both["counts"]["vital.lcp.desktop|100.0"]) == (7, 1)
    assert both["counts"]["hit.memory"] == 1
    assert seen["counted"] == ['http_requests_total{endpoint="/",method="GET",status="200"} 7.0']
    assert (seen["active"], seen["left_active"]) == (["2.0"], ["1.0"])
    assert (both["gauges"]["active"], left["gauges"]["active"]) == (2, 1)
    assert both["gauges"]["memory"] > left["gauges"]["memory"] > 0, "each worker notes its own memory"
