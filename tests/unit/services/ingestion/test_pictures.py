"""What the child makes of pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image

from backend.app.services.ingestion.reading.draft import Refusal
from backend.app.services.ingestion.reading.pictures import draw, pictures
from tests.fakes import pictures as made

Document = Callable[..., Path]


@pytest.fixture
def document(tmp_path: Path) -> Document:
    def written(**found: bytes) -> Path:
        path = tmp_path / "document.docx"
        path.write_bytes(made.docx(**found))
        return path

    return written


def drawn(path: Path, number: int = 1, width: int = 320, media_type: str = made.DOCX) -> Image.Image:
    target = path.with_name("picture")
    draw(path, media_type, number, width, target)
    image = Image.open(io.BytesIO(target.read_bytes()))
    assert image.format == "WEBP"
    return image


def test_pictures_come_in_their_order_with_their_sizes(document: Document) -> None:
    path = document(
        image10_png=made.plain(100, 60), image2_png=made.plain(90, 70), image1_jpeg=made.plain(80, 80, kind="JPEG")
    )
    assert pictures(path, made.DOCX) == [
        {"number": 1, "width": 80, "height": 80},
        {"number": 2, "width": 90, "height": 70},
        {"number": 3, "width": 100, "height": 60},
    ]


def test_icons_previews_and_what_is_no_picture_are_left_out_and_the_others_keep_their_numbers(
    document: Document,
) -> None:
    path = document(
        image1_png=made.plain(16, 16), image2_png=b"no picture", image3_svg=b"<svg/>", image4_png=made.plain(200, 100)
    )
    assert pictures(path, made.DOCX) == [{"number": 3, "width": 200, "height": 100}]
    assert drawn(path, 3).size == (200, 100)


@pytest.mark.parametrize(("width", "size"), [(320, (320, 240)), (640, (640, 480)), (1280, (800, 600))])
def test_a_picture_is_made_smaller_and_never_larger(document: Document, width: int, size: tuple[int, int]) -> None:
    assert drawn(document(a_png=made.plain(800, 600)), width=width).size == size


def test_what_is_transparent_stays_so(document: Document) -> None:
    image = drawn(document(a_png=made.see_through()))
    assert image.mode == "RGBA"
    assert image.getpixel((10, 10))[3] == 0  # type: ignore[index]
    assert image.getpixel((100, 100))[3] == 255  # type: ignore[index]


def test_of_a_picture_that_moves_the_first_is_shown(document: Document) -> None:
    red, _, blue = drawn(document(a_gif=made.moving())).convert("RGB").getpixel((60, 45))  # type: ignore[misc]
    assert red > 200 > 60 > blue


def test_colours_of_print_become_those_of_a_screen(document: Document) -> None:
    red, green, blue = drawn(document(a_jpg=made.printed())).convert("RGB").getpixel((80, 60))  # type: ignore[misc]
    assert red < 80 < 120 < min(green, blue)


def test_a_picture_that_lies_on_its_side_is_turned(document: Document) -> None:
    path = document(a_jpg=made.turned())
    assert pictures(path, made.DOCX) == [{"number": 1, "width": 200, "height": 300}]
    assert drawn(path).size == (200, 300)
    assert not drawn(path).getexif()


def test_greys_of_sixteen_bits_are_scaled(document: Document) -> None:
    grey = Image.new("I;16", (100, 100), 32768)
    level = drawn(document(a_png=made.encoded(grey, "PNG"))).convert("L").getpixel((50, 50))
    assert isinstance(level, (int, float))
    assert 120 < level < 136


def test_a_picture_that_was_cut_short_is_shown_as_far_as_it_goes(document: Document) -> None:
    assert drawn(document(a_jpg=made.truncated())).size == (320, 320)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(document: Document) -> None:
    path = document(a_png=made.bomb(), b_png=made.plain())
    assert [found["number"] for found in pictures(path, made.DOCX)] == [2]
    with pytest.raises(Refusal, match=r"pixels|Bomb"):
        drawn(path)


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_picture_is_refused(document: Document, data: bytes) -> None:
    with pytest.raises(Refusal):
        drawn(document(a_png=data))


@pytest.mark.parametrize("number", [0, -1, 2, 10**9])
def test_a_number_without_a_picture_is_refused(document: Document, number: int) -> None:
    with pytest.raises(Refusal, match="no picture"):
        drawn(document(a_png=made.plain()), number)


def test_a_page_holds_its_pictures_in_itself(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    data = base64.encodebytes(made.plain(120, 80)).decode()
    path.write_text(f"<p>Text</p><img src='data:image/png;base64,{data}'><img src='https://example.org/x.png'>")
    assert pictures(path, "text/html") == [{"number": 1, "width": 120, "height": 80}]
    assert drawn(path, media_type="text/html").size == (120, 80)


def test_a_message_holds_its_pictures_as_attachments(tmp_path: Path) -> None:
    message = EmailMessage()
    message.set_content("See below.")
    message.add_attachment(made.plain(64, 64), "image", "png", filename="a.png")
    message.add_attachment(b"text", "application", "octet-stream", filename="b.bin")
    path = tmp_path / "message.eml"
    path.write_bytes(bytes(message))
    assert pictures(path, "message/rfc822") == [{"number": 1, "width": 64, "height": 64}]


def test_a_file_that_is_no_package_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.docx"
    path.write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(Refusal):
        pictures(path, made.DOCX)
