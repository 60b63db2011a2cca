"""The pictures within a document: which there are, and one of them drawn small. Runs in the child alone."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from PIL import Image, ImageFile, ImageOps

from .draft import Refusal
from .package import Package

# What browsers show too, and Pillow reads in C with its own bounds. Never SVG, WMF or EPS: those are programs.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_PART = re.compile(r"\.(?:png|jpe?g|gif|webp|bmp|tiff?)$", re.IGNORECASE)
# Previews that programs store of the document itself.
_PREVIEW = re.compile(r"^(?:docProps/|Thumbnails/|Preview/)", re.IGNORECASE)
_EMBEDDED = re.compile(rb"data:image/(?:png|jpeg|gif|webp|bmp);base64,([A-Za-z0-9+/=\s]+)")
_DIGITS = re.compile(r"(\d+)")
MAX_PICTURES = 200
MAX_BYTES = 40 * 1024 * 1024
MAX_PIXELS = 40_000_000
MIN_SIDE = 48  # smaller ones are icons, bullets and rules
_QUALITY = 80
_MAX_HEIGHT = 4  # times the width: a strip of text as a picture is cut down rather than drawn for ever
_ORIENTATION, _TURNED = 0x0112, (5, 6, 7, 8)

Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow itself refuses twice as many; ``_opened`` refuses these
ImageFile.LOAD_TRUNCATED_IMAGES = True  # a picture cut short is shown as far as it goes, as browsers do


def pictures(path: Path, media_type: str) -> list[dict[str, int]]:
    """Return number, width and height of each picture that can be shown, in the order of the file."""
    found = []
    for number, data in enumerate(_all(path, media_type), start=1):
        try:
            with _opened(data) as image:
                width, height = image.size
                if image.getexif().get(_ORIENTATION) in _TURNED:
                    width, height = height, width
        except Refusal:
            continue
        if min(width, height) >= MIN_SIDE:
            found.append({"number": number, "width": width, "height": height})
    return found


def draw(path: Path, media_type: str, number: int, width: int, target: Path) -> dict[str, Any]:
    """Write the picture as WebP, at most so wide and never larger than it is.

    Raises:
        Refusal: there is no such picture, or it cannot be read.
    """
    data = next((data for n, data in enumerate(_all(path, media_type), start=1) if n == number), None)
    if data is None:
        raise Refusal("empty", f"no picture {number}")
    with _opened(data) as image:
        box = (width, width * _MAX_HEIGHT)
        turned = image.getexif().get(_ORIENTATION) in _TURNED
        image.draft("RGB", box)  # a JPEG is made smaller while it is read
        try:
            drawn = _plain(image)
            drawn.thumbnail(box[::-1] if turned else box, Image.Resampling.LANCZOS, reducing_gap=2.0)
            ImageOps.exif_transpose(drawn).save(target, "WEBP", quality=_QUALITY, method=4)
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise Refusal("broken", f"picture {number}: {type(error).__name__}: {error}") from error
    return {"drawn": number}


def _opened(data: bytes) -> Image.Image:
    """Read a picture's head; nothing is unpacked yet.

    Raises:
        Refusal: it is none, or a large one made of few bytes.
    """
    if len(data) > MAX_BYTES:
        raise Refusal("too_complex", f"{len(data)} bytes")
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise Refusal("broken", f"{type(error).__name__}: {error}") from error
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise Refusal("too_complex", f"{image.width} x {image.height} pixels")
    return image


def _plain(image: Image.Image) -> Image.Image:
    """Return it in the colours of a screen, with what is transparent kept; as it is where it can be."""
    if image.mode in ("RGB", "RGBA") and "transparency" not in image.info:
        return image
    if image.mode.startswith("I"):  # 16 bits a grey: Pillow would cut them off rather than scale them
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    has_alpha = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _all(path: Path, media_type: str) -> Iterator[bytes]:
    """Yield the bytes of each picture, at most ``MAX_PICTURES``."""
    source = (
        _mail(path) if media_type == "message/rfc822" else _inline(path) if media_type == "text/html" else _parts(path)
    )
    for _, data in zip(range(MAX_PICTURES), source, strict=False):
        yield data


def _parts(path: Path) -> Iterator[bytes]:
    package = Package(path)
    names = [name for name in package.names if _PART.search(name) and not _PREVIEW.search(name)]
    for name in sorted(names, key=_natural):
        try:
            yield package.read(name)
        except Refusal:
            yield b""  # the others keep their numbers


def _natural(name: str) -> list[tuple[int, str]]:
    """Order ``image10`` behind ``image9``."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in _DIGITS.split(name)]


def _inline(path: Path) -> Iterator[bytes]:
    for found in _EMBEDDED.finditer(path.read_bytes()):
        try:
            yield base64.b64decode(b"".join(found[1].split()))
        except binascii.Error:
            yield b""


def _mail(path: Path) -> Iterator[bytes]:
    for part in message_from_bytes(path.read_bytes(), policy=policy.default).walk():
        if part.get_content_maintype() == "image":
            data = part.get_payload(decode=True)
            yield data if isinstance(data, bytes) else b""
