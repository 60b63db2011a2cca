"""A file to its text and structure, read in a child process that cannot do any harm."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.app.domain.documents import ExtractedDocument, Heading, PageSpan
from backend.app.errors import (
    AppError,
    BrokenDocument,
    DocumentRefused,
    DocumentTooComplex,
    EmptyDocument,
    NoTextLayer,
    PasswordProtected,
    TooManyScans,
    Unavailable,
    UnsupportedDocument,
)
from backend.app.services.ingestion.child_process import Bounds, ChildDied, run_child, scratch_folder
from backend.app.services.ingestion.child_process import ExtractionCancelled as ExtractionCancelled
from backend.app.services.ingestion.formats import sniff
from backend.app.services.ingestion.reading.patience import CHARS_A_SECOND
from backend.app.services.ingestion.recognition import Recognition

_REFUSALS: dict[str, type[DocumentRefused]] = {
    "password": PasswordProtected,
    "broken": BrokenDocument,
    "empty": EmptyDocument,
    "no_text": NoTextLayer,
    "too_complex": DocumentTooComplex,
    "unsupported": UnsupportedDocument,
    "too_many_scans": TooManyScans,
}
_GARBAGE_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel) - .*|untitled.*|document\d*|제목 ?없음.*|무제.*|title|slide 1|"
    r"powerpoint[ -].*|\(?(?:anonymous|unspecified|unknown|none|null)\)?|(?:pdf|word) document|.*\.(?:docx?|pptx?|xlsx?|hwpx?|indd|tex|dvi|ps|pmd|qxd|html?|pdf|rtf|txt))",
    re.IGNORECASE,
)
_MAX_TITLE_CHARS = 200

RunChild = Callable[[dict[str, Any], Bounds, Path, Callable[[], bool], Callable[[], float]], dict[str, Any]]


class Extractor:
    """Reads one file at a time per call, each in a child process of its own.

    Args:
        memory_bytes: private memory that the child may use.
        seconds: that any file may take: see ``Patience`` for what large files and those that get on have
            besides.
        max_chars: text beyond this is refused rather than cut.
        recognition: what recognises text on scanned pages, where there is any.
        scratch: folder for the children's own folders, the system's temporary one by default. A
            killed parent leaves one behind, so whoever gives a folder may empty it at start.
        run: what starts a child, or has one ready (``ReadyChildren.run``).
    """

    def __init__(
        self,
        *,
        memory_bytes: int = 1024**3,
        seconds: int = 30,
        max_chars: int = 20_000_000,
        recognition: Recognition | None = None,
        scratch: Path | None = None,
        run: RunChild = run_child,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._scratch = scratch
        self._clock = clock
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        self._max_chars = max_chars
        self._recognition = recognition

    def extract(self, path: Path, filename: str, *, cancelled: Callable[[], bool] = lambda: False) -> ExtractedDocument:
        """Return the text of ``path``, whose type ``filename`` and its own bytes tell.

        Raises:
            DocumentRefused: one of its kinds, with the reason in words; ``details`` is for the log.
            ExtractionCancelled: soon after ``cancelled()`` first said so.
            Unavailable: when this machine cannot keep the child off the network.
            StorageFull: there is no room to read it in.
        """
        media_type = sniff(path, filename)
        scans = self._recognition
        request = {
            "task": "text",
            "path": str(path.absolute()),
            "media_type": media_type,
            "max_chars": self._max_chars,
            "ocr": scans.as_request() if scans else None,
        }
        earned = self._max_chars // CHARS_A_SECOND + (scans.seconds if scans else 0)
        bounds = Bounds(self._memory_bytes, self._seconds, 8 * self._max_chars + 1024**2, earned)
        with scratch_folder("likeopt-extract-", self._scratch) as folder:
            try:
                answer = self._run(request, bounds, folder, cancelled, self._clock)
            except ChildDied as died:
                raise _died(died) from died
        if scans and answer.get("refused") == "no_text":
            raise NoTextLayer(
                "The pages hold no text, and none could be recognised on them. Scan them anew and more sharply, "
                "or run text recognition on them elsewhere first."
            )
        return _document(answer, media_type)


def _died(died: ChildDied) -> AppError:
    """Translate a death without an answer. Signals come from limits or from a parser's crash."""
    details = {"returncode": died.returncode, "timed_out": died.timed_out, "errors": died.errors}
    return DocumentTooComplex(details=details) if died.ran_out else BrokenDocument(details=details)


def _document(answer: dict[str, Any], media_type: str) -> ExtractedDocument:
    if answer.get("refused") == "no_isolation":
        raise Unavailable(
            "This machine cannot keep the reading of files off the network, so no file is read. "
            "Allow user namespaces or seccomp filters.",
            details={"detail": answer["detail"]},
        )
    if answer.get("refused") == "empty":
        raise EmptyDocument("There is nothing to read in the file: not one letter or digit.")
    if "refused" in answer:
        raise _REFUSALS.get(answer["refused"], BrokenDocument)(details={"detail": answer["detail"]})
    return ExtractedDocument(
        text=answer["text"],
        title=_title(answer["title"]),
        media_type=answer.get("media_type", media_type),
        pages=tuple(PageSpan(*page) for page in answer["pages"]),
        headings=tuple(Heading(*heading) for heading in answer["headings"]),
    )


def _title(stated: str | None) -> str | None:
    """Return the stated title unless it is what a program puts there by itself."""
    title = " ".join((stated or "").split())
    letters = sum(1 for character in title if character.isalpha())
    if letters < 2 or "\ufffd" in title or len(title) > _MAX_TITLE_CHARS or _GARBAGE_TITLE.fullmatch(title):
        return None
    return title
