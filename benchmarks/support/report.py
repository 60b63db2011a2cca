"""docs/performance.md: tables and pictures between markers, and people's words around them.

``<!-- figures:NAME -->`` and ``<!-- /figures:NAME -->`` hold what benchmark NAME found; ``machine`` is what
everything was measured on. A benchmark without markers gets a section at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.support.figures import Series, shown
from benchmarks.support.results import Entry, Kept, Results

WORSE = 1.10  # a ratio from which a change for the worse is set in bold: below, it is mostly noise
PICTURES = "bench-*.png"  # ours among docs/images
_DAY = 10  # characters of a date without its time


@dataclass(frozen=True, slots=True)
class Picture:
    """A series and its file's name below docs/images."""

    series: Series
    file: str


def pictures(results: Results) -> list[Picture]:
    return [picture for name, entry in results.entries.items() for picture in _pictures(name, entry)]


def written(document: str, results: Results) -> str:
    """Return the document with every generated part made anew; what is around them stays."""
    parts = {"machine": _machine(results)}
    parts |= {name: "\n".join(_entry(name, entry)) for name, entry in results.entries.items()}
    for name, text in parts.items():
        document = _put(document, name, text)
    return document


def _put(document: str, name: str, text: str) -> str:
    opening, closing = f"<!-- figures:{name} -->", f"<!-- /figures:{name} -->"
    part = f"{opening}\n\n{text.strip()}\n\n{closing}"
    found = re.compile(f"{re.escape(opening)}.*?{re.escape(closing)}", re.DOTALL)
    if found.search(document):
        return found.sub(lambda _: part, document)
    return f"{document.rstrip()}\n\n## {name.replace('_', ' ').capitalize()}\n\n{part}\n"


def _machine(results: Results) -> str:
    lines = ["| | |", "| --- | --- |", *(f"| {label} | {value} |" for label, value in results.machine.items())]
    return "\n".join([f"`make bench`, {results.date.replace('T', ' ')} UTC, on:", "", *lines])


def _entry(name: str, entry: Entry) -> Iterator[str]:
    yield f"`python benchmarks/{name}.py`, {entry.seconds:.0f} s{_outcome(entry)}"
    if entry.figures:
        yield from ("", "| | aim | measured | to the run before |", "| --- | --- | --- | --- |")
        yield from (_row(kept, entry.date) for kept in entry.figures)
    for note in entry.notes:
        yield from ("", note)
    for picture in _pictures(name, entry):
        yield from ("", f"![{picture.series.title}: {picture.series.y_label} over {picture.series.x_label}]"
                        f"(images/{picture.file})")  # fmt: skip


def _outcome(entry: Entry) -> str:
    when = f", {entry.date.replace('T', ' ')}{f', {entry.version}' if entry.version else ''}"
    if entry.outcome == "ok":
        return f"{when}."
    rest = " The figures are those of an earlier run." if entry.figures else ""
    return f"{when}: **{entry.outcome}**.{rest}"


def _row(kept: Kept, date: str) -> str:
    figure = kept.figure
    aim = _with_unit(figure.aim, figure.unit) if figure.aim else ""
    measured = _with_unit(shown(figure.value), figure.unit)
    if figure.met is False:
        measured = f"**{measured}**, missed"
    if kept.date != date:
        measured += f" ({kept.date[:_DAY]})"
    return f"| {figure.label} | {aim} | {measured} | {_change(kept)} |"


def _with_unit(text: str, unit: str) -> str:
    return text if not unit or text.endswith(unit) else f"{text}{unit if unit in ('%', '/s') else f' {unit}'}"


def _change(kept: Kept) -> str:
    """Say how a figure moved, as a ratio; bold where it is worse by more than noise."""
    if not kept.before or not kept.figure.value:
        return ""
    ratio = kept.figure.value / kept.before
    worse = {"lower": ratio, "higher": 1 / ratio}.get(kept.figure.direction, 1.0) >= WORSE
    return f"**× {ratio:.2f}**" if worse else f"× {ratio:.2f}"


def _pictures(name: str, entry: Entry) -> list[Picture]:
    return [Picture(series, f"bench-{name}-{_slug(series.title)}.png") for series in entry.series]


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def document_path(root: Path) -> Path:
    return root / "docs" / "performance.md"


def images_path(root: Path) -> Path:
    return root / "docs" / "images"


def results_path(root: Path) -> Path:
    return root / "benchmarks" / "results" / "latest.json"
