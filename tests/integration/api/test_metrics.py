"""Web Vitals in, Prometheus text out, and what administrators see."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.app.config import Secret
from tests.integration.api.calls import Answer, Caller
from tests.integration.api.conftest import World

REPORT = {"metrics": [{"name": "lcp", "value": 812.4, "timestamp": 0}], "userAgent": "", "url": "", "timestamp": 0}


def samples(answer: Answer) -> dict[str, float]:
    families = text_string_to_metric_families(answer.body.decode())
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def administrator(made_world: Callable[..., World]) -> Caller:
    return made_world().person("administrator")


def observed(caller: Caller, name: str) -> float:
    found = samples(caller.get("/metrics"))
    return sum(value for label, value in found.items() if label.startswith(f"web_vitals_{name}_count["))


def test_web_vitals_are_counted_without_a_sign_in(nobody: Caller) -> None:
    before = {name: observed(nobody, name) for name in ("lcp", "inp", "cls")}
    vitals = [{"name": name, "value": 0.1} for name in ("LCP", "inp", "cls", "toString", "__class__", "")]
    answer = nobody.post("/metrics", {**REPORT, "metrics": vitals})
    assert (answer.status, answer.body) == (204, b"")
    assert {name: observed(nobody, name) for name in before} == {name: count + 1 for name, count in before.items()}


def test_changes_of_page_and_calls_are_counted_by_the_names_that_there_are(made_world: Callable[..., World]) -> None:
    administrator = made_world().person()
    known = ["page:chat", "page:documents", "api:/search", "api:/search", "PAGE:Chat"]
    unknown = ["page:", "page:nowhere", "api:/../etc", "api:/conversations/c0ffee", "page:chat/7", "api", "lcp:x{y}"]
    metrics = [{"name": name, "value": 120} for name in (*known, *unknown)]
    assert administrator.post("/metrics", {"metrics": metrics}).status == 204
    data = administrator.get("/performance").data
    assert {name: found["count"] for name, found in data["pages"].items()} == {"chat": 2, "documents": 1}
    assert {name: found["count"] for name, found in data["calls"].items()} == {"search": 2}
    assert data["web_vitals"]["lcp"]["count"] == 0
    assert 100 < data["calls"]["search"]["p75_ms"] <= 250, "of the bucket that holds it"
    text = administrator.get("/metrics").body.decode()
    assert 'likeopt_page_duration_seconds_count{page="chat"}' in text
    assert "nowhere" not in text
    assert "c0ffee" not in text


def test_a_beacon_is_taken_whatever_type_it_names(nobody: Caller) -> None:
    body = b'{"metrics":[{"name":"fcp","value":1}]}'
    assert nobody.call("POST", "/metrics", data=body, content_type="text/plain;charset=UTF-8").status == 204


@pytest.mark.parametrize(
    "vital",
    [
        {"name": "lcp"},
        {"name": "lcp", "value": -1},
        {"name": "lcp", "value": float("nan")},
        {"name": "lcp", "value": float("inf")},
        {"name": "lcp", "value": "fast"},
        {"name": "lcp", "value": "812"},
        {"name": "lcp", "value": True},
        {"name": "lcp", "value": 1e10},
        {"name": "lcp", "value": 1, "timestamp": -1},
        {"name": "lcp", "value": 1, "timestamp": float("nan")},
        {"name": 7, "value": 1},
        {"name": "x" * 201, "value": 1},
        "lcp",
        None,
    ],
)
def test_a_measurement_that_is_none_is_refused_and_nothing_counted(nobody: Caller, vital: object) -> None:
    before = observed(nobody, "lcp")
    answer = nobody.post("/metrics", {"metrics": [{"name": "lcp", "value": 1}, vital]})
    assert answer.error == (400, "INVALID_REQUEST")
    assert observed(nobody, "lcp") == before


def test_too_many_measurements_are_refused(nobody: Caller) -> None:
    assert nobody.post("/metrics", {"metrics": REPORT["metrics"] * 201}).error == (400, "INVALID_REQUEST")  # type: ignore[operator]
    assert nobody.post("/metrics", {"metrics": []}).status == 204


def test_as_many_as_the_page_keeps_are_taken(nobody: Caller) -> None:
    assert nobody.post("/metrics", {"metrics": REPORT["metrics"] * 200}).status == 204  # type: ignore[operator]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'"lcp"', b'{"metrics":7}', b"{}", b"\xff"])
def test_what_is_no_report_is_refused_in_words(nobody: Caller, body: bytes) -> None:
    answer = nobody.call("POST", "/metrics", data=body)
    assert answer.status == 400
    assert answer.error[1] in ("INVALID_JSON", "INVALID_REQUEST")


@pytest.mark.parametrize("told", ["how long it is", "nothing"])
def test_a_report_that_is_too_long_is_refused(nobody: Caller, told: str) -> None:
    body = json.dumps({**REPORT, "extra": "x" * 70_000}).encode()
    sent = {"data": body} if told == "how long it is" else {"input_stream": io.BytesIO(body), "environ_overrides": {"wsgi.input_terminated": True}}  # fmt: skip
    assert nobody.call("POST", "/metrics", **sent).error == (413, "REQUEST_TOO_LARGE")


PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
)
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    ("payload", "header", "device"),
    [(PHONE, DESKTOP, "phone"), (DESKTOP, PHONE, "desktop"), ("", PHONE, "phone"), ("", "", "desktop")],
)
def test_of_the_visitor_stays_whether_it_was_a_phone_and_nothing_else(
    made_world: Callable[..., World], payload: str, header: str, device: str
) -> None:
    world = made_world()
    vital = {"name": "lcp", "value": 1234.5, "timestamp": 1_700_000_000_123}
    report = {"metrics": [vital], "userAgent": payload, "url": "https://chat.example/private-page?q=typed"}
    answer = world.nobody().post("/metrics", report, headers={"User-Agent": header})
    assert answer.status == 204
    found = world.nobody().get("/metrics")
    assert samples(found)[f"web_vitals_lcp_count[('device', '{device}')]"] == 1
    for private in ("Mozilla", "chat.example", "private-page", "typed", "1700000000123"):
        assert private not in found.body.decode()


def test_whoever_reports_too_often_is_told_when_to_come_back(made_world: Callable[..., World]) -> None:
    nobody = made_world().nobody()
    near, far = ({"environ_overrides": {"REMOTE_ADDR": address}} for address in ("192.0.2.7", "192.0.2.8"))
    answers = [nobody.post("/metrics", REPORT, **near) for _ in range(400)]
    refused = [answer for answer in answers if answer.status != 204]
    assert 0 < len(refused) <= 100
    assert {answer.error for answer in refused} == {(429, "RATE_LIMITED")}
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert nobody.post("/metrics", REPORT, **far).status == 204


def test_prometheus_reads_what_is_told(ann: Caller) -> None:
    ann.get("/documents/secret-name")
    answer = ann.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    found = samples(answer)
    label = "http_requests_total[('endpoint', '/api/v1/documents/<document_id>'), ('method', 'GET'), ('status', '404')]"
    assert found[label] >= 1
    assert found["http_active_connections[]"] == 1, "this one"
    assert found["memory_usage_bytes[]"] > 1_000_000


def test_labels_hold_patterns_and_nothing_that_somebody_typed(made_world: Callable[..., World]) -> None:
    world = made_world()
    ann = world.person()
    for path in ("/documents/typed-1", "/typed-2", "/search?q=typed-3", "/conversations/typed-4/messages"):
        ann.get(path)
    ann.whole("GET", "/typed-5/typed-6")
    ann.whole("GET", "/static/typed-7.js")
    for method in ("TYPED8", "PROPFIND"):
        ann.call(method, "/about")
    text = ann.get("/metrics").body.decode()
    assert "typed" not in text.lower()
    labels = {match[1] for match in re.finditer(r'http_requests_total\{endpoint="([^"]+)"', text)}
    rules = {rule.rule for rule in world.app.url_map.iter_rules()}
    assert labels <= rules | {"unmatched"}
    assert {match[1] for match in re.finditer(r'http_requests_total\{[^}]*method="([^"]+)"', text)} == {
        "GET", "POST", "other",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("address", "headers", "let_in"),
    [
        ("127.0.0.1", {}, True),
        ("127.8.8.8", {}, True),
        ("::1", {}, True),
        ("192.0.2.7", {}, False),
        ("", {}, False),
        ("localhost", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, False),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}, False),
        ("127.0.0.1", {"X-Real-IP": "192.0.2.7"}, False),
        ("192.0.2.7", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("192.0.2.7", {"Authorization": "Bearer the-token"}, True),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7", "Authorization": "Bearer the-token"}, True),
        ("192.0.2.7", {"Authorization": "Bearer the-toke"}, False),
        ("192.0.2.7", {"Authorization": "bearer the-token"}, False),
        ("192.0.2.7", {"Authorization": "Bearer "}, False),
        ("192.0.2.7", {"Authorization": "Bearer ÿ"}, False),
    ],
)
def test_metrics_are_told_to_this_machine_and_to_who_has_the_token(
    made_world: Callable[..., World], address: str, headers: dict[str, str], let_in: bool
) -> None:
    world = made_world(metrics_token=Secret("the-token"))
    answer = world.nobody().get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address})
    if let_in:
        assert answer.status == 200
    else:
        assert answer.error == (403, "FORBIDDEN")


def test_without_a_token_in_the_settings_no_token_opens(nobody: Caller) -> None:
    far = {"REMOTE_ADDR": "192.0.2.7"}
    for header in ("Bearer ", "Bearer", "Bearer None", "Bearer Secret('')"):
        answer = nobody.get("/metrics", headers={"Authorization": header}, environ_overrides=far)
        assert answer.error == (403, "FORBIDDEN")


def test_a_trusted_proxy_says_who_asks(made_world: Callable[..., World]) -> None:
    nobody = made_world(trusted_proxies=1).nobody()
    for client, status in (("192.0.2.7", 403), ("127.0.0.1", 200), ("127.0.0.1, 192.0.2.7", 403)):
        assert nobody.get("/metrics", headers={"X-Forwarded-For": client}).status == status
    same = {"X-Forwarded-Host": "chat.example", "Origin": "https://chat.example", "X-Forwarded-Proto": "https"}
    assert nobody.post("/auth/logout", headers=same).status == 200
    other = {**same, "Origin": "https://evil.example"}
    assert nobody.post("/auth/logout", headers=other).error == (403, "CROSS_SITE_REQUEST")


def test_without_a_trusted_proxy_no_header_says_which_host_this_is(nobody: Caller) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "Origin": "http://evil.example"}
    assert nobody.post("/auth/logout", headers=headers).error == (403, "CROSS_SITE_REQUEST")


def test_performance_is_for_administrators(made_world: Callable[..., World], ann: Caller, nobody: Caller) -> None:
    assert nobody.get("/performance").error == (401, "NOT_SIGNED_IN")
    assert ann.get("/performance").error == (403, "FORBIDDEN")
    administrator = made_world().person()
    administrator.post("/metrics", {"metrics": [{"name": "lcp", "value": 812}] * 4})
    data = administrator.get("/performance").data
    assert data["range"] == "1h"
    assert data["web_vitals"]["lcp"]["count"] == 4
    assert 750 < data["web_vitals"]["lcp"]["p75"] <= 1000
    assert data["web_vitals"]["inp"]["count"] == 0
    assert data["memory"] > 0
    assert data["requests"] > 0
    assert data["response"]["p50_ms"] <= data["response"]["p99_ms"]
    assert data["system"]["disk_free"] > 0
    assert len(data["series"]) == 120


@pytest.mark.parametrize("name", ["5m", "1h", "24h", "7d"])
def test_each_range_is_told(administrator: Caller, name: str) -> None:
    data = administrator.get(f"/performance?range={name}").data
    assert data["range"] == name
    assert data["series"][-1]["requests"] > 0


@pytest.mark.parametrize("name", ["2h", "1H", "7d%20", "x" * 500, "%00"])
def test_another_range_is_refused(administrator: Caller, name: str) -> None:
    assert administrator.get(f"/performance?range={name}").error == (
        400, "INVALID_REQUEST",
    )  # fmt: skip


def test_the_queue_and_the_disk_are_told_to_prometheus(ann: Caller) -> None:
    found = samples(ann.get("/metrics"))
    assert found["likeopt_disk_free_bytes[]"] > 0
    assert found["likeopt_queue_length[]"] >= 0
    assert found["likeopt_queue_oldest_seconds[]"] >= 0
