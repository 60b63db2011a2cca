from __future__ import annotations

import threading

import pytest

from backend.app.cache.allowances import LocalAllowances
from backend.app.domain.rates import Rate
from backend.app.errors import RateLimited, WrongCredentials
from backend.app.services.guesses import Guesses
from tests.fakes.caches import FakeClock
from tests.fakes.metrics import CountingMetrics


def made(clock: FakeClock | None = None, metrics: CountingMetrics | None = None) -> Guesses:
    return Guesses(
        LocalAllowances(clock or FakeClock()), metrics or CountingMetrics(), account=Rate(3, 900), address=Rate(5, 300)
    )


def guess(guesses: Guesses, email: str = "ann@example.com", address: str = "192.0.2.7") -> bool:
    """Guess wrongly; return whether the guess was looked at."""
    try:
        with guesses.attempt(email, address):
            raise WrongCredentials
    except WrongCredentials:
        return True
    except RateLimited:
        return False


def test_an_account_is_guessed_at_so_often_from_wherever() -> None:
    guesses = made()
    looked_at = [guess(guesses, address=f"192.0.2.{number}") for number in range(5)]
    assert looked_at == [True] * 3 + [False] * 2
    assert guess(guesses, email="ben@example.com")


def test_it_is_one_account_in_any_spelling() -> None:
    guesses = made()
    spellings = ["ann@example.com", " ANN@example.com", "Ann@Example.com ", "ann@EXAMPLE.com"]
    assert [guess(guesses, email) for email in spellings] == [True] * 3 + [False]


def test_an_address_guesses_so_often_at_whichever_accounts() -> None:
    guesses = made()
    assert [guess(guesses, f"p{number}@example.com") for number in range(7)] == [True] * 5 + [False] * 2


def test_a_right_password_costs_nothing() -> None:
    guesses = made()
    for _ in range(50):
        with guesses.attempt("ann@example.com", "192.0.2.7"):
            pass
    assert guess(guesses)


def test_who_is_refused_is_told_when_to_come_back_and_then_looked_at() -> None:
    clock, metrics = FakeClock(), CountingMetrics()
    guesses = made(clock, metrics)
    while guess(guesses):
        pass
    with pytest.raises(RateLimited) as refused, guesses.attempt("ann@example.com", "192.0.2.9"):
        raise AssertionError("looked at")
    assert 0 < refused.value.retry_after <= 300
    assert str(refused.value.retry_after) in refused.value.message
    assert metrics.refused == {"guesses": 2}
    clock.pass_by(refused.value.retry_after)
    assert guess(guesses)


def test_guesses_that_come_together_are_not_looked_at_together() -> None:
    guesses = made()
    looked_at: list[bool] = []
    begin = threading.Barrier(20)

    def one() -> None:
        begin.wait()
        looked_at.append(guess(guesses))

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) == 20
    assert 3 <= sum(looked_at) <= 4, "two may be under way when the last one is charged"


def test_another_failure_is_no_guess() -> None:
    guesses = made()
    for _ in range(10):
        with pytest.raises(RuntimeError), guesses.attempt("ann@example.com", "192.0.2.7"):
            raise RuntimeError
    assert guess(guesses)
