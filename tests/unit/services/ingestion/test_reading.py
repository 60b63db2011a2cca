"""The readers that need no parser but ours, called without a child process."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from backend.app.services.ingestion.reading.dispatch import read
from backend.app.services.ingestion.reading.draft import Draft, Refusal, clean
from backend.app.services.ingestion.reading.encoding import decode
from backend.app.services.ingestion.reading.html import add_html
from backend.app.services.ingestion.reading.pdf_repair import mend_hyphens, mend_subfonts

KOREAN = "이 문서는 도서관 이용 안내입니다. 똠방각하도 읽을 수 있어요."


@pytest.fixture
def read_as(tmp_path: Path) -> Callable[[str, str], dict[str, Any]]:
    def read_as(text: str, media_type: str) -> dict[str, Any]:
        path = tmp_path / "file"
        path.write_text(text, "utf-8")
        return read(path, media_type, 100_000_000)

    return read_as


def html(markup: str) -> dict[str, Any]:
    draft = Draft(10_000_000)
    add_html(markup, draft)
    return draft.finish()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (KOREAN, "utf-8"),
        (KOREAN, "utf-8-sig"),
        (KOREAN, "cp949"),
        ("이름,나이\n홍길동,30\n", "euc-kr"),
        (KOREAN, "utf-16"),
        (KOREAN, "utf-16-be"),
        (KOREAN, "utf-32"),
        ("名前,年齢\n佐藤,30\n", "cp932"),
        ("お名前と住所を書いてください。", "cp932"),
        ("本文档是关于系统的使用说明，请仔细阅读。", "gb18030"),
        ("本文件是關於系統的使用說明，請仔細閱讀。", "big5"),
        ("L'été dernier, à Genève, ça coûtait 30 €.", "cp1252"),
        ("plain words", "ascii"),
    ],
)
def test_text_is_decoded_whatever_wrote_it(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_utf8_with_a_few_broken_bytes_stays_utf8() -> None:
    assert decode(KOREAN.encode() * 20 + b"\xff\xfe" + KOREAN.encode()).startswith(KOREAN)


def test_zero_bytes_are_no_text() -> None:
    with pytest.raises(Refusal):
        decode(b"\0\0\1\0\2\3" * 100)


def test_cleaning_leaves_nfc_and_nothing_invisible() -> None:
    dirty = unicodedata.normalize("NFD", "가é") + "\x00\x07\u200b\ufeff\u00ad\ud800a\r\nb\u2028c \u00a0\nﬁn"
    assert clean(dirty) == "가éa\nb\nc\nfin"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("이름을 줄\u115f인 것", "이름을 줄인 것"),
        ("줄\u1160인", "줄인"),
        ("줄\u115f\u1160인", "줄인"),
        ("이름\u3164\uffa0\u3164성", "이름   성"),
        # A syllable of old Hangul without its first letter, or with the first alone, or the last.
        ("\u115f\u1161", "\u115f\u1161"),
        ("\u1100\u1160", "\u1100\u1160"),
        ("\u115f\u1160\u11a8", "\u115f\u1160\u11a8"),
    ],
)
def test_hangul_fillers_stay_in_syllables_alone(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_markdown_headings_are_found_outside_code(read_as: Callable[[str, str], dict[str, Any]]) -> None:
    text = "Title\n=====\n\n## Two **bold** [link](x) ##\n\n~~~\n# code\n~~~\n\npara\n---\n\n#no\n\n    # indented\n- item\n---\n"
    document = read_as(text, "text/markdown")
    assert [(level, title) for _, level, title in document["headings"]] == [
        (1, "Title"),
        (2, "Two bold link"),
        (2, "para"),
    ]
    for start, _, _ in document["headings"]:
        assert document["text"][start - 1 : start] in ("", "\n")


def test_rst_levels_follow_the_order_of_their_ornaments(read_as: Callable[[str, str], dict[str, Any]]) -> None:
    document = read_as("====\nBook\n====\n\nOne\n---\n\nx\n\nDeep\n~~~~\n\nTwo\n---\n", "text/x-rst")
    found = [(level, title) for _, level, title in document["headings"]]
    assert found == [(1, "Book"), (2, "One"), (3, "Deep"), (2, "Two")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_becomes_rows(read_as: Callable[[str, str], dict[str, Any]], delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in (["품목", "값", ""], ["배", "2 300", ""], ["감", "9", ""]))
    assert read_as(text, "text/csv")["text"] == "| 품목 | 값 |\n|---|---|\n| 배 | 2 300 |\n| 감 | 9 |"


def test_csv_cells_keep_what_they_quote(read_as: Callable[[str, str], dict[str, Any]]) -> None:
    assert read_as('a,b\n"x, y","line\nbreak | bar"\n', "text/csv")["text"].endswith("| x, y | line break \\| bar |")


def test_html_shows_what_a_reader_sees() -> None:
    document = html(
        "<title>T &amp; T</title><body><header role=navigation>menu</header><script>no()</script>"
        "<h2>A <em>heading</em></h2><p>one<br>two   three</p><div hidden>secret</div>"
        "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul><pre>x\n  y</pre><p style='DISPLAY : none'>hidden</p>last"
    )
    assert document["title"] == "T & T"
    assert document["text"] == "A heading\n\none\ntwo three\n\n- a\n- b\n- c\n\nx\n  y\n\nlast"
    assert document["headings"] == [(0, 2, "A heading")]


def test_html_keeps_to_its_main_part_and_leaves_out_lists_of_links() -> None:
    menu = "<ul>" + "<li><a href=x>Item</a></li>" * 30 + "</ul>"
    document = html(f"<body><div>Site head</div><main><h1>Ducks</h1>{menu}<p>They swim.</p></main>foot</body>")
    assert document["text"] == "Ducks\n\nThey swim."


def test_html_tables_become_rows_and_nested_ones_stay_in_their_cell() -> None:
    table = "<table><tr><th>a<th>b<tr><td>1<td><table><tr><td>x<td>y</table></table>"
    assert html(table)["text"] == "| a | b |\n|---|---|\n| 1 | x y |"


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 100_000 + "deep",
        "<b> </b>" * 100_000 + "deep",
        "<table>" * 20_000 + "deep",
        "<main>" * 50_000 + "deep",
        "<ul><li>" * 50_000 + "deep",
    ],
    ids=["div", "b", "table", "main", "li"],
)
def test_hostile_html_is_read(markup: str) -> None:
    assert "deep" in html(markup)["text"]


def test_a_text_beyond_the_limit_is_refused() -> None:
    draft = Draft(10)
    with pytest.raises(Refusal) as caught:
        draft.block("x" * 11)
    assert caught.value.code == "too_complex"


def test_pages_and_headings_point_into_the_text() -> None:
    draft = Draft(1000)
    draft.page(1)
    draft.page(2)
    draft.heading(1, "One")
    draft.block("words")
    draft.page(3)
    draft.block("more")
    document = draft.finish()
    spans = {number: document["text"][start:end] for number, start, end in document["pages"]}
    assert spans == {1: "", 2: "One\n\nwords", 3: "more"}


def test_korean_mail_is_read_in_its_own_encoding(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "회의 안내", "홍길동 <hong@example.com>"
    message.set_content("내일 회의가 있습니다.\n", charset="euc-kr")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="자료.pdf")
    path = tmp_path / "file"
    path.write_bytes(message.as_bytes())
    document = read(path, "message/rfc822", 10_000)
    assert document["title"] == "회의 안내"
    assert document["text"] == (
        "Subject: 회의 안내\nFrom: 홍길동 <hong@example.com>\n\n내일 회의가 있습니다.\n\nAttachment: 자료.pdf"
    )


def test_hyphens_at_the_ends_of_lines_are_closed_as_the_document_writes_the_word() -> None:
    pages = [
        "a well-known exam\x02ple and self\x02locking nuts",
        "the self-locking kind, infor-\nmation; Marten-\nPoint",
    ]
    assert mend_hyphens(pages) == [
        "a well-known example and self-locking nuts",
        "the self-locking kind, information; Marten-\nPoint",
    ]


def test_latin_letters_of_kotex_files_are_given_back() -> None:
    broken = "".join(chr(ord(letter) + 0xC900) if letter != " " else " " for letter in "version 3.0 2021 07")
    assert mend_subfonts([f"{broken} 년"]) == ["version 3.0 2021 07 년"]
    assert mend_subfonts(["선물을 줬다. 쥐가 쥬스를 마신다."]) == ["선물을 줬다. 쥐가 쥬스를 마신다."]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "cp949"])
@pytest.mark.parametrize(
    ("media_type", "written", "expected"),
    [
        ("text/plain", "도서관 안내\n{}", "도서관 안내\n{}"),
        ("text/markdown", "# 도서관 안내\n\n{}", "# 도서관 안내\n\n{}"),
        ("text/csv", "이름,설명\n가온,{}\n", "| 이름 | 설명 |\n|---|---|\n| 가온 | {} |"),
        ("text/html", "<h1>도서관 안내</h1><p>{}", "도서관 안내\n\n{}"),
        ("text/x-python", "# 도서관 안내\nname = '{}'", "# 도서관 안내\nname = '{}'"),
    ],
)
def test_korean_is_read_in_every_encoding_and_normal_form(
    tmp_path: Path, encoding: str, media_type: str, written: str, expected: str
) -> None:
    path = tmp_path / "file"
    for form in ("NFC", "NFD") if encoding != "cp949" else ("NFC",):  # CP949 has no letters to compose
        path.write_bytes(unicodedata.normalize(form, written.format(KOREAN)).encode(encoding))
        assert read(path, media_type, 100_000)["text"] == expected.format(KOREAN), form
