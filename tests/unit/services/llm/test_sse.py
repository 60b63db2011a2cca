from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.services.llm.sse import EventDecoder, LineTooLong, WholeBody


def decoded(*pieces: bytes) -> list[bytes]:
    decoder = EventDecoder()
    return [payload for piece in pieces for payload in decoder.feed(piece)] + decoder.close()


@pytest.mark.parametrize(
    "stream",
    [
        b"data: one\n\ndata: two\n\n",
        b"data: one\r\n\r\ndata: two\r\n\r\n",
        b"data:one\ndata:two\n",
        b": a comment\n\nevent: x\nid: 3\ndata: one\n\n\n\nretry: 5\ndata: two",
    ],
    ids=["as the standard has it", "CRLF", "without blank lines", "comments, other fields, no last line end"],
)
def test_one_payload_a_data_line(stream: bytes) -> None:
    assert decoded(stream) == [b"one", b"two"]


@given(st.lists(st.integers(min_value=0, max_value=60), max_size=8))
def test_it_does_not_matter_where_the_bytes_were_cut(cuts: list[int]) -> None:
    stream = 'data: {"a": "등대"}\r\n\r\n: ping\ndata: [DONE]\n\n'.encode()
    edges = [0, *sorted(cuts), len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]

    assert decoded(*pieces) == ['{"a": "등대"}'.encode(), b"[DONE]"]


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_garbage_gives_payloads_or_nothing(pieces: list[bytes]) -> None:
    assert all(isinstance(payload, bytes) and payload for payload in decoded(*pieces))


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(LineTooLong):
        EventDecoder(max_line_bytes=100).feed(b"data: " + b"x" * 200)


def test_a_line_without_end_is_refused_bit_by_bit_as_well() -> None:
    decoder = EventDecoder(max_line_bytes=100)
    decoder.feed(b"x" * 60)
    with pytest.raises(LineTooLong):
        decoder.feed(b"x" * 60)


def test_a_whole_body_is_one_payload_at_its_end() -> None:
    body = WholeBody(max_bytes=10)

    assert body.feed(b'{"a"') == []
    assert body.feed(b": 1}") == []
    assert body.close() == [b'{"a": 1}']
    with pytest.raises(LineTooLong):
        body.feed(b"xxx")
