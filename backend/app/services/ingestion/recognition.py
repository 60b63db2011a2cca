"""Whether this machine can recognise text on scanned pages: Tesseract's language data, where a system keeps them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_FOLDERS = (
    "/usr/share/tesseract-ocr/5/tessdata",  # Debian, Ubuntu
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tesseract/tessdata",  # Fedora
    "/usr/share/tessdata",  # Arch, Alpine
    "/usr/local/share/tessdata",
)
INSTALL = "apt-get install tesseract-ocr-kor tesseract-ocr-eng"


@dataclass(frozen=True, slots=True)
class Recognition:
    """Where the data are, which of the languages asked for are among them, and what one document may cost."""

    folder: Path
    languages: tuple[str, ...]
    pages: int = 100
    seconds: int = 300

    def as_request(self) -> dict[str, object]:
        return {
            "data": str(self.folder),
            "languages": "+".join(self.languages),
            "pages": self.pages,
            "seconds": self.seconds,
        }


def find_recognition(
    languages: str, *, pages: int = 100, seconds: int = 300, environ: Mapping[str, str] | None = None
) -> Recognition | None:
    """Return what there is of the ``languages`` (as «kor+eng»); None where nothing is installed or asked for."""
    wanted = [name for name in languages.replace(",", "+").split("+") if name.strip().isidentifier()]
    for folder in _folders(os.environ if environ is None else environ):
        found = tuple(name.strip() for name in wanted if (folder / f"{name.strip()}.traineddata").is_file())
        if found:
            return Recognition(folder, found, pages, seconds)
    return None


def _folders(environ: Mapping[str, str]) -> Sequence[Path]:
    own = environ.get("TESSDATA_PREFIX")
    return [*([Path(own)] if own else []), *map(Path, _FOLDERS)]
