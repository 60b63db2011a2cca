from __future__ import annotations

import pytest

from backend.app.errors import ConfigError
from backend.app.services.llm.endpoint import Endpoint, normalised


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        (" https://a.b/openai/v1/chat/completions ", "https://a.b/openai/v1"),
    ],
)
def test_addresses_as_people_write_them(given: str, used: str) -> None:
    assert normalised(given) == used


@pytest.mark.parametrize("url", ["", "http://[::1", "http://127.0.0.1:99999/v1", "ftp://127.0.0.1/v1"])
def test_what_is_no_address_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigError, match="LIKEOPT_LLM_BASE_URL"):
        Endpoint(url)


def test_what_is_shown_of_an_address_holds_no_secret() -> None:
    endpoint = Endpoint("https://user:password@host:8443/v1?key=abc", "sk-secret")

    assert endpoint.address == "https://host:8443"
    assert repr(endpoint) == "Endpoint('https://host:8443')"
