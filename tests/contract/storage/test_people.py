from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from backend.app.domain.accounts import Access, LoginSession, Person, Role, User
from backend.app.errors import LastAdministrator, ResetLinkNotFound, UserNotFound
from backend.app.storage.account_interfaces import PersonChange
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.interfaces import Page
from backend.app.storage.repositories.people import SqlPeople
from backend.app.storage.repositories.sessions import SqlSessions
from tests.contract.storage.world import World, at_once

NOW = datetime.now(UTC)
DEMOTED, SUSPENDED = PersonChange(role=Role.MEMBER), PersonChange(suspended=True)


@pytest.fixture
def people(database: Database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def ada(world: World) -> User:
    """The administrator."""
    return world.person("ada")


def signed_in(world: World, user: User) -> str:
    session = LoginSession(new_id(), user.id, "Firefox", "", NOW, NOW)
    SqlSessions(world.database).begin(session, outdated=NOW - timedelta(days=1), most=9)
    return session.id


def shared(world: World, owner: User, *members: tuple[User, Access], name: str = "Shared") -> str:
    made = world.collections.create(owner.id, name).id
    for member, access in members:
        world.collections.put_member(owner.id, made, member.email, access)
    return made


def access_of(world: World, collection_id: str, asking: User) -> dict[str, Access]:
    return {member.name: member.access for member in world.collections.members(asking.id, collection_id)}


def test_people_are_listed_by_address_with_what_they_have(world: World, people: SqlPeople, ada: User) -> None:
    ben = world.person("ben")
    world.upload(ben)
    signed_in(world, ben)
    shared(world, ben, (ada, Access.OWNER))
    found, cursor = people.page(None, Page())
    assert cursor is None
    assert found == [Person(ada, None, 0, 1, 0), Person(ben, NOW, 1, 1, 1)]
    assert people.get(ben.id) == found[1]


def test_pages_of_people_meet_and_a_part_of_a_name_finds_them(world: World, people: SqlPeople, ada: User) -> None:
    others = [world.person(name) for name in ("ben", "CARL", "dör_a")]
    first, cursor = people.page(None, Page(3))
    rest, end = people.page(None, Page(3, cursor))
    assert [person.user for person in [*first, *rest]] == [ada, *others]
    assert end is None
    assert [person.user.name for person in people.page("carl", Page())[0]] == ["CARL"]
    assert [person.user.name for person in people.page("ÖR_", Page())[0]] == ["dör_a"]
    assert people.page("%", Page())[0] == []


def test_whoever_ingests_before_the_first_account_is_no_person(world: World, people: SqlPeople) -> None:
    operator = world.users.operator()
    assert people.page(None, Page())[0] == []
    with pytest.raises(UserNotFound):
        people.update(operator.id, SUSPENDED)
    with pytest.raises(UserNotFound):
        people.delete(operator.id, None)


def test_a_change_tells_what_was_before(world: World, people: SqlPeople, ada: User) -> None:
    ben = world.person("ben")
    before, after = people.update(ben.id, PersonChange("Benjamin", Role.ADMINISTRATOR))
    assert before.user == ben
    assert (after.user.name, after.user.role, after.user.suspended_at) == ("Benjamin", Role.ADMINISTRATOR, None)


def test_suspending_ends_sessions_and_resuming_brings_none_back(world: World, people: SqlPeople, ada: User) -> None:
    ben, sessions = world.person("ben"), SqlSessions(world.database)
    made = signed_in(world, ben)
    suspended = people.update(ben.id, SUSPENDED)[1].user
    assert suspended.suspended_at is not None
    assert (world.users.get(ben.id), sessions.user_of(made)) == (None, None)
    assert people.update(ben.id, SUSPENDED)[1].user == suspended, "a second time changes nothing"
    people.update(ben.id, PersonChange(suspended=False))
    assert world.users.get(ben.id) == ben
    assert sessions.user_of(made) is None


def test_the_last_administrator_stays_one(world: World, people: SqlPeople, ada: User) -> None:
    world.person("ben")
    for change in (DEMOTED, SUSPENDED):
        with pytest.raises(LastAdministrator):
            people.update(ada.id, change)
    with pytest.raises(LastAdministrator):
        people.delete(ada.id, None)
    assert world.users.get(ada.id) == ada
    assert len(world.collections.visible(ada.id)) == 1, "nothing of it was done"


def test_a_suspended_administrator_does_not_count(world: World, people: SqlPeople, ada: User) -> None:
    ben = world.person("ben")
    people.update(ben.id, PersonChange(role=Role.ADMINISTRATOR, suspended=True))
    with pytest.raises(LastAdministrator):
        people.update(ada.id, DEMOTED)
    people.update(ben.id, PersonChange(suspended=False))
    people.update(ada.id, DEMOTED)
    assert world.users.operator().id == ben.id


def test_of_two_administrators_who_remove_each_other_at_once_one_stays(
    world: World, people: SqlPeople, ada: User
) -> None:
    ben = world.person("ben")
    people.update(ben.id, PersonChange(role=Role.ADMINISTRATOR))
    outcomes = at_once(*(partial(people.update, one.id, DEMOTED) for one in (ada, ben)))
    assert sum(isinstance(outcome, LastAdministrator) for outcome in outcomes) == 1
    found = people.page(None, Page())[0]
    assert [person.user.role for person in found].count(Role.ADMINISTRATOR) == 1


def test_what_nobody_else_could_see_goes_with_the_account(world: World, people: SqlPeople, ada: User) -> None:
    ben = world.person("ben")
    document = world.indexed(ben)
    world.exchange(world.conversation(ben), "Question", "Answer")
    signed_in(world, ben)
    people.put_reset(ben.id, "hash", NOW + timedelta(hours=1))
    assert people.delete(ben.id, None) == [document.id]
    rows = world.rows()
    assert {
        name: rows[name] for name in ("documents", "passages", "conversations", "messages", "sessions")
    } == dict.fromkeys(("documents", "passages", "conversations", "messages", "sessions"), 0)
    assert (rows["users"], rows["collections"], rows["password_resets"]) == (1, 1, 0)
    assert [removal.collection_id for removal in world.indexing.removals()] == [document.collection_id]
    with pytest.raises(UserNotFound):
        people.get(ben.id)


def test_what_is_shared_goes_to_those_who_have_most_to_say(world: World, people: SqlPeople, ada: User) -> None:
    ben, eve, rex = world.person("ben"), world.person("eve"), world.person("rex")
    edited = shared(world, ben, (eve, Access.EDITOR), (rex, Access.READER), name="Edited")
    read = shared(world, ben, (rex, Access.READER), name="Read")
    owned = shared(world, ben, (ada, Access.OWNER), (rex, Access.READER), name="Owned")
    world.indexed(ben, collection_id=edited)
    assert people.delete(ben.id, None) == []
    assert access_of(world, edited, eve) == {"eve": Access.OWNER, "rex": Access.READER}
    assert access_of(world, read, rex) == {"rex": Access.OWNER}
    assert access_of(world, owned, ada) == {"ada": Access.OWNER, "rex": Access.READER}


def test_an_heir_takes_over_everything_that_would_have_no_owner(world: World, people: SqlPeople, ada: User) -> None:
    ben, eve = world.person("ben"), world.person("eve")
    edited = shared(world, ben, (eve, Access.EDITOR))
    document = world.indexed(ben)
    assert people.delete(ben.id, ada.id) == []
    names = {collection.name: collection.access for collection in world.collections.visible(ada.id)}
    assert names == dict.fromkeys(("Documents", "Documents (ben@example.com)", "Shared"), Access.OWNER)
    assert world.documents.get(ada.id, document.id) == document
    assert access_of(world, edited, eve) == {"ada": Access.OWNER, "eve": Access.EDITOR}


def test_an_heir_has_an_account_that_may_sign_in(world: World, people: SqlPeople, ada: User) -> None:
    ben, eve = world.person("ben"), world.person("eve")
    people.update(eve.id, SUSPENDED)
    for heir in (eve.id, "0" * 32):
        with pytest.raises(UserNotFound):
            people.delete(ben.id, heir)
    assert world.users.get(ben.id) == ben


def test_a_reset_link_works_once_and_ends_every_session(world: World, people: SqlPeople, ada: User) -> None:
    made, sessions = signed_in(world, ada), SqlSessions(world.database)
    people.put_reset(ada.id, "first", NOW + timedelta(hours=1))
    people.put_reset(ada.id, "second", NOW + timedelta(hours=1))
    with pytest.raises(ResetLinkNotFound):
        people.of_reset("first")
    assert people.of_reset("second") == ada
    assert people.use_reset("second", "new hash") == ada
    assert world.users.find_by_email(ada.email) == (ada, "new hash")
    assert sessions.user_of(made) is None
    with pytest.raises(ResetLinkNotFound):
        people.use_reset("second", "another hash")


def test_a_reset_link_ends(world: World, people: SqlPeople, ada: User) -> None:
    ben = world.person("ben")
    people.put_reset(ada.id, "late", NOW - timedelta(seconds=1))
    people.put_reset(ben.id, "suspended", NOW + timedelta(hours=1))
    people.update(ben.id, SUSPENDED)
    for token in ("late", "suspended", "none"):
        with pytest.raises(ResetLinkNotFound):
            people.of_reset(token)
    people.put_reset(ada.id, "fresh", NOW + timedelta(hours=1))
    world.users.change_password(ada.id, "changed otherwise")
    with pytest.raises(ResetLinkNotFound):
        people.of_reset("fresh")
    with pytest.raises(UserNotFound):
        people.put_reset("0" * 32, "nobody", NOW)


def test_a_link_used_twice_at_once_works_once(world: World, people: SqlPeople, ada: User) -> None:
    people.put_reset(ada.id, "link", NOW + timedelta(hours=1))
    outcomes = at_once(*(partial(people.use_reset, "link", f"hash {n}") for n in range(3)))
    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1


def test_another_hash_of_the_same_password_ends_nothing(world: World, ada: User) -> None:
    made, sessions = signed_in(world, ada), SqlSessions(world.database)
    world.users.update_password(ada.id, "the same, hashed anew")
    assert sessions.user_of(made) == ada
    world.users.change_password(ada.id, "another one")
    assert sessions.user_of(made) is None
