from __future__ import annotations

import unicodedata

import pytest
from argon2 import PasswordHasher

from backend.app.domain.accounts import NO_PASSWORD
from backend.app.security.passwords import Passwords


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords()


@pytest.fixture(scope="module")
def hash(passwords: Passwords) -> str:
    return passwords.hash("correct horse")


def test_a_hash_is_argon2id_and_salted(passwords: Passwords, hash: str) -> None:
    assert hash.startswith("$argon2id$")
    assert "correct horse" not in hash
    assert passwords.hash("correct horse") != hash


def test_only_the_right_password_is_right(passwords: Passwords, hash: str) -> None:
    assert passwords.verify(hash, "correct horse")
    for wrong in ("correct horse ", "Correct horse", ""):
        assert not passwords.verify(hash, wrong)


def test_nobodys_password_is_never_right(passwords: Passwords) -> None:
    for password in ("nobody", "correct horse", ""):
        assert not passwords.verify(None, password)
        assert not passwords.verify(NO_PASSWORD, password)


@pytest.mark.parametrize("broken", ["", "plain text", "$argon2id$v=19$broken", "$2b$12$bcrypt"])
def test_a_broken_hash_is_never_right(passwords: Passwords, broken: str) -> None:
    assert not passwords.verify(broken, "correct horse")


def test_every_keyboard_gives_the_same_password(passwords: Passwords) -> None:
    composed = "비밀번호 caf\u00e9"
    hash = passwords.hash(unicodedata.normalize("NFD", composed))
    assert passwords.verify(hash, composed)


def test_half_a_surrogate_pair_is_a_password_like_any_other(passwords: Passwords) -> None:
    hash = passwords.hash("broken \ud800 input")
    assert passwords.verify(hash, "broken \ud800 input")
    assert not passwords.verify(hash, "broken ? input")


def test_only_weaker_hashes_are_made_anew(passwords: Passwords, hash: str) -> None:
    assert not passwords.needs_rehash(hash)
    assert passwords.needs_rehash(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))
