"""PPTX: one page a slide, its title the heading, tables and the speaker's notes kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from .draft import Draft, Refusal, one_line, table_rows
from .package import Package, find_all, local_name

_TITLES = ("title", "ctrTitle")
_FURNITURE = ("dt", "ftr", "sldNum", "hdr", "sldImg")
_REL_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_REL_ID = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def read_pptx(path: Path, draft: Draft) -> None:
    """Read the slides in the order in which they are shown."""
    package = Package(path)
    if not package.has("ppt/presentation.xml"):
        raise Refusal("broken", "no ppt/presentation.xml")
    if package.has("docProps/core.xml"):
        title = next(find_all(package.xml("docProps/core.xml"), "title"), None)
        draft.title = one_line(title.text or "") or None if title is not None else None
    for number, slide in enumerate(_slides(package), start=1):
        draft.page(number)
        if package.has(slide):
            _add_slide(package, slide, draft)


def _slides(package: Package) -> list[str]:
    relations = package.relations("ppt/presentation.xml")
    ids = (
        entry.get(_REL_ID) or entry.get(_STRICT_REL_ID) or ""
        for entry in find_all(package.xml("ppt/presentation.xml"), "sldId")
    )
    slides = [relations[entry][1] for entry in ids if entry in relations]
    if slides:
        return slides
    parts = [name for name in package.names if re.fullmatch(r"ppt/slides/slide\d+\.xml", name)]
    return sorted(parts, key=lambda name: int(re.sub(r"\D", "", name)))


def _add_slide(package: Package, name: str, draft: Draft) -> None:
    shapes = list(_shapes(package.xml(name)))
    title = next((shape for shape in shapes if _placeholder(shape) in _TITLES), None)
    if title is not None:
        draft.heading(1, " ".join(_paragraphs(title)))
    for shape in shapes:
        if shape is title or _placeholder(shape) in _FURNITURE:
            continue
        if local_name(shape) == "tbl":
            draft.block(table_rows([[_cell(cell) for cell in find_all(row, "tc")] for row in find_all(shape, "tr")]))
        else:
            draft.block("\n".join(_paragraphs(shape)))
    for kind, target in package.relations(name).values():
        if kind == "notesSlide" and package.has(target):
            for shape in _shapes(package.xml(target)):
                if _placeholder(shape) == "body":
                    draft.block("\n".join(_paragraphs(shape)))
        elif kind == "diagramData" and package.has(target):
            points = find_all(package.xml(target), "pt")
            draft.block("\n".join(line for point in points for line in _paragraphs(point)))


def _shapes(slide: Element) -> Iterator[Element]:
    """Yield text shapes and tables, groups opened, in the order of the drawing.

    ``mc:Fallback`` repeats what ``mc:Choice`` says for older programs, so it is passed over.
    """
    waiting = [slide]
    while waiting:
        element = waiting.pop()
        name = local_name(element)
        if name in ("sp", "cxnSp", "tbl"):
            yield element
        elif name != "Fallback":
            waiting.extend(reversed(element))


def _placeholder(shape: Element) -> str:
    mark = next(find_all(shape, "ph"), None)
    return "" if mark is None else mark.get("type", "obj")


def _paragraphs(shape: Element) -> Iterator[str]:
    for paragraph in find_all(shape, "p"):
        parts = []
        level = 0
        for child in paragraph.iter():
            kind = local_name(child)
            if kind == "t":
                parts.append(child.text or "")
            elif kind in ("br", "tab"):
                parts.append(" ")
            elif kind == "pPr":
                level = _number(child.get("lvl"))
        text = one_line("".join(parts))
        if text:
            yield f"{'  ' * (level - 1)}- {text}" if level else text


def _cell(cell: Element) -> str:
    return " ".join(_paragraphs(cell))


def _number(value: str | None) -> int:
    return min(int(value), 8) if value and value.isdecimal() else 0
