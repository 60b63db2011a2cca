from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from backend.app.domain.accounts import User
from backend.app.domain.audit import Action, Target
from backend.app.domain.keys import ApiKey, Scope
from backend.app.errors import KeyNotFound
from tests.fakes.things import user
from tests.unit.cli.conftest import FakeServices, Run

SECRET = "lo_" + "k" * 43
ANN = user("ann", email="ann@example.com")


def key(**changes: Any) -> ApiKey:
    whole = {
        "id": "k1",
        "user_id": ANN.id,
        "name": "nightly",
        "prefix": "lo_kkkkkk",
        "scopes": frozenset({Scope.ASK, Scope.READ}),
        "collection_ids": None,
        "created_at": datetime(2026, 11, 1, tzinfo=UTC),
        "expires_at": None,
        "last_used_at": None,
        **changes,
    }
    return ApiKey(**whole)


class FakeKeys:
    def __init__(self, *keys: ApiKey) -> None:
        self.keys = list(keys)
        self.made: list[tuple[Any, ...]] = []
        self.recorded: list[tuple[str, str, str]] = []

    def make(self, user: User, name: str, scopes: set[Scope], **options: Any) -> tuple[ApiKey, str]:
        self.made.append((user.email, name, scopes, options))
        return key(name=name), SECRET

    def record(self, action: Action, *, actor: str, target: Target, details: dict[str, Any]) -> None:
        assert details["account"] == ANN.email
        self.recorded.append((action, actor, target.name))

    def of(self, user: User) -> list[ApiKey]:
        return self.keys

    def revoke(self, user: User, key_id: str) -> ApiKey:
        if key_id != "k1":
            raise KeyNotFound
        return key()


def services(keys: FakeKeys) -> Any:
    known = SimpleNamespace(known=lambda email: ANN if email == ANN.email else None)
    return SimpleNamespace(**{**vars(FakeServices()), "accounts": known, "keys": keys, "audit": keys})


def test_the_key_alone_is_on_standard_output(run: Run) -> None:
    keys = FakeKeys()
    result = run(services(keys), "key", "add", ANN.email, "nightly")
    assert (result.exit_code, result.stdout) == (0, f"{SECRET}\n")
    assert "not shown again" in result.stderr
    assert keys.made == [(ANN.email, "nightly", {Scope.READ, Scope.ASK}, {"days": None, "collection_ids": None})]
    assert keys.recorded == [("key.made", "command line", "nightly")]


def test_scopes_days_and_collections_are_what_was_asked_for(run: Run) -> None:
    keys = FakeKeys()
    options = ("--scope", "write", "--days", "30", "--collection", "업무", "--collection", "c1")
    assert run(services(keys), "key", "add", ANN.email, "nightly", *options).exit_code == 0
    assert keys.made[0][2:] == ({Scope.WRITE}, {"days": 30, "collection_ids": ["c2", "c1"]})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "nobody@example.com", "x"), "likeopt user add"),
        (("add", "ann@example.com", "x", "--collection", "Nowhere"), "Nowhere"),
        (("revoke", "ann@example.com", "k9"), "no such API key"),
    ],
)
def test_what_is_not_there_is_said(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run(services(FakeKeys()), "key", *arguments)
    assert result.exit_code == 1
    assert said in result.stderr


def test_keys_are_listed_without_their_secrets(run: Run) -> None:
    used = key(last_used_at=datetime(2026, 11, 3, 8, 15, tzinfo=UTC), collection_ids=frozenset({"c1"}))
    ended = key(id="k2", name="old", expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    result = run(services(FakeKeys(used, ended)), "key", "list", ANN.email)
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()[1:]]
    assert lines == [
        "k1 lo_kkkkkk… read, ask (1 collection) 2026-11-03 08:15 nightly",
        "k2 lo_kkkkkk… read, ask never old (expired)",
    ]
    as_json = json.loads(run(services(FakeKeys(used)), "key", "list", ANN.email, "--json").stdout)
    assert as_json[0]["collection_ids"] == ["c1"]


def test_a_revoked_key_is_named(run: Run) -> None:
    keys = FakeKeys(key())
    result = run(services(keys), "key", "revoke", ANN.email, "k1")
    assert keys.recorded == [("key.revoked", "command line", "nightly")]
    assert (result.exit_code, result.stdout) == (0, "lo_kkkkkk… (nightly) is revoked.\n")
