"""Whoever signs in with whatever address: argon2 does the same work, so no clock tells who has an account.

Counted is each run of the real argon2, and the blocks of memory that it fills, which is what takes its time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import argon2._password_hasher
import pytest
from argon2 import PasswordHasher, extract_parameters

from backend.app.cache.copies import Copies
from backend.app.concurrency import NativePool
from backend.app.domain.accounts import NO_PASSWORD
from backend.app.epochs import NoEpoch
from backend.app.errors import WrongCredentials
from backend.app.security import passwords
from backend.app.security.passwords import Passwords
from backend.app.services.accounts import AccountService
from tests.fakes.accounts import MemoryInvitations, MemoryPeople, MemoryUsers

GOOD, WRONG = "correct horse", "wrong horse"
TODAY = PasswordHasher(time_cost=3, memory_cost=1024, parallelism=2)
BLOCKS = 3 * 1024
OLDER = {
    "less time": PasswordHasher(time_cost=1, memory_cost=1024, parallelism=2),
    "less memory": PasswordHasher(time_cost=3, memory_cost=256, parallelism=2),
    "less of both": PasswordHasher(time_cost=2, memory_cost=96, parallelism=2),
}


class Work:
    """What argon2 has done: the number of blocks of each run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs: list[int] = []
        verify, hash_new = argon2._password_hasher.verify_secret, argon2._password_hasher.hash_secret
        fill = passwords.hash_secret_raw

        def verified(hash: bytes, *given: Any) -> bool:
            costs = extract_parameters(hash.decode())
            self.runs.append(costs.time_cost * costs.memory_cost)
            return verify(hash, *given)

        def counted(run: Callable[..., bytes]) -> Callable[..., bytes]:
            def call(*given: Any, time_cost: int, memory_cost: int, **options: Any) -> bytes:
                self.runs.append(time_cost * memory_cost)
                return run(*given, time_cost=time_cost, memory_cost=memory_cost, **options)

            return call

        monkeypatch.setattr(argon2._password_hasher, "verify_secret", verified)
        monkeypatch.setattr(argon2._password_hasher, "hash_secret", counted(hash_new))
        monkeypatch.setattr(passwords, "hash_secret_raw", counted(fill))


@pytest.fixture
def users() -> MemoryUsers:
    users = MemoryUsers()
    hashed = TODAY.hash(GOOD)
    for name in ("known", "suspended", "without", "broken", *OLDER):
        made = users.register(email=f"{name}@example.com", name=name, password_hash=hashed, open_to_all=True)
        if name == "suspended":
            users.rows[made.id] = (replace(made, suspended_at=datetime(2026, 1, 1, tzinfo=UTC)), hashed)
        elif name == "without":  # invited, and signed in by the identity provider alone
            users.rows[made.id] = (made, NO_PASSWORD)
        elif name == "broken":
            users.rows[made.id] = (made, "$argon2id$v=19$broken")
        elif name in OLDER:
            users.rows[made.id] = (made, OLDER[name].hash(GOOD))
    return users


@pytest.fixture
def service(users: MemoryUsers) -> AccountService:
    """As a worker has it that nobody has asked yet."""
    people, invitations = MemoryPeople(users), MemoryInvitations()
    every = (users, people, invitations, Passwords(TODAY), NativePool(1), Copies(NoEpoch()))
    return AccountService(*every, open_registration=True)


@pytest.fixture
def work(users: MemoryUsers, service: AccountService, monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


@pytest.mark.parametrize(
    ("who", "password"),
    [
        ("unknown", WRONG),  # the very first of the worker
        ("unknown", ""),
        ("known", WRONG),
        ("suspended", GOOD),
        ("suspended", WRONG),
        ("without", WRONG),
        ("without", NO_PASSWORD),
        ("broken", GOOD),
    ],
)
def test_every_refusal_is_one_verification_of_todays_costs(
    service: AccountService, work: Work, who: str, password: str
) -> None:
    for _ in range(2):
        with pytest.raises(WrongCredentials):
            service.sign_in(f"{who}@example.com", password)
    assert work.runs == [BLOCKS, BLOCKS]


def test_a_right_password_is_no_more(service: AccountService, work: Work) -> None:
    assert service.sign_in("known@example.com", GOOD).email == "known@example.com"
    assert work.runs == [BLOCKS]


@pytest.mark.parametrize("who", OLDER)
def test_a_hash_of_weaker_parameters_is_filled_up_to_todays_work(service: AccountService, work: Work, who: str) -> None:
    with pytest.raises(WrongCredentials):
        service.sign_in(f"{who}@example.com", WRONG)
    assert len(work.runs) == 2
    assert BLOCKS * 0.99 <= sum(work.runs) <= BLOCKS


def test_nothing_is_hashed_to_begin_with(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch)
    Passwords()
    assert work.runs == []
