"""HWPX, the open format of Hangul Word Processor: paragraphs and tables of each section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from .draft import Draft, Refusal, one_line, table_rows
from .package import Package, find_all, local_name

_SECTION = re.compile(r"Contents/section(\d+)\.xml")
_OUTLINE = re.compile(r"(?:개요|outline|제목|heading)\s*(\d+)", re.IGNORECASE)


def read_hwpx(path: Path, draft: Draft) -> None:
    """Read the sections in order; paragraphs in an outline style are headings."""
    package = Package(path)
    sections = sorted((int(found[1]), name) for name in package.names if (found := _SECTION.fullmatch(name)))
    if not sections:
        raise Refusal("broken", "no Contents/section0.xml")
    if package.has("META-INF/manifest.xml") and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise Refusal("password", "encrypted HWPX")
    levels = _outline_levels(package)
    for _, name in sections:
        for paragraph in package.xml(name):
            if local_name(paragraph) == "p":
                _add_paragraph(paragraph, levels, draft)


def _outline_levels(package: Package) -> dict[str, int]:
    """Return the heading level of each style that is one, by the style's id."""
    if not package.has("Contents/header.xml"):
        return {}
    levels = {}
    for style in find_all(package.xml("Contents/header.xml"), "style"):
        found = _OUTLINE.match(style.get("name", "")) or _OUTLINE.match(style.get("engName", ""))
        if found:
            levels[style.get("id", "")] = max(1, min(int(found[1]), 9))
    return levels


def _add_paragraph(paragraph: Element, levels: dict[str, int], draft: Draft) -> None:
    text = one_line("".join(_texts(paragraph)))
    level = levels.get(paragraph.get("styleIDRef", ""))
    if level and text:
        draft.heading(level, text)
    else:
        draft.block(text)
    for table in _outermost(paragraph, "tbl"):
        rows = [
            [one_line(" ".join("".join(_texts(part)) for part in find_all(cell, "p"))) for cell in find_all(row, "tc")]
            for row in find_all(table, "tr")
        ]
        draft.block(table_rows(rows))


def _texts(paragraph: Element) -> Iterator[str]:
    """Yield the paragraph's own text; what its tables hold comes with the tables."""
    waiting = list(reversed(paragraph))
    while waiting:
        element = waiting.pop()
        name = local_name(element)
        if name == "t":
            yield element.text or ""
            for child in element:
                yield {"lineBreak": "\n", "tab": " ", "fwSpace": " ", "nbSpace": " "}.get(local_name(child), "")
                yield child.tail or ""
        elif name not in ("tbl", "secPr", "header", "footer"):
            waiting.extend(reversed(element))


def _outermost(element: Element, name: str) -> Iterator[Element]:
    waiting = list(reversed(element))
    while waiting:
        child = waiting.pop()
        if local_name(child) == name:
            yield child
        else:
            waiting.extend(reversed(child))
