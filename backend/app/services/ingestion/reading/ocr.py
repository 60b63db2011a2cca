"""Text on pages that are pictures, recognised by the Tesseract within kreuzberg and the system's language data.

The engine runs in this process: the child may start no program.
"""

from __future__ import annotations

import io
import os
import re
import time
from pathlib import Path
from typing import Any

from .draft import Refusal
from .patience import SCAN_SECONDS, Progress

_DPI = 300  # what Tesseract's models were made for
_PROBE_DPI = 72  # the least that kreuzberg draws at
_MAX_PIXELS = 25_000_000  # A3 at that resolution; larger pages are drawn coarser
PARAGRAPH_END = "\ue001"  # stands for the blank line below
_GAP = re.compile(r"(?<=\S) {4,}(?=\S)")
_AS_LAID_OUT, _ONE_BLOCK = 3, 6  # Tesseract's page segmentation modes
_LEAST_SURE = 50  # of 100; printed pages were found to have 75 to 95
_RESERVE_SECONDS = 8  # a page is not begun with less than that
_MAX_PROBED = 300  # pages that are looked at for anything drawn on them


def recognised(
    path: Path, pages: list[tuple[int, str]], ocr: dict[str, Any], progress: Progress
) -> list[tuple[int, str]]:
    """Return ``pages`` with the text of those that have none, as far as letters are found on them.

    Recognising takes seconds a page. A page with text on it earns them, photographs do not: where
    they use the time up, what has been read so far is the document.

    Args:
        pages: number and text of each.
        ocr: ``data``, the folder of the language data, ``languages`` as Tesseract names them,
            ``pages`` and ``seconds`` that may be spent.

    Raises:
        Refusal: ``too_many_scans`` where a document that is all pictures is too much for these bounds.
    """
    unread = [number for number, text in pages if not has_letters(text)]
    ends = time.monotonic() + ocr["seconds"]
    found: dict[int, str] = {}
    for looked, number in enumerate(unread[:_MAX_PROBED]):
        if progress.left() < _RESERVE_SECONDS or time.monotonic() > ends:
            is_left_out = True
        else:
            resolution = _resolution(path, number)
            if not resolution:
                continue
            is_left_out = len(found) >= ocr["pages"]
        if is_left_out:
            if len(unread) == len(pages) and any(found.values()):
                raise Refusal("too_many_scans", f"after {looked} of {len(unread)} pages")
            break
        found[number] = _recognised(path, number, resolution, ocr)
        if found[number]:
            progress.earn(SCAN_SECONDS)
    return [(number, found.get(number, text)) for number, text in pages]


def has_letters(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _recognised(path: Path, number: int, resolution: int, ocr: dict[str, Any]) -> str:
    """Return the text on one page, with nothing on it that could not be drawn."""
    import kreuzberg

    os.environ["TESSDATA_PREFIX"] = ocr["data"]
    try:
        picture = kreuzberg.render_pdf_page(path, number - 1, dpi=resolution)
        # A page of a few lines, Korean above all, is taken for an empty one unless it is all one block.
        return _text(picture, ocr["languages"], _AS_LAID_OUT) or _text(picture, ocr["languages"], _ONE_BLOCK)
    except (kreuzberg.KreuzbergError, RuntimeError, ValueError):
        return ""


def _text(picture: bytes, languages: str, segmentation: int) -> str:
    """Return what is read on a picture; nothing where the engine itself doubts it, as in a photograph."""
    import kreuzberg

    engine = kreuzberg.TesseractConfig(
        language=languages, psm=segmentation, output_format="text", enable_table_detection=False, use_cache=False
    )
    config = kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        force_ocr=True,
        ocr=kreuzberg.OcrConfig(backend="tesseract", language=languages, tesseract_config=engine),
        concurrency=kreuzberg.ConcurrencyConfig(max_threads=1),
        postprocessor=kreuzberg.PostProcessorConfig(enabled=False),
    )
    result = kreuzberg.extract_bytes_sync(picture, "image/png", config=config)
    sure: Any = dict(result.metadata).get("mean_text_conf", 100)
    return _rows(str(result.content)) if has_letters(result.content) and sure >= _LEAST_SURE else ""


def _rows(text: str) -> str:
    """Make lines of columns, which the engine keeps apart by spaces, rows of a table, and mark paragraphs' ends."""
    lines: list[str] = []
    for line in text.split("\n"):
        cells = [cell.strip().replace("|", "\\|") for cell in _GAP.split(line.strip())]
        if len(cells) > 1:
            lines.append(f"| {' | '.join(cells)} |")
        elif line.strip():
            lines.append(line.strip())
        elif lines and not lines[-1].endswith(PARAGRAPH_END):
            lines[-1] += PARAGRAPH_END
    return "\n".join(lines)


def _resolution(path: Path, number: int) -> int:
    """Return at how many dots an inch a page is drawn, whatever size it says it has; 0 for one with nothing on it."""
    import kreuzberg
    from PIL import Image

    try:
        picture = kreuzberg.render_pdf_page(path, number - 1, dpi=_PROBE_DPI)
        with Image.open(io.BytesIO(picture), formats=("PNG",)) as probe:
            darkest, lightest = probe.convert("L").getextrema()
            pixels = probe.width * probe.height * (_DPI / _PROBE_DPI) ** 2
    except (kreuzberg.KreuzbergError, RuntimeError, ValueError, OSError, Image.DecompressionBombError):
        return 0
    return int(_DPI * min(1.0, (_MAX_PIXELS / pixels) ** 0.5)) if darkest != lightest else 0
