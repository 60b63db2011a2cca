"""Pictures as documents hold them, and documents that hold pictures."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from PIL import Image

DOCUMENTS = Path(__file__).resolve().parents[1] / "fixtures" / "documents"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def plain(width: int = 400, height: int = 300, colour: str = "#c04020", kind: str = "PNG") -> bytes:
    return encoded(Image.new("RGB", (width, height), colour), kind)


def see_through() -> bytes:
    """A green disc's square on nothing."""
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    image.paste((20, 160, 60, 255), (50, 50, 150, 150))
    return encoded(image, "PNG")


def moving() -> bytes:
    """A GIF whose first picture is red and whose second is blue."""
    first, second = (Image.new("RGB", (120, 90), colour) for colour in ("#f00000", "#0000f0"))
    return encoded(first, "GIF", save_all=True, append_images=[second], duration=100)


def printed() -> bytes:
    """A JPEG in the colours of print, pure cyan."""
    return encoded(Image.new("CMYK", (160, 120), (255, 0, 0, 0)), "JPEG", quality=95)


def turned() -> bytes:
    """A JPEG that lies on its side, as cameras store what was taken upright: 300 wide, shown 200 wide."""
    image = Image.new("RGB", (300, 200), "#203040")
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(image, "JPEG", exif=exif)


def truncated() -> bytes:
    whole = encoded(Image.effect_noise((400, 400), 60).convert("RGB"), "JPEG")
    return whole[: len(whole) // 2]


def bomb(side: int = 30_000) -> bytes:
    """A PNG of a few hundred kilobytes that unpacks to ``side`` squared pixels."""

    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packed = zlib.compress(bytes((side + 7) // 8 + 1) * 1000, 9)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", packed) + part(b"IEND", b"")


def docx(**pictures: bytes) -> bytes:
    """Return a real DOCX with these pictures in it; the name ends in their kind: ``image1_png``."""
    out = io.BytesIO((DOCUMENTS / "workshop.docx").read_bytes())
    with zipfile.ZipFile(out, "a") as package:
        for name, data in pictures.items():
            package.writestr("word/media/" + ".".join(name.rsplit("_", 1)), data)
    return out.getvalue()
