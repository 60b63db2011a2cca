"""ODP, slides of OpenDocument: one page a slide, its title the heading, tables and the speaker's notes kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from .draft import Draft, one_line, table_rows
from .package import Package, find_all, local_name

_CLASS = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}class"
_REPEATED = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}number-columns-repeated"
_SPACES = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}c"
_FURNITURE = ("date-time", "footer", "header", "page-number")
_MAX_REPEATED = 100


def read_odp(path: Path, draft: Draft) -> None:
    """Read the slides in their order."""
    package = Package(path)
    if package.has("meta.xml"):
        title = next(find_all(package.xml("meta.xml"), "title"), None)
        draft.title = one_line(title.text or "") or None if title is not None else None
    slides = (child for child in package.xml("content.xml").iter() if _is_slide(child))
    for number, slide in enumerate(slides, start=1):
        draft.page(number)
        _add_slide(slide, draft)


def _is_slide(element: Element) -> bool:
    return element.tag == "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}page"


def _add_slide(slide: Element, draft: Draft) -> None:
    parts = list(_parts(slide))
    title = next((part for part in parts if part.get(_CLASS) == "title"), None)
    if title is not None:
        draft.heading(1, " ".join(_paragraphs(title)))
    for part in parts:
        if part is title or part.get(_CLASS) in _FURNITURE:
            continue
        if local_name(part) == "table":
            draft.block(table_rows([list(_cells(row)) for row in find_all(part, "table-row")]))
        else:
            draft.block("\n".join(_paragraphs(part)))


def _parts(slide: Element) -> Iterator[Element]:
    """Yield frames, shapes with text and tables, groups and the notes opened, in their order."""
    waiting = list(reversed(slide))
    while waiting:
        element = waiting.pop()
        name = local_name(element)
        if name == "frame" and (table := next(find_all(element, "table"), None)) is not None:
            yield table
        elif name in ("g", "notes"):
            waiting.extend(reversed(element))
        elif name in ("frame", "custom-shape", "rect", "ellipse", "line", "connector", "polygon", "path", "caption"):
            yield element


def _paragraphs(part: Element) -> Iterator[str]:
    """Yield the lines of a part; items of lists within lists are indented."""
    waiting = [(part, 0)]
    while waiting:
        element, depth = waiting.pop()
        name = local_name(element)
        if name in ("p", "h"):
            text = one_line(_text(element))
            if text:
                yield f"{'  ' * (depth - 2)}- {text}" if depth > 1 else text
        else:
            waiting.extend((child, depth + (name == "list")) for child in reversed(element))


def _text(paragraph: Element) -> str:
    parts = [paragraph.text or ""]
    for child in paragraph:
        name = local_name(child)
        if name == "s":
            parts.append(" " * min(int(child.get(_SPACES, "1")), 100) if child.get(_SPACES, "1").isdecimal() else " ")
        elif name in ("tab", "line-break"):
            parts.append(" ")
        elif name not in ("annotation", "note"):
            parts.append(_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _cells(row: Element) -> Iterator[str]:
    for cell in row:
        if local_name(cell) in ("table-cell", "covered-table-cell"):
            repeated = cell.get(_REPEATED, "1")
            text = " ".join(_paragraphs(cell))
            yield from [text] * (min(int(repeated), _MAX_REPEATED) if repeated.isdecimal() else 1)
