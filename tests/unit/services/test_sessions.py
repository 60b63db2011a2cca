from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from backend.app.cache.copies import Copies
from backend.app.domain.accounts import LoginSession, User
from backend.app.epochs import NoEpoch
from backend.app.errors import SessionNotFound, StorageUnavailable
from backend.app.services.sessions import MOST_SESSIONS, SessionService
from tests.fakes.things import THEN, user


class MemorySessions:
    def __init__(self) -> None:
        self.rows: dict[str, LoginSession] = {}
        self.begun_with: list[tuple[datetime, int]] = []
        self.asked_since: list[datetime] = []
        self.away = False

    def begin(self, session: LoginSession, *, outdated: datetime, most: int) -> None:
        self.rows[session.id] = session
        self.begun_with.append((outdated, most))

    def get(self, session_id: str) -> LoginSession | None:
        return self.rows.get(session_id)

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
        self.rows, self.now = MemorySessions(), THEN
        self.service = SessionService(self.rows, Copies(NoEpoch()), hours=24, clock=lambda: self.now)


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_a_session_notes_browser_and_address_within_bounds(kept: Kept) -> None:
    made = kept.service.begin(user("ada"), "cookie", agent="Fire\nfox\u202e" + "x" * 999, address="a" * 99)
    row = kept.rows.rows[made]
    assert row.agent.startswith("Fire fox")
    assert (len(row.agent), len(row.address)) == (300, 64)
    assert (row.begun_at, row.seen_at) == (THEN, THEN)
    assert kept.rows.begun_with == [(THEN - timedelta(hours=24), MOST_SESSIONS)]


def test_only_ones_own_sessions_are_ended(kept: Kept) -> None:
    mine, other = kept.service.begin(user("ada"), "hers"), kept.service.begin(user("ben"), "his")
    with pytest.raises(SessionNotFound):
        kept.service.end(user("ada"), other)
    kept.service.end(user("ada"), mine)
    assert kept.service.user_of(mine) is None
    assert kept.service.user_of(other) == user("ben")


def test_all_others_are_counted_as_they_end(kept: Kept) -> None:
    first, *_ = [kept.service.begin(user("ada"), f"cookie {number}") for number in range(3)]
    assert kept.service.end_others(user("ada"), first) == 2
    assert [row.id for row in kept.service.of(user("ada"))] == [first]
    assert kept.rows.asked_since == [THEN - timedelta(hours=24)]


def test_nobodys_request_fails_because_it_cannot_be_noted_when_a_session_was_seen(kept: Kept) -> None:
    made = kept.service.begin(user("ada"), "cookie")
    kept.rows.away = True
    kept.service.seen(made, "192.0.2.7")
    assert kept.service.user_of(made) == user("ada")


def test_a_cookie_is_known_by_its_secret_alone_until_its_session_ends(kept: Kept) -> None:
    made = kept.service.begin(user("ada"), "a secret")
    found = kept.service.by_secret("a secret")
    assert found is not None
    assert (found.id, found.user_id) == (made, "ada")
    assert "secret" not in repr(found)
    for other in ("", "A secret", "a secret ", made, "\udcff"):
        assert kept.service.by_secret(other) is None
    kept.service.end(user("ada"), made)
    assert kept.service.by_secret("a secret") is None


def test_a_cookie_of_a_session_that_was_unseen_for_too_long_is_nobodys(kept: Kept) -> None:
    kept.service.begin(user("ada"), "a secret")
    kept.now = THEN + timedelta(hours=24)
    assert kept.service.by_secret("a secret") is not None
    kept.now = THEN + timedelta(hours=24, seconds=1)
    assert kept.service.by_secret("a secret") is None
