"""What is deployed beside the server, by the programs that will read it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.app.monitoring.buckets import VITALS
from backend.app.monitoring.prometheus import PrometheusMetrics
from backend.app.monitoring.server_state import GAUGES
from tests.services.client import Client
from tests.services.likeopt import Server, eventually
from tests.services.prometheus import DEPLOYED, prometheus_server

DASHBOARD = DEPLOYED.parent / "grafana" / "like-opt.json"
_PARTS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
# Words of the query language, and labels.
_NO_METRICS = {
    "by", "ignoring", "group_left", "or", "and", "sum", "max", "rate", "increase", "histogram_quantile", "topk", "vector",
    "label_values", "le", "instance", "endpoint", "status", "stage", "layer", "region", "part", "where", "outcome", "name",
    "device", "job", "up",
}  # fmt: skip


def promtool(*arguments: str, given: bytes = b"") -> str:
    done = subprocess.run(["promtool", *arguments], input=given, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said


def told() -> bytes:
    """Return the text with a sample of each metric."""
    metrics = PrometheusMetrics()
    metrics.observe_request("GET", "/", 200, 0.1)
    metrics.observe_stages({"bm25_ms": 1.0})
    metrics.observe_job("ready", 1.0)
    metrics.observe_page("chat", 1.0)
    metrics.observe_call("search", 1.0)
    for name in VITALS:
        metrics.observe_web_vital(name, 1.0)
    metrics.count_degraded("vector")
    metrics.count_citations(1, 1)
    metrics.count_error("request")
    metrics.count_refused("chat")
    metrics.cache_hit("memory", "search")
    metrics.cache_miss("search")
    metrics.cache_stale("search")
    metrics.cache_error("redis")
    metrics.cache_computed("search", 1.0)
    metrics.breaker_changed("redis", "open")
    return metrics.render(dict.fromkeys(GAUGES, 1.0))[0]


def exported() -> set[str]:
    """Return the names of all that a server tells once everything has happened."""
    text = PrometheusMetrics().render(dict.fromkeys(GAUGES, 1.0))[0].decode()
    families = list(text_string_to_metric_families(text))
    assert len(families) > 25
    return {family.name + part for family in families for part in _PARTS[family.type]}


def asked_for(expression: str) -> set[str]:
    """Return the names of metrics in a query, and of those of our recording rules."""
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\"[^\"]*\"", " ", expression)
    bare = re.sub(r"\b(by|ignoring)\s*\([^)]*\)", " ", bare)
    return set(re.findall(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*", bare)) - _NO_METRICS


def test_the_configuration_and_the_rules_are_valid() -> None:
    assert "SUCCESS: 15 rules found" in promtool("check", "config", str(DEPLOYED / "prometheus.yml"))


def test_the_rules_do_what_their_own_tests_say() -> None:
    assert "SUCCESS" in promtool("test", "rules", str(DEPLOYED / "rules_test.yml"))


def test_each_alert_has_a_test() -> None:
    alerts = set(re.findall(r"alert: (\w+)", (DEPLOYED / "rules.yml").read_text("utf-8")))
    assert alerts == set(re.findall(r"alertname: (\w+)", (DEPLOYED / "rules_test.yml").read_text("utf-8")))


def test_each_metric_is_told_as_prometheus_wants_it() -> None:
    """A server that has just begun leaves out what has not happened yet, and promtool what has no sample."""
    text = told()
    assert [family.name for family in text_string_to_metric_families(text.decode()) if not family.samples] == []
    assert promtool("check", "metrics", given=text) == ""


def test_each_metric_that_a_rule_names_is_exported() -> None:
    rules = (DEPLOYED / "rules.yml").read_text("utf-8")
    recorded = set(re.findall(r"record: (\S+)", rules))
    expressions = re.findall(r"expr: (?:\|\n)?((?:.+|\n {10,})+?)(?=\n\n|\n {6,8}\w|\Z)", rules)
    assert len(expressions) == 15
    named = set().union(*(asked_for(expression) for expression in expressions))
    assert named <= exported() | recorded, named - exported() - recorded
    assert "likeopt_disk_free_bytes" in named


def test_each_metric_that_the_dashboard_names_is_exported() -> None:
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    expressions += [variable["query"]["query"] for variable in dashboard["templating"]["list"][1:]]
    named = set().union(*(asked_for(expression) for expression in expressions))
    assert named <= exported(), named - exported()
    shown = {re.sub("_(bucket|sum|count)$", "", name) for name in named}
    assert {re.sub("_(bucket|sum|count)$", "", name) for name in exported()} - shown == {
        "likeopt_machine_memory_bytes",
    }, "what is measured is shown"


def test_panels_of_the_dashboard_do_not_cover_each_other() -> None:
    covered: dict[tuple[int, int], str] = {}
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert covered.setdefault((x, y), panel["title"]) == panel["title"]


@pytest.fixture
def person(server: Server) -> Client:
    client = Client(server.url)
    assert client.call("GET", "/about")[0] == 200
    return client


def test_prometheus_scrapes_a_running_server_and_its_rules_give_figures(
    server: Server, person: Client, tmp_path: Path
) -> None:
    for _ in range(20):
        person.call("GET", "/no-such-thing")
    person.call("POST", "/metrics", json={"metrics": [{"name": "lcp", "value": 812.4}]})
    promtool("check", "metrics", given=server.get("/api/v1/metrics")[1])
    with prometheus_server(tmp_path, server.url.removeprefix("http://")) as prometheus:
        eventually(lambda: prometheus.value('up{job="likeopt"}') == 1, "Prometheus scrapes the server")
        (target,) = prometheus.ask("targets")["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")
        assert (prometheus.value('http_requests_total{endpoint="unmatched", status="404"}') or 0) >= 20
        for name in (
            "http_request_duration_seconds_count", "http_active_connections", "cpu_usage_percent", "likeopt_queue_length",
            "likeopt_queue_oldest_seconds", "web_vitals_lcp_bucket",
        ):  # fmt: skip
            assert prometheus.value(name) is not None, name
        assert (prometheus.value("memory_usage_bytes") or 0) > 50e6
        assert (prometheus.value("likeopt_disk_free_bytes") or 0) > 0
        for rule in ("likeopt:requests:rate5m", "likeopt:request_seconds:p95_5m", "likeopt:errors:ratio5m"):
            eventually(lambda rule=rule: prometheus.value(rule) is not None, f"{rule} has a value")  # type: ignore[misc]
        groups = prometheus.ask("rules")["groups"]
        assert {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}
    person.close()
