"""Every route of the app, asked by everybody: the table is in route_expectations.py."""

from __future__ import annotations

import contextlib

import pytest

from backend.app.domain.audit import AuditFilter
from backend.app.storage.interfaces import Page
from tests.integration.api.calls import API
from tests.integration.api.conftest import World
from tests.integration.api.role_library import SECRET, RoleLibrary, code_of
from tests.integration.api.route_expectations import ROLES, TABLE, Row

pytestmark = pytest.mark.usefixtures("held_to_document")


@pytest.fixture(scope="module")
def library(world: World) -> RoleLibrary:
    return RoleLibrary(world)


def routes(world: World) -> set[tuple[str, str]]:
    return {
        (method, rule.rule)
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def route(world: World, row: Row) -> tuple[str, str]:
    """Return the route that answers a row's path."""
    path = row.path.partition("?")[0]
    path = path[1:] if path.startswith("//") else API + path
    rule, _ = world.app.url_map.bind("localhost").match(path, row.method, return_rule=True)
    return row.method, rule.rule


def only_administrators_change(row: Row) -> bool:
    may = {role for role, (status, _) in row.outcomes.items() if status < 400}
    return row.method != "GET" and may == {"administrator"}


def test_every_route_has_an_expectation_and_every_expectation_a_route(world: World) -> None:
    covered = {route(world, row) for row in TABLE}
    assert routes(world) - covered == set(), "a new route belongs into the table of route_expectations.py"
    assert covered - routes(world) == set(), "a route that is no more"
    assert all(set(row.outcomes) == set(ROLES) for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_everybody_gets_what_the_table_says(world: World, library: RoleLibrary, row: Row) -> None:
    outcomes = {}
    for role, expected in row.outcomes.items():
        library.filled(f"{row.path} {row.body}")  # what it names is there before traces are counted
        refused = expected[0] >= 400 and not row.ends_session  # signing in for the row leaves its traces
        with world.nothing_left() if refused else contextlib.nullcontext():
            answer = library.ask(role, row)
        outcomes[role] = (answer.status, code_of(answer))
        if refused:
            assert SECRET not in answer.body.decode(), role
    assert outcomes == row.outcomes


@pytest.mark.parametrize("row", [row for row in TABLE if only_administrators_change(row)], ids=str)
def test_what_administrators_alone_may_change_is_written_down(world: World, library: RoleLibrary, row: Row) -> None:
    library.filled(f"{row.path} {row.body}")
    before, _ = world.services.audit.page(AuditFilter(), Page(1))
    assert library.ask("administrator", row).status < 400
    (newest,), _ = world.services.audit.page(AuditFilter(), Page(1))
    assert newest not in before
    assert newest.actor_id == library.people["administrator"].user["id"]


@pytest.mark.parametrize("row", [row for row in TABLE if row.method == "GET"], ids=str)
def test_a_head_request_gets_no_more_than_a_get(library: RoleLibrary, row: Row) -> None:
    head = Row("HEAD", row.path, row.outcomes)
    for role, (status, _) in row.outcomes.items():
        if status >= 400:
            answer = library.ask(role, head)
            assert (answer.status, answer.body) == (status, b""), role


@pytest.mark.parametrize("row", [row for row in TABLE if not row.ends_session], ids=str)
def test_who_is_suspended_is_nobody_by_session_and_by_key(world: World, library: RoleLibrary, row: Row) -> None:
    library.filled(f"{row.path} {row.body}")
    status, code = row.outcomes["nobody"]
    is_open = row.outcomes["nobody"] == row.outcomes["stranger"]
    with contextlib.nullcontext() if is_open else world.nothing_left():
        answer = library.ask("suspended", row)
        assert (answer.status, code_of(answer)) == (status, code)
        answer = library.ask("suspended_key", row)
    assert answer.status in (
        {status, 401} if is_open else {401}
    )  # a key that is none is refused where all are let in, too
    assert SECRET not in answer.body.decode()
