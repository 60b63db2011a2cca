"""Pictures within documents: drawn small, for whoever may see the document, and never in a web worker."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from backend.app.services.ingestion.child_process import Bounds
from backend.app.services.ingestion.pictures import PictureReader
from tests.fakes import pictures as made
from tests.integration.api.calls import Answer, Caller
from tests.integration.api.conftest import World


def image_of(answer: Answer) -> Image.Image:
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "image/webp"
    return Image.open(io.BytesIO(answer.body))


def test_pictures_are_listed_with_their_sizes_and_drawn_as_small_as_asked(world: World, ann: Caller) -> None:
    document = world.document(ann, "a.docx", made.docx(a_png=made.plain(1600, 1200), b_gif=made.moving()))
    listed = ann.get(f"/documents/{document}/images")
    assert listed.data == [{"n": 1, "width": 1600, "height": 1200}, {"n": 2, "width": 120, "height": 90}]
    for width in (320, 640, 1280):
        assert image_of(ann.get(f"/documents/{document}/images/1?width={width}")).width == width
    assert image_of(ann.get(f"/documents/{document}/images/1")).width == 1280
    assert image_of(ann.get(f"/documents/{document}/images/2?width=1280")).size == (120, 90)


def test_a_picture_is_sent_again_only_when_it_has_changed_and_runs_nothing(world: World, ann: Caller) -> None:
    document = world.document(ann, "a.docx", made.docx(a_png=made.plain()))
    first = ann.get(f"/documents/{document}/images/1?width=320")
    again = ann.get(f"/documents/{document}/images/1?width=320", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.headers["Content-Security-Policy"].startswith("default-src 'none'")
    other = ann.get(f"/documents/{document}/images/1?width=640", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status == 200


def test_nobody_sees_the_pictures_of_a_document_that_is_not_theirs(
    world: World, ann: Caller, ben: Caller, nobody: Caller
) -> None:
    document = world.document(ann, "a.docx", made.docx(a_png=made.plain()))
    assert ann.get(f"/documents/{document}/images/1?width=320").status == 200, "kept, but for nobody else"
    for path in (f"/documents/{document}/images", f"/documents/{document}/images/1?width=320"):
        assert ben.get(path).error == (404, "DOCUMENT_NOT_FOUND")
        assert nobody.get(path).error == (401, "NOT_SIGNED_IN")
    ann.delete(f"/documents/{document}")
    assert ann.get(f"/documents/{document}/images/1?width=320").error == (404, "DOCUMENT_NOT_FOUND")


@pytest.mark.parametrize(
    ("data", "answers"),
    [
        (made.moving, 200),
        (made.printed, 200),
        (made.see_through, 200),
        (made.truncated, 200),
        (made.bomb, 404),
        (lambda: b"no picture", 404),
    ],
    ids=["moving", "printed", "see-through", "cut short", "bomb", "none"],
)
def test_whatever_a_picture_is_the_answer_is_one(
    world: World, ann: Caller, data: Callable[[], bytes], answers: int
) -> None:
    document = world.document(ann, "a.docx", made.docx(a_png=data()))
    found = ann.get(f"/documents/{document}/images/1?width=320")
    assert found.status == answers
    if answers == 200:
        assert image_of(found).width <= 320
    else:
        assert found.error == (404, "IMAGE_NOT_FOUND")
        assert ann.get(f"/documents/{document}/images").data == []


@pytest.fixture(scope="module")
def shown(world: World, anyone: Caller) -> str:
    """The address of the pictures of a document that has one."""
    return f"/documents/{world.document(anyone, 'a.docx', made.docx(a_png=made.plain()))}/images"


@pytest.mark.parametrize("width", ["1", "0", "-320", "321", "9999999999", "x", "320.0"])
def test_there_are_three_widths(shown: str, anyone: Caller, width: str) -> None:
    assert anyone.get(f"{shown}/1?width={width}").error == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("number", ["0", "2", "99999999999999999999", "-1", "x"])
def test_a_number_without_a_picture_is_not_found(shown: str, anyone: Caller, number: str) -> None:
    assert anyone.get(f"{shown}/{number}").status == 404


def test_a_document_that_can_hold_none_has_none(world: World, ann: Caller) -> None:
    document = world.document(ann)
    assert ann.get(f"/documents/{document}/images").data == []
    assert ann.get(f"/documents/{document}/images/1").error == (404, "IMAGE_NOT_FOUND")


def test_a_picture_is_drawn_once(shown: str, anyone: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    first = anyone.get(f"{shown}/1?width=640")
    monkeypatch.setattr(PictureReader, "picture", lambda *_: pytest.fail("it was drawn again"))
    assert anyone.get(f"{shown}/1?width=640").body == first.body


def test_a_child_that_leaves_its_bounds_is_no_picture_and_no_error(tmp_path: Path) -> None:
    path = tmp_path / "large.docx"
    path.write_bytes(made.docx(a_png=made.encoded(Image.new("RGB", (6000, 6000)), "PNG")))
    small = PictureReader(bounds=Bounds(memory_bytes=64 * 1024**2, seconds=20, file_bytes=1024**2))
    assert small.picture(path, made.DOCX, 1, 320) is None
    assert PictureReader().picture(path, made.DOCX, 1, 320) is not None


def test_the_largest_picture_that_is_taken_fits_into_the_bounds(tmp_path: Path) -> None:
    path = tmp_path / "large.docx"
    largest = Image.new("RGBA", (8000, 5000), (10, 20, 30, 40))
    path.write_bytes(made.docx(a_png=made.encoded(largest, "PNG", compress_level=1)))
    drawn = PictureReader().picture(path, made.DOCX, 1, 320)
    assert drawn is not None
    assert Image.open(io.BytesIO(drawn)).size == (320, 200)
