from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.masking import mask

SECRET = "hunter2-and-more"


def masked(**fields: Any) -> dict[str, Any]:
    return dict(mask(None, "info", {"event": "something", **fields}))


@pytest.mark.parametrize(
    "key",
    [
        "password", "passwd", "new_password", "token", "access_token", "metrics_token", "api_key", "apikey", "API_KEY",
        "Authorization", "cookie", "Set-Cookie", "secret", "secret_key", "client_secret", "credentials", "private_key",
        "session_id",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [SECRET, SECRET.encode(), [SECRET], {"x": SECRET}])
def test_secrets_are_masked_by_their_name(key: str, value: object) -> None:
    assert masked(**{key: value})[key] == "***"


@pytest.mark.parametrize("fields", [{"max_tokens": 512}, {"token_count": 3.5}, {"has_password": True}, {"token": None}])
def test_numbers_are_no_secrets(fields: dict[str, Any]) -> None:
    assert masked(**fields) == {"event": "something", **fields}


@pytest.mark.parametrize(
    "key", ["message", "query", "question", "answer", "text", "content", "prompt", "quote", "body"]
)
def test_of_what_people_write_only_the_length_stays(key: str) -> None:
    assert masked(**{key: "Where is my 딸?"})[key] == "[14 characters]"


def test_secrets_and_texts_within_other_values_are_found() -> None:
    found = masked(request={"headers": {"Cookie": SECRET, "Accept": "*/*"}, "parts": [{"text": "what they wrote"}]})
    assert found["request"] == {"headers": {"Cookie": "***", "Accept": "*/*"}, "parts": [{"text": "[15 characters]"}]}


@pytest.mark.parametrize(
    ("email", "shown"), [("ann@example.org", "a***@example.org"), ("no address", "***"), ("@", "***@")]
)
def test_addresses_of_people_are_shortened(email: str, shown: str) -> None:
    assert masked(email=email, user_email=email)["user_email"] == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"redis://:{SECRET}@cache:6379/0 refused", "redis://:***@cache:6379/0 refused"),
        (f"redis://user:{SECRET}@cache:6379/0", "redis://user:***@cache:6379/0"),
        (f"at postgresql+psycopg://me:{SECRET}@db/likeopt?x=1", "at postgresql+psycopg://me:***@db/likeopt?x=1"),
        (f"rediss://u:{SECRET}@a and https://v:{SECRET}@b", "rediss://u:***@a and https://v:***@b"),
        (f"sent Authorization: Bearer {SECRET}", "sent Authorization: Bearer ***"),
        (f"api_key={SECRET}&model=x", "api_key=***&model=x"),
        (f'{{"password": "{SECRET}"}}', '{"password": ***}'),
        (f"INSERT [parameters: ('a', '{SECRET}')]\n(Background", "INSERT [parameters: ***]\n(Background"),
        ("http://127.0.0.1:5000/api/v1/about", "http://127.0.0.1:5000/api/v1/about"),
        ("redis://cache:6379/0", "redis://cache:6379/0"),
        ("the password is wrong, the token too", "the password is wrong, the token too"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["event", "exception", "error", "nested"])
def test_passwords_within_texts_are_masked(key: str, text: str, shown: str) -> None:
    if key == "nested":
        assert masked(error={"cause": [text]})["error"] == {"cause": [shown]}
    else:
        assert masked(**{key: text})[key] == shown


def test_what_is_no_plain_value_is_told_by_its_words() -> None:
    assert masked(error=ValueError(f"redis://:{SECRET}@cache"))["error"] == "redis://:***@cache"


def test_what_is_deep_beyond_measure_is_not_followed() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    assert "[dict]" in str(masked(found=endless))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), VALUES))
def test_nothing_that_can_be_logged_makes_it_fail(fields: dict[str, Any]) -> None:
    assert mask(None, "info", dict(fields)).keys() == fields.keys()


@pytest.mark.parametrize("where", ["key lo_{} is wrong", "GET /v1/models?api=lo_{}", "'lo_{}'", "Bearer lo_{}"])
def test_of_an_api_key_only_its_beginning_stays_wherever_it_stands(where: str) -> None:
    secret = "Ab3" * 14 + "x"
    for line in (
        masked(reason=where.format(secret))["reason"],
        mask(None, "info", {"event": where.format(secret)})["event"],
    ):
        assert secret[6:] not in line
        assert "***" in line
