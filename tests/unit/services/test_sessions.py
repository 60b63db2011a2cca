from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from backend.app.cache.copies import Copies
from backend.app.domain.accounts import LoginSession, User
from backend.app.epochs import NoEpoch
from backend.app.errors import SessionNotFound, StorageUnavailable
from backend.app.services.sessions import MOST_SESSIONS, SessionService
from tests.fakes.things import THEN, ids, user


class MemorySessions:
    def __init__(self) -> None:
        self.rows: dict[str, LoginSession] = {}
        self.begun_with: list[tuple[datetime, int]] = []
        self.asked_since: list[datetime] = []
        self.away = False

    def begin(self, session: LoginSession, *, outdated: datetime, most: int) -> None:
        self.rows[session.id] = session
        self.begun_with.append((outdated, most))

    def user_of(self, session_id: str) -> User | None:
        return user(self.rows[session_id].user_id) if session_id in self.rows else None

    def seen(self, session_id: str, at: datetime, address: str) -> None:
        if self.away:
            raise StorageUnavailable

    def of_user(self, user_id: str, since: datetime) -> list[LoginSession]:
        self.asked_since.append(since)
        return [row for row in self.rows.values() if row.user_id == user_id]

    def end(self, user_id: str, session_id: str) -> bool:
        found = self.rows.get(session_id)
        return found is not None and found.user_id == user_id and self.rows.pop(session_id) is found

    def end_all(self, user_id: str, *, besides: str | None = None) -> int:
        gone = [row.id for row in self.rows.values() if row.user_id == user_id and row.id != besides]
        return len([self.rows.pop(session_id) for session_id in gone])


class Kept:
    def __init__(self) -> None:
        self.rows = MemorySessions()
        self.service = SessionService(self.rows, Copies(NoEpoch()), ids("s"), hours=24, clock=lambda: THEN)


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_a_session_notes_browser_and_address_within_bounds(kept: Kept) -> None:
    made = kept.service.begin(user("ada"), agent="Fire\nfox\u202e" + "x" * 999, address="a" * 99)
    row = kept.rows.rows[made]
    assert row.agent.startswith("Fire fox")
    assert (len(row.agent), len(row.address)) == (300, 64)
    assert (row.begun_at, row.seen_at) == (THEN, THEN)
    assert kept.rows.begun_with == [(THEN - timedelta(hours=24), MOST_SESSIONS)]


def test_only_ones_own_sessions_are_ended(kept: Kept) -> None:
    mine, other = kept.service.begin(user("ada")), kept.service.begin(user("ben"))
    with pytest.raises(SessionNotFound):
        kept.service.end(user("ada"), other)
    kept.service.end(user("ada"), mine)
    assert kept.service.user_of(mine) is None
    assert kept.service.user_of(other) == user("ben")


def test_all_others_are_counted_as_they_end(kept: Kept) -> None:
    first, *_ = [kept.service.begin(user("ada")) for _ in range(3)]
    assert kept.service.end_others(user("ada"), first) == 2
    assert [row.id for row in kept.service.of(user("ada"))] == [first]
    assert kept.rows.asked_since == [THEN - timedelta(hours=24)]


def test_nobodys_request_fails_because_it_cannot_be_noted_when_a_session_was_seen(kept: Kept) -> None:
    made = kept.service.begin(user("ada"))
    kept.rows.away = True
    kept.service.seen(made, "192.0.2.7")
    assert kept.service.user_of(made) == user("ada")
