"""The reading child's whole life: limits on, one file read, one JSON file written, out."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

from . import sandbox
from .draft import Refusal
from .patience import Patience, Progress

NO_ROOM = 28  # the exit code that tells of a full disk, on which no answer can be written


def main(arguments: str) -> None:
    """Read the file that ``arguments`` (JSON) names and write the answer beside it."""
    request: dict[str, Any] = json.loads(arguments)
    os.umask(0o077)
    try:
        folder = str(Path(request["answer"]).parent)
        sandbox.enter(
            request["memory_bytes"], request["most_seconds"], request["file_bytes"], request["parent"], folder
        )
    except sandbox.NoIsolation as error:
        _answer(request, {"refused": "no_isolation", "detail": str(error)})
        return
    _answer(request, _read(request))


def _read(request: dict[str, Any]) -> dict[str, Any]:
    sys.setrecursionlimit(2000)
    try:
        return _TASKS[request["task"]](request)
    except Refusal as refusal:
        return {"refused": refusal.code, "detail": refusal.detail[:2000]}
    except (MemoryError, RecursionError) as error:
        return {"refused": "too_complex", "detail": type(error).__name__}
    except OSError as error:
        if error.errno == errno.ENOSPC:  # not the file's fault
            os._exit(NO_ROOM)
        return {"refused": "broken", "detail": f"{type(error).__name__}: {error}"[:2000]}
    except Exception as error:  # the child's edge: whatever a parser trips over is the file's fault
        return {"refused": "broken", "detail": f"{type(error).__name__}: {error}"[:2000]}


def _text(request: dict[str, Any]) -> dict[str, Any]:
    from .dispatch import read

    return read(
        Path(request["path"]), request["media_type"], request["max_chars"], request.get("ocr"), _progress(request)
    )


def _pictures(request: dict[str, Any]) -> dict[str, Any]:
    from .pictures import pictures

    return {"pictures": pictures(Path(request["path"]), request["media_type"])}


def _picture(request: dict[str, Any]) -> dict[str, Any]:
    from .pictures import draw

    target = Path(request["answer"]).with_name("picture")
    return draw(Path(request["path"]), request["media_type"], request["number"], request["width"], target)


def _unfold(request: dict[str, Any]) -> dict[str, Any]:
    from .archive import Limits, unfold

    limits = Limits(request["files"], request["all_bytes"], request["each_bytes"])
    folder = Path(request["answer"]).parent
    return {"members": unfold(Path(request["path"]), folder, request["extensions"], limits, _progress(request))}


def _progress(request: dict[str, Any]) -> Progress:
    patience = Patience(request["started"], request["seconds"], request["size"], request["most_seconds"])
    return Progress(Path(request["told"]), patience)


_TASKS = {"text": _text, "unfold": _unfold, "pictures": _pictures, "picture": _picture}


def _answer(request: dict[str, Any], answer: dict[str, Any]) -> None:
    path = Path(request["answer"])
    partial = path.with_suffix(".partial")
    try:
        partial.write_text(json.dumps(answer, ensure_ascii=False, separators=(",", ":")), "utf-8")
    except OSError as error:
        os._exit(NO_ROOM if error.errno == errno.ENOSPC else 1)
    partial.rename(path)  # so that a child killed while writing leaves no answer at all
    os._exit(0)  # kreuzberg's threads and Python's tidying up have nothing left to say
