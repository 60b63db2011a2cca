from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backend.app.domain.audit import Action, AuditEvent, AuditFilter, Target
from backend.app.errors import InvalidRequest
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.interfaces import Page
from backend.app.storage.repositories.audit import SqlAuditEvents

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ALL = AuditFilter()


@pytest.fixture
def events(database: Database) -> SqlAuditEvents:
    return SqlAuditEvents(database)


def added(
    events: SqlAuditEvents, action: Action = Action.SIGNED_IN, *, minutes: int = 0, actor: str = "ann@example.com"
) -> AuditEvent:
    event = AuditEvent(
        id=new_id(),
        at=NOON + timedelta(minutes=minutes),
        action=action.value,
        actor_id="a" * 32 if actor.startswith("ann") else None,
        actor=actor,
        target=Target("user", "u" * 32, "ben@example.com"),
        address="192.0.2.7",
        details={"role": "member", "n": 3},
    )
    events.add(event)
    return event


def listed(events: SqlAuditEvents, which: AuditFilter = ALL) -> list[AuditEvent]:
    return events.page(which, Page(50))[0]


def test_events_come_back_whole_and_newest_first(events: SqlAuditEvents) -> None:
    made = [added(events, minutes=n) for n in range(3)]
    assert listed(events) == made[::-1]


def test_pages_meet_without_a_gap(events: SqlAuditEvents) -> None:
    made = [added(events) for _ in range(5)]
    found: list[AuditEvent] = []
    cursor: str | None = None
    for _ in range(3):
        part, cursor = events.page(ALL, Page(2, cursor))
        found += part
    assert (found, cursor) == (made[::-1], None)
    assert [event for batch in events.all(ALL) for event in batch] == found


def test_a_cursor_of_somebody_elses_is_refused(events: SqlAuditEvents) -> None:
    with pytest.raises(InvalidRequest):
        events.page(ALL, Page(2, "x"))


def test_each_filter_leaves_what_it_names(events: SqlAuditEvents) -> None:
    failed = added(events, Action.SIGN_IN_FAILED, actor="", minutes=1)
    signed_in = added(events, minutes=2)
    role = added(events, Action.ROLE_CHANGED, minutes=3, actor="Zoë_1@example.com")
    assert listed(events, AuditFilter(action="session")) == [signed_in, failed]
    assert listed(events, AuditFilter(action="session.signed_in")) == [signed_in]
    assert listed(events, AuditFilter(action="sess")) == []
    assert listed(events, AuditFilter(actor="a" * 32)) == [signed_in]
    assert listed(events, AuditFilter(actor="zoË_")) == [role]
    assert listed(events, AuditFilter(actor="%")) == []
    assert listed(events, AuditFilter(since=NOON + timedelta(minutes=2))) == [role, signed_in]
    assert listed(events, AuditFilter(until=NOON + timedelta(minutes=2))) == [failed]
    assert listed(events, AuditFilter(action="account", actor="zoë", since=NOON)) == [role]


def test_what_is_too_old_goes(events: SqlAuditEvents) -> None:
    added(events, minutes=-5)
    kept = added(events)
    assert events.prune(NOON, 100, Action.SIGN_IN_FAILED.value) == 1
    assert listed(events) == [kept]
    assert events.prune(NOON, 100, Action.SIGN_IN_FAILED.value) == 0


def test_failed_sign_ins_push_nothing_else_out(events: SqlAuditEvents) -> None:
    others = [added(events) for _ in range(3)]
    failed = [added(events, Action.SIGN_IN_FAILED) for _ in range(9)]
    events.prune(NOON - timedelta(days=1), 6, Action.SIGN_IN_FAILED.value)
    assert {event.id for event in listed(events)} == {event.id for event in [*others, *failed[-3:]]}


def test_no_more_are_kept_than_allowed(events: SqlAuditEvents) -> None:
    made = [added(events) for _ in range(9)]
    events.prune(NOON - timedelta(days=1), 4, Action.SIGN_IN_FAILED.value)
    assert listed(events) == made[:4:-1]
