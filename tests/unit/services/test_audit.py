from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog

from backend.app.domain.audit import COMMAND_LINE, Action, AuditEvent, AuditFilter, Target
from backend.app.errors import StorageUnavailable
from backend.app.services.audit import AuditLog
from backend.app.storage.interfaces import Page
from tests.fakes.metrics import CountingMetrics
from tests.fakes.things import THEN, ids, user


class MemoryEvents:
    def __init__(self) -> None:
        self.all_of_them: list[AuditEvent] = []
        self.pruned: list[tuple[datetime, int, str]] = []
        self.fails: Exception | None = None

    def add(self, event: AuditEvent) -> None:
        if self.fails:
            raise self.fails
        self.all_of_them.append(event)

    def page(self, which: AuditFilter, page: Page) -> tuple[list[AuditEvent], str | None]:
        return self.all_of_them[::-1], None

    def all(self, which: AuditFilter) -> Iterator[list[AuditEvent]]:
        yield self.all_of_them[::-1]

    def prune(self, before: datetime, most: int, crowding: str) -> int:
        self.pruned.append((before, most, crowding))
        return 0


class Audit:
    def __init__(self) -> None:
        self.events, self.metrics = MemoryEvents(), CountingMetrics()
        self.log = AuditLog(self.events, self.metrics, ids("event"), days=30, most=1000, clock=lambda: THEN)

    def one(self) -> AuditEvent:
        (event,) = self.events.all_of_them
        return event


@pytest.fixture
def audit() -> Audit:
    return Audit()


def test_an_event_says_who_did_what_to_whom_from_where(audit: Audit) -> None:
    target = Target("user", "ben", "ben@example.com")
    audit.log.record(Action.SUSPENDED, actor=user("ada"), target=target, address="192.0.2.7", details={"keys": 2})
    assert audit.one() == AuditEvent(
        "event-0001", THEN, "account.suspended", "ada", "ada@example.com", target, "192.0.2.7", {"keys": 2}
    )


def test_the_command_line_and_strangers_have_no_account(audit: Audit) -> None:
    audit.log.record(Action.REGISTERED, actor=COMMAND_LINE)
    audit.log.record(Action.SIGN_IN_FAILED, actor=None)
    assert [(event.actor_id, event.actor) for event in audit.events.all_of_them] == [(None, COMMAND_LINE), (None, "")]


@pytest.mark.parametrize(
    "details",
    [
        {"password": "hidden-7"},
        {"api_key": "hidden-7", "token": "hidden-7", "Authorization": "hidden-7"},
        {"settings": {"llm_api_key": "hidden-7", "list": [{"secret": "hidden-7"}]}},
        {"url": "redis://me:hidden-7@host/1"},
        {"reason": "it said: Bearer hidden-7"},
        {"reason": "password=hidden-7 was wrong"},
    ],
)
def test_secrets_are_never_written(audit: Audit, details: dict[str, Any]) -> None:
    audit.log.record(Action.RUN_STARTED, actor=user(), details=details)
    assert "hidden-7" not in repr(audit.one())
    assert "***" in repr(audit.one())


def test_what_is_no_secret_stays_as_it_is(audit: Audit) -> None:
    details = {"email": "ben@example.com", "role": "member", "n": 3, "on": True, "none": None, "text": "short"}
    audit.log.record(Action.INVITED, actor=user(), details=details)
    assert audit.one().details == details


def test_details_are_bounded(audit: Audit) -> None:
    audit.log.record(
        Action.INVITED,
        actor=user(),
        target=Target("x", "i" * 999, "n" * 999 + "\n"),
        address="a" * 999,
        details={str(n): "d" * 999 for n in range(99)},
    )
    event = audit.one()
    assert (len(event.target.id), len(event.target.name), len(event.address)) == (64, 300, 64)
    assert len(event.details) == 20
    assert {len(str(value)) for value in event.details.values()} == {300}


@pytest.mark.parametrize("fails", [StorageUnavailable(), RuntimeError("a defect")])
def test_what_cannot_be_written_fails_nobodys_request_and_is_told(audit: Audit, fails: Exception) -> None:
    audit.events.fails = fails
    with structlog.testing.capture_logs() as logged:
        audit.log.record(Action.SIGNED_IN, actor=user(), details={"password": "hidden-7"})
    assert [(line["event"], line["action"]) for line in logged] == [("audit_event_lost", "session.signed_in")]
    assert "hidden-7" not in repr(logged)
    assert audit.metrics.errors == {"audit": 1}


def test_old_events_are_taken_away_now_and_then(audit: Audit) -> None:
    for _ in range(501):
        audit.log.record(Action.SIGNED_IN, actor=user())
    assert audit.events.pruned == [(THEN - timedelta(days=30), 1000, "session.sign_in_failed")] * 2
