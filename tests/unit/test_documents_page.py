"""docs/documents.md names every ending that is read, and no other, and every reason for which a file is refused."""

from __future__ import annotations

import re
from pathlib import Path

from backend.app import errors
from backend.app.services.ingestion.formats import SUPPORTED_EXTENSIONS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "documents.md").read_text("utf-8")


def kinds() -> str:
    return PAGE[PAGE.index("## Kinds of files") : PAGE.index("Tables stand in the text")]


def test_the_endings_are_those_that_are_read() -> None:
    named = re.findall(r"`(\.[a-z0-9]+)`", kinds())
    assert sorted(named) == sorted(SUPPORTED_EXTENSIONS)


def test_every_reason_for_refusing_a_file_is_explained() -> None:
    refusals = {
        error.error_code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.DocumentRefused)
    }
    explained = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))
    assert explained == (refusals - {"DOCUMENT_REFUSED"}) | {"FILE_TOO_LARGE"}
