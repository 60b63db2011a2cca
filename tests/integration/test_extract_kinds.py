"""Kinds of files that other programs write, through the reading child: text, headings, places, and tables that can be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.app.domain.documents import ExtractedDocument
from backend.app.errors import BrokenDocument
from backend.app.services.ingestion.extract import Extractor
from backend.app.services.ingestion.reading.pdf import _Joints
from tests.fakes import office

STORES = (("품목", "수량"), ("등유", 90), ("밧줄", 12.5))
BOATS = (("Boat", "Day"), ("Halcyon", "Tuesday"))
STORES_READ = "| 품목 | 수량 |\n|---|---|\n| 등유 | 90 |\n| 밧줄 | 12.5 |"
BOATS_READ = "| Boat | Day |\n|---|---|\n| Halcyon | Tuesday |"
Read = Callable[[str, bytes], ExtractedDocument]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(name: str, data: bytes) -> ExtractedDocument:
        path = tmp_path / name
        path.write_bytes(data)
        return Extractor().extract(path, name)

    return read


def outline(document: ExtractedDocument) -> list[tuple[int, str]]:
    for heading in document.headings:
        assert heading.text in document.text[heading.start : heading.start + len(heading.text) + 8]
    return [(heading.level, heading.text) for heading in document.headings]


def test_odt_keeps_headings_lists_and_tables(read: Read) -> None:
    items = "".join(f"<text:list-item><text:p>{item}</text:p></text:list-item>" for item in ("Oil", "Rope"))
    body = (
        office.odf_heading(1, "등대 안내")
        + "<text:p>등대는 <text:span>1872년</text:span>에 켜졌습니다.</text:p>"
        + office.odf_heading(2, "Stores")
        + f"<text:list>{items}</text:list>"
        + office.odf_table("T", (("품목", "수량"), ("등유 | 석유", "90 L")))
        + "<text:p>The boat comes on Tuesday.</text:p>"
    )
    document = read("guide.odt", office.opendocument("text", body))
    assert outline(document) == [(1, "등대 안내"), (2, "Stores")]
    assert document.text == (
        "등대 안내\n\n등대는 1872년에 켜졌습니다.\n\nStores\n\n- Oil\n- Rope\n\n"
        "| 품목 | 수량 |\n|---|---|\n| 등유 \\| 석유 | 90 L |\n\nThe boat comes on Tuesday."
    )


def spreadsheet_read(document: ExtractedDocument) -> None:
    assert [text for _, text in outline(document)] == ["재고", "Boats"]
    assert document.text == f"재고\n\n{STORES_READ}\n\nBoats\n\n{BOATS_READ}"


def test_ods_has_a_heading_a_sheet_and_its_table(read: Read) -> None:
    sheets = office.odf_table("재고", STORES) + office.odf_table("Boats", BOATS)
    spreadsheet_read(read("stores.ods", office.opendocument("spreadsheet", sheets)))


def test_xls_has_a_heading_a_sheet_and_its_table(read: Read) -> None:
    spreadsheet_read(read("stores.xls", office.xls(("재고", STORES), ("Boats", BOATS))))


def test_pptx_tables_stand_on_their_slides(read: Read) -> None:
    document = read("stores.pptx", office.pptx(("재고 현황", STORES), ("Boats", BOATS)))
    assert outline(document) == [(1, "재고 현황"), (1, "Boats")]
    pages = [document.text[page.start : page.end] for page in document.pages]
    assert pages == [f"재고 현황\n\n{STORES_READ}", f"Boats\n\n{BOATS_READ}"]


def test_rtf_keeps_its_paragraphs_and_tables(read: Read) -> None:
    table = office.rtf_table((("품목", "수량"), ("등유", "90 L"), ("Rope", "12")))
    body = rf"{{\b 등대 안내}}\par 등대는 해가 진 뒤에만 불을 켭니다.\par {table}The boat \i comes\i0  on Tuesday.\par "
    assert read("guide.rtf", office.rtf(body)).text == (
        "등대 안내\n\n등대는 해가 진 뒤에만 불을 켭니다.\n\n| 품목 | 수량 |\n|---|---|\n| 등유 | 90 L |\n| Rope | 12 |\n\n"
        "The boat comes on Tuesday."
    )


def test_an_outlook_message_says_who_wrote_to_whom_about_what(read: Read) -> None:
    message = office.msg(
        subject="보급선 일정",
        sender="민아 김",
        address="mina@example.org",
        to="keeper@example.org",
        body="등대지기에게,\r\n\r\nThe boat comes on Tuesday.\r\n",
    )
    document = read("plan.msg", message)
    assert document.title == "보급선 일정"
    assert document.text == (
        'Subject: 보급선 일정\nFrom: "민아 김" <mina@example.org>\nTo: keeper@example.org\n\n'
        "등대지기에게,\n\nThe boat comes on Tuesday."
    )


def test_a_notebook_is_its_cells_and_what_they_printed(read: Read) -> None:
    cells = (
        ("markdown", f"# 등대 관측\n\nThe lamp turns once in twelve seconds.\n\n{STORES_READ}\n", ""),
        ("code", "# no heading\nfor n in range(2):\n    print(n * 12)\n", "0\n\x1b[31m12\x1b[0m\n"),
        ("markdown", "## Boats", ""),
    )
    whole = json.loads(office.notebook(*cells))
    shown = {"text/html": ["<table><tr><th>Boat<th>Day</tr>", "<tr><td>Halcyon<td>Tuesday</table>"]}
    outputs = [
        {"output_type": "execute_result", "data": {**shown, "text/plain": ["Boat Day"]}},
        {"output_type": "error", "ename": "ValueError", "evalue": "등유가 없습니다", "traceback": ["x"]},
    ]
    whole["cells"].append({"cell_type": "code", "source": "boats", "outputs": outputs})
    document = read("lamp.ipynb", json.dumps(whole).encode())
    assert outline(document) == [(1, "등대 관측"), (2, "Boats")]
    assert document.text == (
        f"# 등대 관측\n\nThe lamp turns once in twelve seconds.\n\n{STORES_READ}\n\n"
        f"# no heading\nfor n in range(2):\n    print(n * 12)\n\n0\n12\n\n## Boats\n\nboats\n\n{BOATS_READ}\n\n"
        "ValueError: 등유가 없습니다"
    )


def test_a_notebook_of_the_third_format_is_read(read: Read) -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Lamps"]},
        {"cell_type": "code", "input": ["print(1)"], "outputs": [{"output_type": "stream", "text": ["1\n"]}]},
    ]
    document = read("old.ipynb", json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode())
    assert (outline(document), document.text) == ([(2, "Lamps")], "Lamps\n\nprint(1)\n\n1")


@pytest.mark.parametrize("data", [b'{"cells": [', b'{"name": "no notebook"}', b"[1, 2]"])
def test_what_is_no_notebook_is_refused(read: Read, data: bytes) -> None:
    with pytest.raises(BrokenDocument):
        read("lamp.ipynb", data)


def test_a_tab_in_a_word_document_parts_what_stands_beside_it(read: Read) -> None:
    line = "<w:t>1.2</w:t></w:r><w:r><w:tab/></w:r><w:r><w:t>등대 안내</w:t><w:tab /><w:t>7</w:t>"
    stops = '<w:pPr><w:tabs><w:tab w:val="right" w:pos="9000"/></w:tabs></w:pPr>'
    body = f"<w:p>{stops}<w:r>{line}</w:r></w:p><w:p><w:r><w:t>02</w:t><w:noBreakHyphen/><w:t>123</w:t></w:r></w:p>"
    assert read("contents.docx", office.docx(body)).text == "1.2 등대 안내 7\n\n02-123"


def test_a_korean_word_that_a_lines_end_broke_is_one_where_the_document_goes_on_so_elsewhere() -> None:
    text = "일정을 설명하고 그림을 설명하며 다시 설명하니 한글 사용법을 봅니다. 글꼴 사용법도 봅니다.\n"
    joints = _Joints([text + "이 절은 배를 설명\n하는 글이다. 다음은 한글\n사용법을 다룬다.\n"])
    joined = joints.join(["이 절은 배를 설명", "하는 글이다. 다음은 한글", "사용법을 다룬다."])
    assert joined == "이 절은 배를 설명하는 글이다. 다음은 한글 사용법을 다룬다."
