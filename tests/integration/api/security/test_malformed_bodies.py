"""Bodies that are made to break whoever reads them, sent to every address that reads one, from the app's own list."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator

import pytest

from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World

_DEEP = 20_000
JSON = "application/json"
BODIES: dict[str, tuple[bytes, str]] = {
    "a deep list": (b"[" * _DEEP + b"]" * _DEEP, JSON),
    "a deep object": (b'{"message":' * _DEEP + b"1" + b"}" * _DEEP, JSON),
    "a deep field": (b'{"message": ' + b"[" * _DEEP + b"]" * _DEEP + b"}", JSON),
    "a huge number": (b'{"value": 1' + b"0" * 100_000 + b', "message_id": 1e999999, "limit": -0.0}', JSON),
    "no number": (b'{"value": NaN, "metrics": [{"name": "lcp", "value": Infinity}]}', JSON),
    "NUL": (b'{"message": "a\\u0000b", "name": "\\u0000", "email": "\\u0000@x.org", "password": "\\u0000\\u0000"}', JSON),
    "half a surrogate pair": (b'{"message": "\\ud800", "name": "\\udfff", "title": "\\ud83d"}', JSON),
    "no UTF-8": (b'{"message": "\xff\xfe\xc0\xaf"}', JSON),
    "UTF-16": ('{"message": "x", "name": "x"}'.encode("utf-16"), JSON),
    "a byte order mark": (b"\xef\xbb\xbf" + b'{"message": "x"}', JSON),
    "the same key twice": (b'{"name": "a", "name": {"b": 1}, "message": "x", "message": []}', JSON),
    "a thousand keys": (json.dumps({f"key{n}": n for n in range(5000)}).encode(), JSON),
    "names of Python": (b'{"__class__": "x", "__proto__": {"a": 1}, "constructor": 1, "__reduce__": ["os.system"]}', JSON),
    "cut off": (b'{"message": "', JSON),
    "nothing": (b"", JSON),
    "a word": (b"null", JSON),
    "a pickle": (b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.", JSON),
    "another type": (b'{"message": "x"}', "text/plain"),
    "a type that is none": (b'{"message": "x"}', "application/json; charset=\xff\xff".encode().decode("latin-1")),
    "a form": (b"message=x&name=x&" + b"a=b&" * 2000, "application/x-www-form-urlencoded"),
    "a multipart without an end": (b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n', "multipart/form-data; boundary=x"),
    "a multipart without a boundary": (b"--x\r\n\r\n", "multipart/form-data"),
    "a multipart of headers": (b"--x\r\n" + b"A: b\r\n" * 5000 + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    "a multipart of parts": (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 3000 + b"--x--\r\n", "multipart/form-data; boundary=x"),
}  # fmt: skip
BOMB = b'{"message": "' + b"a" * 8_000_000 + b'"}'


def unsafe(world: World) -> Iterator[tuple[str, str]]:
    for rule in world.app.url_map.iter_rules():
        built = rule.build(dict.fromkeys(rule.arguments, "0" * 32), append_unknown=False)
        assert built is not None
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            if not built[1].endswith(("/auth/logout", "/auth/sessions")):
                yield method, built[1]


@pytest.fixture(scope="module")
def asking(made_world_administrator: Caller) -> Caller:
    return made_world_administrator


@pytest.mark.parametrize("name", BODIES, ids=str)
def test_no_body_breaks_an_address(sturdy: World, asking: Caller, name: str) -> None:
    content, content_type = BODIES[name]
    for method, path in unsafe(sturdy):
        with asking.flask.open(path, method=method, data=content, content_type=content_type) as response:
            said = response.get_data()
        assert response.status_code < 500, f"{method} {path}: {said[:300]!r}"
        assert response.status_code != 429, "it was read"
    assert asking.get("/auth/me").status == 200


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip", gzip.compress(BOMB)),
        ("deflate", zlib.compress(BOMB)),
        ("gzip, gzip", gzip.compress(gzip.compress(BOMB))),
    ],
    ids=["gzip", "deflate", "twice"],
)
def test_a_packed_body_is_not_unpacked(sturdy: World, asking: Caller, encoding: str, content: bytes) -> None:
    assert len(content) < 50_000 < len(BOMB)
    for method, path in unsafe(sturdy):
        headers = {"Content-Encoding": encoding}
        with (
            sturdy.nothing_left(),
            asking.flask.open(path, method=method, data=content, content_type=JSON, headers=headers) as response,
        ):
            said = response.get_data()
        assert response.status_code in (200, 400, 401, 403, 404, 415, 422), f"{method} {path}: {said[:300]!r}"
        assert b"aaaaaaaa" not in said
