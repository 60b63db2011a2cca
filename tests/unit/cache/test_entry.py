from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.app.cache.entry import HEADER_BYTES, Entry, pack, unpack

TIMES = {"created": 1.5, "fresh_until": 2.5, "expires_at": 3.5, "cost": 0.25}


@settings(deadline=None)
@given(st.binary(max_size=2000), st.booleans())
def test_what_is_packed_is_unpacked(payload: bytes, missing: bool) -> None:
    raw = pack(payload, missing=missing, **TIMES)  # type: ignore[arg-type]
    for trusted in (False, True):
        assert unpack(raw, trusted=trusted) == Entry(missing, 1.5, 2.5, 3.5, 0.25, memoryview(payload))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_other_bytes_are_no_entry(raw: bytes) -> None:
    assert unpack(raw) is None


@settings(deadline=None)
@given(st.binary(max_size=50), st.data())
def test_one_byte_changed_or_the_end_cut_off_is_no_entry(payload: bytes, data: st.DataObject) -> None:
    raw = bytearray(pack(payload, **TIMES))  # type: ignore[arg-type]
    assert unpack(bytes(raw[: data.draw(st.integers(0, len(raw) - 1))])) is None
    place = data.draw(st.integers(0, len(raw) - 1).filter(lambda place: place != 3))  # 3 is padding
    before = raw[place]
    raw[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != before))

    assert unpack(bytes(raw)) is None


def test_the_header_tells_entries_apart() -> None:
    first, second = (pack(payload, **TIMES)[:HEADER_BYTES] for payload in (b"a", b"b"))  # type: ignore[arg-type]
    assert first != second
