from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.services.llm.body import BodyBroken, ChunkDecoder


def framed(*contents: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(content), content) for content in contents if content) + b"0\r\n\r\n"


@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    st.lists(st.integers(min_value=0, max_value=300), max_size=8),
)
def test_content_comes_out_wherever_the_bytes_were_cut(contents: list[bytes], cuts: list[int]) -> None:
    stream = framed(*contents)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    decoder = ChunkDecoder()
    out = b"".join(decoder.feed(stream[a:b]) for a, b in itertools.pairwise(edges))

    assert out == b"".join(contents)
    assert decoder.complete


def test_it_is_not_complete_before_the_last_chunk() -> None:
    decoder = ChunkDecoder()

    assert decoder.feed(b"3\r\nabc\r\n") == b"abc"
    assert not decoder.complete


def test_extensions_and_trailers_are_skipped() -> None:
    decoder = ChunkDecoder()

    assert decoder.feed(b"3;name=value\r\nabc\r\n0\r\nTrailer: x\r\n\r\n") == b"abc"
    assert decoder.complete


@pytest.mark.parametrize("stream", [b"hello\r\n", b"-3\r\nabc", b"f" * 5000], ids=["no size", "negative", "no end"])
def test_wrong_framing_is_refused(stream: bytes) -> None:
    with pytest.raises(BodyBroken):
        ChunkDecoder().feed(stream)


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_garbage_is_content_or_refused(pieces: list[bytes]) -> None:
    decoder = ChunkDecoder()
    try:
        for piece in pieces:
            decoder.feed(piece)
    except BodyBroken:
        pass
