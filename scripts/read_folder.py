"""Read every file of a folder as an upload would be read, and list what came of each.

Each file goes through the reading child with its bounds, so a file that is refused, too large or
too slow says so in the table. Nothing is indexed and nothing is kept.

    python scripts/read_folder.py FOLDER [--seconds 30] [--texts FOLDER] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import re
import resource
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from backend.app.errors import AppError  # noqa: E402  found from the root
from backend.app.services.ingestion.archives import Archives  # noqa: E402
from backend.app.services.ingestion.extract import Extractor  # noqa: E402
from backend.app.services.ingestion.formats import SUPPORTED_EXTENSIONS  # noqa: E402
from backend.app.services.ingestion.recognition import find_recognition  # noqa: E402

_ROW = re.compile(r"^\| .* \|$", re.MULTILINE)
_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one file; ``memory_mb`` is the most that its child held at once."""

    file: str
    status: str
    error_code: str
    seconds: float
    memory_mb: int
    characters: int
    pages: int
    headings: int
    table_rows: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=int, default=30, help="that one file may take (30)")
    parser.add_argument("--texts", type=Path, help="write the text of each file into this folder")
    parser.add_argument("--json", type=Path, help="write the table as JSON too")
    options = parser.parse_args()
    readings = []
    for path in sorted(path for path in options.folder.rglob("*") if path.is_file()):
        reading = _in_a_process(path, options)
        readings.append(reading)
        click.echo(_line(reading))
    click.echo(_summary(readings))
    if options.json:
        options.json.write_text(json.dumps([asdict(reading) for reading in readings], ensure_ascii=False, indent=1))


def _in_a_process(path: Path, options: argparse.Namespace) -> Reading:
    """Read in a process of its own: the system tells the peak of all its children together alone."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(_read, (path, options.folder, options.seconds, options.texts))


def _read(path: Path, folder: Path, seconds: int, texts: Path | None) -> Reading:
    name = str(path.relative_to(folder))
    started = time.perf_counter()
    code, text, pages, headings = "", "", 0, 0
    try:
        if path.suffix.lower() == ".zip":
            return _unfolded(path, name, seconds)
        document = Extractor(memory_bytes=_GIB, seconds=seconds, recognition=find_recognition("kor+eng")).extract(
            path, path.name
        )
        text, pages, headings = document.text, len(document.pages), len(document.headings)
    except AppError as error:
        code, document = error.error_code, None
        click.echo(f"    {error.message} {error.details}", err=True)
    taken = time.perf_counter() - started
    if texts is not None and document is not None:
        outline = "\n".join(f"{'  ' * (entry.level - 1)}{entry.text}" for entry in document.headings)
        target = texts / (name + ".txt")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"title: {document.title}\n--- headings\n{outline}\n--- text\n{text}\n")
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    status = "failed" if code else "ready"
    return Reading(name, status, code, round(taken, 2), memory, len(text), pages, headings, len(_ROW.findall(text)))


def _unfolded(path: Path, name: str, seconds: int) -> Reading:
    """Take an archive's members out and read none of them; say how many could be read."""
    archives = Archives(SUPPORTED_EXTENSIONS, files=500, all_bytes=_GIB, file_bytes=200 * 1024**2, seconds=seconds)
    started, code, taken = time.perf_counter(), "", 0
    try:
        with archives.unfolded(path) as members:
            for member in members:
                click.echo(f"    {member.name}: {member.reason or 'taken'}", err=True)
            taken = sum(not member.reason for member in members)
        code = "" if taken else "NOTHING_IN_ARCHIVE"
    except AppError as error:
        code = error.error_code
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    status = "failed" if code else "ready"
    return Reading(name, status, code, round(time.perf_counter() - started, 2), memory, taken, 0, 0, 0)


def _line(reading: Reading) -> str:
    return (
        f"{reading.status:6} {reading.error_code:20} {reading.seconds:6.2f} s {reading.memory_mb:5} MB "
        f"{reading.characters:9,} characters {reading.pages:4} pages {reading.headings:4} headings "
        f"{reading.table_rows:5} rows  {reading.file}"
    )


def _summary(readings: list[Reading]) -> str:
    if not readings:
        return "There is no file in this folder."
    codes = Counter(reading.error_code for reading in readings if reading.error_code)
    slowest = max(readings, key=lambda reading: reading.seconds)
    largest = max(readings, key=lambda reading: reading.memory_mb)
    refused = ", ".join(f"{count} {code}" for code, count in codes.most_common()) or "none"
    return (
        f"\n{len(readings)} files, {sum(not reading.error_code for reading in readings)} ready; refused: {refused}.\n"
        f"Slowest: {slowest.seconds} s, {slowest.file}. Most memory: {largest.memory_mb} MB, {largest.file}."
    )


if __name__ == "__main__":
    main()
