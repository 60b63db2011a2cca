"""Text on scanned pages, recognised by the real engine with the system's language data."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from backend.app.errors import NoTextLayer, TooManyScans
from backend.app.services.ingestion.extract import Extractor
from backend.app.services.ingestion.recognition import Recognition, find_recognition

DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "documents"
ENGLISH = ["The harbour of Oakhaven", "", "The ferry leaves the northern pier at seven.", "Tickets cost twelve pounds."]
KOREAN = ["등대 관리 안내", "", "등대는 해가 진 뒤에만 불을 켭니다.", "관리실은 매일 아홉 시에 엽니다."]


@pytest.fixture(scope="module")
def recognition() -> Recognition:
    found = find_recognition("kor+eng")
    assert found, "the data are among the packages that scripts/system_packages.sh installs"
    assert found.languages == ("kor", "eng")
    return found


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages that are pictures of text."""
    path = tmp_path_factory.mktemp("scan") / "scan.pdf"
    listed = subprocess.run(["fc-list", ":lang=ko", "file"], capture_output=True, text=True, check=True).stdout
    font = ImageFont.truetype(sorted(line.split(":")[0] for line in listed.splitlines())[0], 40)
    pages = []
    for lines in (ENGLISH, KOREAN):
        page = Image.new("L", (1240, 900), 255)
        draw = ImageDraw.Draw(page)
        for number, line in enumerate(lines):
            draw.text((120, 120 + 70 * number), line, fill=0, font=font)
        pages.append(page)
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=150)
    return path


def test_scanned_pages_are_read_page_by_page_in_both_languages(scan: Path, recognition: Recognition) -> None:
    document = Extractor(recognition=recognition).extract(scan, scan.name)
    assert [page.number for page in document.pages] == [1, 2]
    first, second = (document.text[page.start : page.end] for page in document.pages)
    assert "The ferry leaves the northern pier at seven." in " ".join(first.split())
    assert "등대는 해가 진 뒤에만" in " ".join(second.split())


def test_without_the_engines_data_a_scan_says_that_it_has_no_text(scan: Path) -> None:
    assert find_recognition("") is None
    assert find_recognition("xyz") is None
    with pytest.raises(NoTextLayer, match="Tesseract"):
        Extractor(recognition=None).extract(scan, scan.name)


def test_a_scan_of_more_pages_than_are_recognised_is_refused_rather_than_cut(
    scan: Path, recognition: Recognition
) -> None:
    few = Recognition(recognition.folder, recognition.languages, pages=1)
    with pytest.raises(TooManyScans):
        Extractor(recognition=few).extract(scan, scan.name)


def test_a_picture_without_letters_is_no_text(recognition: Recognition, tmp_path: Path) -> None:
    path = tmp_path / "blank.pdf"
    Image.new("L", (600, 800), 255).save(path)
    with pytest.raises(NoTextLayer):
        Extractor(recognition=recognition).extract(path, path.name)


def test_pages_with_text_are_read_as_before(recognition: Recognition) -> None:
    with_it, without = (
        Extractor(recognition=found).extract(DOCUMENTS / "english.pdf", "english.pdf") for found in (recognition, None)
    )
    assert with_it == without


def test_the_data_are_looked_for_where_a_variable_says(tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").touch()
    found = find_recognition("kor+eng", environ={"TESSDATA_PREFIX": str(tmp_path)})
    assert found is not None
    assert (found.folder, found.languages) == (tmp_path, ("eng",))
