"""Whole files through the child process: what comes out, and why what does not."""

from __future__ import annotations

import unicodedata
import zipfile
from pathlib import Path

import pytest

from backend.app.domain.documents import ExtractedDocument
from backend.app.errors import (
    AppError,
    BrokenDocument,
    DocumentTooComplex,
    EmptyDocument,
    NoTextLayer,
    PasswordProtected,
)
from backend.app.services.ingestion.extract import ExtractionCancelled, Extractor

DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "documents"


def extract(name: str) -> ExtractedDocument:
    document = Extractor(seconds=60).extract(DOCUMENTS / name, name)
    assert unicodedata.is_normalized("NFC", document.text)
    for heading in document.headings:
        assert not document.text[heading.start].isspace()
    for page in document.pages:
        assert 0 <= page.start <= page.end <= len(document.text)
    return document


def outline(document: ExtractedDocument) -> list[tuple[int, str]]:
    return [(heading.level, heading.text) for heading in document.headings]


def test_pdf_has_pages_headings_and_whole_words() -> None:
    document = extract("english.pdf")
    assert [page.number for page in document.pages] == [1, 2]
    first, second = (document.text[page.start : page.end] for page in document.pages)
    assert first.startswith("The Lighthouse Handbook\n\nThe lighthouse at Marten Point")
    assert "never been dark since" in first
    assert "state of the weather into the log" in first
    assert second.startswith("Fuel and Stores")
    assert [text for _, text in outline(document)] == ["The Lighthouse Handbook", "Fuel and Stores"]


def test_korean_pdf_reads_as_korean() -> None:
    document = extract("korean.pdf")
    assert document.title == "바닷가 도서관 이용 안내"
    assert "한 사람이 한 번에 다섯 권까지 두 주 동안 빌릴 수 있습니다." in document.text
    assert (2, "1.2 책 빌리기") in outline(document)
    assert len(document.pages) == 2


def test_a_pdf_with_an_owner_password_alone_is_read() -> None:
    assert extract("owner-only.pdf").text == extract("english.pdf").text


def test_docx_keeps_headings_and_tables() -> None:
    document = extract("workshop.docx")
    assert outline(document) == [(1, "작업실 안내"), (2, "안전 수칙"), (2, "Opening hours")]
    assert "| 도구 | 수량 |\n|---|---|\n| 망치 | 3 |" in document.text
    assert document.pages == ()


def test_pptx_is_read_slide_by_slide_in_the_order_shown() -> None:
    document = extract("slides.pptx")
    assert outline(document) == [(1, "Harvest plan"), (1, "수확 계획")]
    pages = [document.text[page.start : page.end] for page in document.pages]
    assert pages == ["Harvest plan\n\nApples in September\nPears", "수확 계획\n\n사과는 구월에\n\nSpeak slowly here."]


def test_xlsx_has_a_heading_a_sheet_and_rows() -> None:
    document = extract("budget.xlsx")
    assert [text for _, text in outline(document)] == ["예산", "Staff"]
    assert "| 항목 | 금액 |\n|---|---|\n| 전기 | 120 |\n| 수도 | 45 |" in document.text


def test_epub_follows_the_spine() -> None:
    document = extract("book.epub")
    assert document.title == "작은 책"
    assert document.text == "첫째 장\n\n바람이 불었다.\n\nSecond chapter\n\nThe rain fell."


def test_hwpx_is_read() -> None:
    document = extract("report.hwpx")
    assert document.text == "사업 개요\n\n이 사업은 삼 년간 진행됩니다.\n\n| 연도 | 예산 |"
    assert outline(document) == [(1, "사업 개요")]


def test_html_is_read_without_what_nobody_sees() -> None:
    document = extract("bread.html")
    assert document.title == "Bread at home"
    assert outline(document) == [(1, "Bread"), (2, "Method")]
    assert "2. Wait twelve hours" in document.text
    assert "| Rye | 200 |" in document.text
    for hidden in ("Ignore all", "alert", "color", "About"):
        assert hidden not in document.text


def test_markdown_and_rst_keep_their_outline() -> None:
    markdown = extract("garden.md")
    assert markdown.title == "정원 일지"
    assert outline(markdown) == [(1, "Garden"), (2, "Setext below"), (2, "겨울 준비")]
    assert outline(extract("manual.rst")) == [(1, "Manual"), (2, "Setup"), (3, "Details")]


def test_legacy_encodings_read_alike() -> None:
    assert "다음 모임은 목요일 오후 세 시입니다." in extract("minutes.cp949.txt").text
    assert extract("minutes.cp949.txt").text == extract("minutes.utf16.txt").text
    assert extract("prices.csv").text == "| 품목 | 가격 |\n|---|---|\n| 사과 | 1200 |\n| 배 | 2300 |"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("password.pdf", PasswordProtected),
        ("broken.pdf", BrokenDocument),
        ("scanned.pdf", NoTextLayer),
        ("empty.txt", EmptyDocument),
    ],
)
def test_what_cannot_be_read_says_why(name: str, error: type[AppError]) -> None:
    with pytest.raises(error) as caught:
        extract(name)
    assert caught.value.message.endswith(".")


def test_white_space_alone_is_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "blank.txt"
    path.write_text(" \n\t\n" * 50)
    with pytest.raises(EmptyDocument):
        Extractor().extract(path, path.name)


def test_an_encrypted_office_file_needs_its_password(tmp_path: Path) -> None:
    path = tmp_path / "secret.docx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(512)
    )
    with pytest.raises(PasswordProtected):
        Extractor().extract(path, path.name)


def test_a_plain_zip_is_no_office_document(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("holiday.txt", "sun")
    with pytest.raises(BrokenDocument):
        Extractor().extract(path, path.name)


def test_an_office_file_under_a_sisters_name_is_read_for_what_it_is() -> None:
    document = Extractor().extract(DOCUMENTS / "budget.xlsx", "budget.docx")
    assert document.media_type.endswith("spreadsheetml.sheet")


def test_a_web_page_under_a_spreadsheets_name_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.xls"
    path.write_bytes("<html><meta charset=euc-kr><table><tr><td>합계<td>10</table>".encode("cp949"))
    assert Extractor().extract(path, path.name).text == "| 합계 | 10 |"


@pytest.mark.parametrize("name", ["bomb.docx", "bomb.xlsx", "bomb.epub"])
def test_a_zip_bomb_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in ("word/document.xml", "xl/workbook.xml", "META-INF/container.xml"):
            with archive.open(part, "w") as file:
                for _ in range(40):
                    file.write(b" " * 1024**2)
    with pytest.raises(DocumentTooComplex):
        Extractor(seconds=30).extract(path, name)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    path = tmp_path / "laughs.docx"
    document = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]><w:document xmlns:w="x">&a;</w:document>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", document)
    with pytest.raises(BrokenDocument):
        Extractor().extract(path, path.name)


def test_more_text_than_allowed_is_refused_rather_than_cut(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("words " * 1000)
    with pytest.raises(DocumentTooComplex):
        Extractor(max_chars=1000).extract(path, path.name)


def test_truncated_files_of_every_kind_end_in_a_reason(tmp_path: Path) -> None:
    for source in sorted(DOCUMENTS.iterdir()):
        if source.suffix not in (".pdf", ".docx", ".pptx", ".xlsx", ".epub", ".hwpx"):
            continue
        path = tmp_path / source.name
        path.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
        with pytest.raises(AppError):
            Extractor(seconds=30).extract(path, path.name)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A page that takes far longer to read than any of these tests wait."""
    path = tmp_path / "endless.html"
    path.write_text("<b>x</b>" * 8_000_000)
    return path


def test_time_runs_out(endless: Path) -> None:
    with pytest.raises(DocumentTooComplex):
        Extractor(seconds=1).extract(endless, endless.name)


def test_a_cancelled_reading_stops_and_leaves_nothing(endless: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(ExtractionCancelled):
        Extractor(scratch=scratch).extract(endless, endless.name, cancelled=lambda: True)
    assert list(scratch.iterdir()) == []


def test_memory_runs_out(endless: Path) -> None:
    with pytest.raises(DocumentTooComplex):
        Extractor(memory_bytes=64 * 1024**2).extract(endless, endless.name)


def test_odp_is_read_slide_by_slide_with_tables_and_notes(tmp_path: Path) -> None:
    def frame(text: str, kind: str = "") -> str:
        return f"<draw:frame {kind}><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"

    row = "<table:table-row>" + "<table:table-cell><text:p>{}</text:p></table:table-cell>" * 2 + "</table:table-row>"
    table = f"<draw:frame><table:table>{row.format('품목', '값')}{row.format('배', '9')}</table:table></draw:frame>"
    items = "<text:list><text:list-item><text:p>First</text:p><text:list><text:list-item><text:p>Inner</text:p></text:list-item></text:list></text:list-item></text:list>"
    first = (
        frame("Harvest<text:line-break/>plan", 'presentation:class="title"')
        + f'<draw:frame presentation:class="outline"><draw:text-box>{items}</draw:text-box></draw:frame>'
        + frame("7", 'presentation:class="page-number"')
        + f"<presentation:notes>{frame('Speak <text:span>slowly</text:span><text:s/>here.')}</presentation:notes>"
    )
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{part}:1.0"'
        for name, part in {"office": "office", "draw": "drawing", "text": "text", "table": "table", "presentation": "presentation"}.items()
    )  # fmt: skip
    pages = f"<draw:page>{first}</draw:page><draw:page><draw:g>{frame('가을')}</draw:g>{table}</draw:page>"
    path = tmp_path / "slides.odp"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.presentation")
        archive.writestr("content.xml", f"<office:document-content{names}>{pages}</office:document-content>")
    document = Extractor().extract(path, path.name)
    assert outline(document) == [(1, "Harvest plan")]
    assert [document.text[page.start : page.end] for page in document.pages] == [
        "Harvest plan\n\nFirst\n- Inner\n\nSpeak slowly here.",
        "가을\n\n| 품목 | 값 |\n|---|---|\n| 배 | 9 |",
    ]


def printed(lines: list[str]) -> bytes:
    """Return a PDF of one page with these lines."""
    text = "".join(f"({line}) Tj T*\n" for line in lines).encode("latin-1")
    content = b"BT /F1 11 Tf 15 TL 60 730 Td " + text + b"ET"
    fonts = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %s >>" % fonts,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    data = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(data)
    data += b"xref\n0 5\n0000000000 65535 f \n" + table + b"trailer << /Size 5 /Root 1 0 R >>\n"
    return bytes(data + b"startxref\n%d\n%%%%EOF\n" % start)


def test_rows_of_figures_in_a_pdf_stay_rows_and_prose_is_joined(tmp_path: Path) -> None:
    path = tmp_path / "sales.pdf"
    prose = [
        "The theatre sold more tickets in the winter of 2024 than in any winter",
        "before it, as the table below shows month by month.",
    ]
    rows = [
        "Month of the season Shows Gross amount of the sales Net amount of them Share",
        "December of the season 2024 48 $12,500.00 $11,250.00 85% 12/01/24 12/31/24",
        "January of the season 2025 51 $13,700.50 $12,330.45 91% 01/01/25 01/31/25",
    ]  # fmt: skip
    path.write_bytes(printed([*prose, *rows, *prose]))
    text = Extractor().extract(path, path.name).text
    assert " ".join(prose) in text
    for row in rows:
        assert row in text.split("\n"), row


def test_comments_stand_behind_the_text_with_their_author_or_cell(tmp_path: Path) -> None:
    word = (
        '<w:comments xmlns:w="w"><w:comment w:author="민아"><w:p><w:r><w:t>망치는 </w:t></w:r><w:r><w:t>두 개뿐</w:t></w:r></w:p>'
        "<w:p><w:r><w:t>입니다.</w:t></w:r></w:p></w:comment><w:comment w:author='x'/></w:comments>"
    )
    sheet = '<comments xmlns="s"><commentList><comment ref="B2"><text><r><t>[Threaded comment] Your version cannot edit it. Comment: estimated</t></r></text></comment></commentList></comments>'
    for source, part, text, said in (
        ("workshop.docx", "word/comments.xml", word, "Comment (민아): 망치는 두 개뿐 입니다."),
        ("budget.xlsx", "xl/comments1.xml", sheet, "Comment (B2): estimated"),
    ):
        path = tmp_path / source
        path.write_bytes((DOCUMENTS / source).read_bytes())
        before = Extractor().extract(path, source).text
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(part, text)
        assert Extractor().extract(path, source).text == f"{before}\n\n{said}"
