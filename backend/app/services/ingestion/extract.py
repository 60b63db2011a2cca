"""A file to its text and structure, read in a child process that cannot do any harm."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
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
    Unavailable,
    UnsupportedDocument,
)
from backend.app.services.ingestion.formats import sniff

_REFUSALS: dict[str, type[DocumentRefused]] = {
    "password": PasswordProtected,
    "broken": BrokenDocument,
    "empty": EmptyDocument,
    "no_text": NoTextLayer,
    "too_complex": DocumentTooComplex,
    "unsupported": UnsupportedDocument,
}
# ``-I`` keeps the environment and the working folder out of the import path; the readers are
# found by their own folder, so that starting the child never imports the application.
_START = "import sys; sys.path.insert(0, sys.argv[1]); from reading.child import main; main(sys.argv[2])"
_POLL_SECONDS = 0.02
_SLOW_POLL_SECONDS = 0.1
_DETAIL_CHARS = 2000
_GARBAGE_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel) - .*|untitled.*|document\d*|제목 ?없음.*|무제.*|title|slide 1|"
    r"powerpoint[ -].*|\(?(?:anonymous|unspecified|unknown|none|null)\)?|(?:pdf|word) document|.*\.(?:docx?|pptx?|xlsx?|hwpx?|indd|tex|dvi|ps|pmd|qxd|html?|pdf|rtf|txt))",
    re.IGNORECASE,
)
_MAX_TITLE_CHARS = 200


class ExtractionCancelled(Exception):
    """The caller no longer wants the text; the child is gone."""


class Extractor:
    """Reads one file at a time per call, each in a child process of its own.

    Args:
        memory_bytes: private memory that the child may use.
        seconds: wall clock, and CPU time, that it may take.
        max_chars: text beyond this is refused rather than cut.
        scratch: folder for the children's own folders, the system's temporary one by default. A
            killed parent leaves one behind, so whoever gives a folder may empty it at start.
    """

    def __init__(
        self,
        *,
        memory_bytes: int = 1024**3,
        seconds: int = 120,
        max_chars: int = 20_000_000,
        scratch: Path | None = None,
    ) -> None:
        self._scratch = scratch
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        self._max_chars = max_chars

    def extract(self, path: Path, filename: str, *, cancelled: Callable[[], bool] = lambda: False) -> ExtractedDocument:
        """Return the text of ``path``, whose type ``filename`` and its own bytes tell.

        Raises:
            DocumentRefused: one of its kinds, with the reason in words; ``details`` is for the log.
            ExtractionCancelled: soon after ``cancelled()`` first said so.
            Unavailable: when this machine cannot keep the child off the network.
        """
        media_type = sniff(path, filename)
        with tempfile.TemporaryDirectory(prefix="likeopt-extract-", dir=self._scratch) as folder:
            answer = self._run(path.absolute(), media_type, Path(folder), cancelled)
        return _document(answer, media_type)

    def _run(self, path: Path, media_type: str, folder: Path, cancelled: Callable[[], bool]) -> dict[str, Any]:
        answer = folder / "answer.json"
        request = {
            "path": str(path),
            "media_type": media_type,
            "answer": str(answer),
            "max_chars": self._max_chars,
            "memory_bytes": self._memory_bytes,
            "seconds": self._seconds,
            "file_bytes": 8 * self._max_chars + 1024**2,
            "parent": os.getpid(),
        }
        with (folder / "errors").open("wb") as errors:
            process = subprocess.Popen(  # noqa: S603  our own interpreter and our own arguments
                [sys.executable, "-I", "-c", _START, str(Path(__file__).parent), json.dumps(request)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=folder,
                env=_environment(folder),
                start_new_session=True,
            )
            try:
                timed_out = self._wait(process, cancelled)
            finally:
                _kill_group(process)
        if answer.exists():
            return dict(json.loads(answer.read_bytes()))
        raise _died(process.returncode, timed_out, (folder / "errors").read_bytes()[-_DETAIL_CHARS:])

    def _wait(self, process: subprocess.Popen[bytes], cancelled: Callable[[], bool]) -> bool:
        """Wait for the child; return whether its time ran out."""
        started = time.monotonic()
        while True:
            elapsed = time.monotonic() - started
            try:
                process.wait(_POLL_SECONDS if elapsed < 1 else _SLOW_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            else:
                return False
            if cancelled():
                raise ExtractionCancelled
            if elapsed > self._seconds:
                return True


def _environment(folder: Path) -> dict[str, str]:
    """Return the whole environment of the child: none of ours, and no home but its own."""
    return {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "PATH": "/nonexistent",
        "MALLOC_ARENA_MAX": "2",  # each arena of the C library reserves 64 MB of address space
        "PYTHONDONTWRITEBYTECODE": "1",
        "RUST_BACKTRACE": "0",
    }


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the child and whatever it started, and reap it."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _died(returncode: int, timed_out: bool, errors: bytes) -> AppError:
    """Translate a death without an answer. Signals come from limits or from a parser's crash."""
    detail = errors.decode("utf-8", "replace")
    details = {"returncode": returncode, "timed_out": timed_out, "errors": detail}
    if timed_out or returncode < 0 or "memory" in detail.lower():
        return DocumentTooComplex(details=details)
    return BrokenDocument(details=details)


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
