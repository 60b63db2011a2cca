"""Word's tabs and unbreakable hyphens as text: kreuzberg drops them, which glues «1.2», a title and its page together."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from .package import Package

# In a run a tab has no attributes; where they set stops, in ``w:tabs``, they do.
_TAB = re.compile(rb"<w:tab\s*/>")
_HYPHEN = re.compile(rb"<w:noBreakHyphen\s*/>")
_TEXTS = re.compile(r"word/(?:document|footnotes|endnotes)\d*\.xml")
_PICTURES = "word/media/"


def with_spaces(path: Path, folder: Path) -> Path:
    """Return a copy within ``folder`` that says them, or the file itself where there are none.

    Raises:
        Refusal: a part cannot be read.
    """
    package = Package(path)
    mended = {}
    for name in filter(_TEXTS.fullmatch, package.names):
        data = package.read(name)
        spaced = _HYPHEN.sub(b"<w:t>-</w:t>", _TAB.sub(b'<w:t xml:space="preserve"> </w:t>', data))
        if spaced != data:
            mended[name] = spaced
    if not mended:
        return path
    copy = folder / "spaced.docx"
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in dict.fromkeys(package.names):
            # Nobody looks at the pictures here.
            archive.writestr(name, b"" if name.startswith(_PICTURES) else mended.get(name) or package.read(name))
    return copy
