from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from backend.app.domain.accounts import LoginSession, User
from backend.app.epochs import Epoch
from backend.app.storage.account_models import SessionRow
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.models import UserRow
from backend.app.storage.repositories.sessions import SqlSessions
from tests.contract.storage.world import World

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=365)


@pytest.fixture
def sessions(database: Database) -> SqlSessions:
    return SqlSessions(database)


def session_of(user: User, seen_at: datetime = NOON, agent: str = "Firefox") -> LoginSession:
    return LoginSession(new_id(), user.id, agent, "192.0.2.7", NOON, seen_at)


def begun(sessions: SqlSessions, user: User, seen_at: datetime = NOON) -> LoginSession:
    made = session_of(user, seen_at)
    sessions.begin(made, outdated=LONG_AGO, most=100)
    return made


def test_a_session_is_its_persons_until_it_ends(world: World, sessions: SqlSessions) -> None:
    ann = world.person("ann")
    made = begun(sessions, ann)
    assert sessions.user_of(made.id) == ann
    assert sessions.get(made.id) == made
    assert sessions.of_user(ann.id, LONG_AGO) == [made]
    assert sessions.end(ann.id, made.id)
    assert sessions.user_of(made.id) is None
    assert sessions.get(made.id) is None
    assert not sessions.end(ann.id, made.id), "it is gone"


def test_a_session_that_nobody_has_begun_is_nobodys(world: World, sessions: SqlSessions) -> None:
    world.person("ann")
    for made_up in ("", "x", new_id(), "%", "'; --"):
        assert sessions.user_of(made_up) is None


def test_nobody_ends_the_session_of_another(world: World, sessions: SqlSessions) -> None:
    ann, ben = world.person("ann"), world.person("ben")
    made = begun(sessions, ann)
    assert not sessions.end(ben.id, made.id)
    assert sessions.end_all(ben.id) == 0
    assert sessions.user_of(made.id) == ann


def test_all_end_but_the_one_that_is_kept(world: World, sessions: SqlSessions) -> None:
    ann, ben = world.person("ann"), world.person("ben")
    mine = [begun(sessions, ann) for _ in range(3)]
    other = begun(sessions, ben)
    assert sessions.end_all(ann.id, besides=mine[1].id) == 2
    assert [sessions.user_of(each.id) for each in mine] == [None, ann, None]
    assert sessions.end_all(ann.id) == 1
    assert sessions.user_of(other.id) == ben


def test_a_suspended_persons_sessions_are_nobodys(world: World, sessions: SqlSessions) -> None:
    ann = world.person("ann")
    made = begun(sessions, ann)
    world.database.write(lambda session: session.execute(update(UserRow).values(suspended_at=NOON)))
    assert sessions.user_of(made.id) is None
    assert world.users.get(ann.id) is None
    found = world.users.find_by_email(ann.email)
    assert found is not None
    assert found[0].suspended_at == NOON


def test_the_last_seen_comes_first_and_what_was_not_seen_for_long_is_not_listed(
    world: World, sessions: SqlSessions
) -> None:
    ann = world.person("ann")
    old = begun(sessions, ann, NOON - timedelta(days=20))
    first, second = begun(sessions, ann, NOON - timedelta(hours=2)), begun(sessions, ann)
    since = NOON - timedelta(days=14)
    assert [item.id for item in sessions.of_user(ann.id, since)] == [second.id, first.id]
    sessions.seen(first.id, NOON + timedelta(minutes=1), "198.51.100.1")
    listed = sessions.of_user(ann.id, since)
    assert [item.id for item in listed] == [first.id, second.id]
    assert listed[0].address == "198.51.100.1"
    assert old.id not in {item.id for item in listed}


def test_beginning_one_takes_outdated_and_surplus_ones_away(world: World, sessions: SqlSessions) -> None:
    ann = world.person("ann")
    outdated = begun(sessions, ann, NOON - timedelta(days=20))
    kept = [begun(sessions, ann, NOON + timedelta(minutes=n)) for n in range(3)]
    newest = session_of(ann, NOON + timedelta(hours=1))
    sessions.begin(newest, outdated=NOON - timedelta(days=14), most=3)
    query = select(SessionRow.id)
    left = world.database.read(lambda session: set(session.scalars(query)))
    assert left == {kept[1].id, kept[2].id, newest.id}
    assert sessions.user_of(outdated.id) is None


class Counting(Epoch):
    """An epoch that anybody may look at."""

    def __init__(self) -> None:
        self.number = 0

    def current(self) -> int:
        return self.number

    def advance(self) -> None:
        self.number += 1


def test_whoever_remembers_sessions_is_told_of_their_end_alone(database: Database) -> None:
    epoch = Counting()
    database._access = epoch
    world, sessions = World(database), SqlSessions(database)
    ann = world.person("ann")
    before = epoch.number
    made = begun(sessions, ann)
    sessions.seen(made.id, NOON, "192.0.2.8")
    assert epoch.number == before
    sessions.end(ann.id, made.id)
    assert epoch.number == before + 1
    world.database.write(lambda session: session.execute(update(UserRow).values(suspended_at=NOON)))
    assert epoch.number == before + 2
