"""HWP 5: text, outline and tables, and containers that are damaged or made to exhaust their reader."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.services.ingestion.reading import hwp as reader
from backend.app.services.ingestion.reading.dispatch import read
from backend.app.services.ingestion.reading.draft import Refusal
from tests.fakes.hangul import cell, compound, control, hwp, mark, paragraph, record, styles, table

STYLES = styles(("바탕글", "Normal"), ("개요 1", "Outline 1"), ("개요 2", "Outline 2"))
REPORT = hwp(
    paragraph("사업 개요", style=1)
    + paragraph("이 사업은 삼 년간 진행됩니다.")
    + table(("연도", "예산"), ("2025", "3억 | 5천")),
    paragraph("세부 계획", style=2) + paragraph("끝맺는 말입니다."),
    styles=STYLES,
)


@pytest.fixture
def read_hwp(tmp_path: Path) -> Any:
    def read_hwp(data: bytes) -> dict[str, Any]:
        path = tmp_path / "file.hwp"
        path.write_bytes(data)
        return read(path, "application/x-hwp", 10_000_000)

    return read_hwp


def test_sections_follow_each_other_with_outline_and_tables(read_hwp: Any) -> None:
    found = read_hwp(REPORT)
    assert found["text"] == (
        "사업 개요\n\n이 사업은 삼 년간 진행됩니다.\n\n| 연도 | 예산 |\n|---|---|\n| 2025 | 3억 \\| 5천 |\n\n"
        "세부 계획\n\n끝맺는 말입니다."
    )
    assert [(level, title) for _, level, title in found["headings"]] == [(1, "사업 개요"), (2, "세부 계획")]


def test_streams_that_are_not_packed_and_long_ones_are_read(read_hwp: Any) -> None:
    long = "".join(paragraph("가나다라 마바사. " * 300).decode("latin-1") for _ in range(3)).encode("latin-1")
    found = read_hwp(hwp(long, styles=STYLES, flags=0))
    assert found["text"].count("마바사") == 900


def test_marks_show_what_they_stand_for_and_nothing_of_their_data(read_hwp: Any) -> None:
    text = f"앞{mark(9, bytes(4))}뒤{mark(3, b'%hlk')}링크\x18끝\x1e칸 🌊"
    assert read_hwp(hwp(paragraph(text)))["text"] == "앞 뒤링크-끝 칸 🌊"


def test_notes_and_text_boxes_come_behind_and_heads_and_feet_do_not(read_hwp: Any) -> None:
    note = control(b"fn  ", 1, record(72, 2, bytes(16)), paragraph("각주입니다.", level=2))
    box = control(b"gso ", 1, record(76, 2, bytes(8)), record(72, 3, bytes(16)), paragraph("글상자", level=3))
    head = control(b"head", 1, record(72, 2, bytes(16)), paragraph("머리말", level=2))
    assert read_hwp(hwp(paragraph("본문") + note + box + head))["text"] == "본문\n\n각주입니다.\n\n글상자"


def test_a_table_within_a_cell_adds_to_that_cell(read_hwp: Any) -> None:
    inner = paragraph("안", level=2) + record(71, 3, b" lbt") + record(72, 4, bytes(26)) + paragraph("속", level=4)
    outer = paragraph(mark(11, b"tbl ")) + control(b"tbl ", 1, cell(0, 0, inner), cell(0, 1, paragraph("밖", level=2)))
    assert read_hwp(hwp(outer))["text"] == "| 안 속 | 밖 |"


@pytest.mark.parametrize("flag", [2, 4, 16])
def test_encrypted_documents_say_so(read_hwp: Any, flag: int) -> None:
    with pytest.raises(Refusal, match="password"):
        read_hwp(hwp(paragraph("비밀"), flags=1 | flag))


@pytest.mark.parametrize(
    "data",
    [
        REPORT[:600],
        REPORT[:512],
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        compound({"WordDocument": b"an old Word file"}),
        compound({"FileHeader": b"HWP Document File".ljust(256, b"\0")}),
        hwp(styles=STYLES),
    ],
    ids=["cut", "header alone", "zeros", "another program's", "no streams", "no section"],
)
def test_what_is_no_whole_document_is_broken(read_hwp: Any, data: bytes) -> None:
    with pytest.raises(Refusal, match="broken"):
        read_hwp(data)


def test_a_stream_that_unpacks_without_an_end_is_given_up(read_hwp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_MAX_BYTES", 1_000_000)
    with pytest.raises(Refusal, match="too_complex"):
        read_hwp(hwp(bytes(10_000_000)))


def test_chains_that_bite_their_tail_end(read_hwp: Any) -> None:
    data = bytearray(hwp(paragraph("가" * 5000), flags=0))
    fat_at = 512 + struct.unpack_from("<I", data, 76)[0] * 512
    struct.pack_into("<I", data, fat_at, 0)  # the first sector of the first stream leads to itself
    assert 0 < len(read_hwp(bytes(data))["text"]) < 20_000


@given(st.data())
def test_damage_of_any_kind_ends_in_text_or_a_reason(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    damaged = bytearray(REPORT)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(8, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.hwp"
    path.write_bytes(bytes(damaged))
    with contextlib.suppress(Refusal, RecursionError, MemoryError):
        assert read(path, "application/x-hwp", 10_000_000)["text"]
