"""What people have noted on a Word document or a sheet, which kreuzberg leaves out."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element

from .draft import Draft, one_line
from .package import Package, find_all

_FOR_OLDER_PROGRAMS = re.compile(r"^\[Threaded comment\].{0,400}? Comment: ")
_PART = re.compile(r"word/comments\.xml|xl/(?:comments\d*|comments/comment\d+)\.xml")


def add_comments(path: Path, draft: Draft) -> None:
    """Append the comments, each with its author or its cell."""
    package = Package(path)
    for name in sorted(filter(_PART.fullmatch, package.names)):
        for comment in find_all(package.xml(name), "comment"):
            text = one_line(" ".join("".join(_letters(part)) for part in _paragraphs(comment)))
            if text:
                draft.block(f"Comment{_about(comment)}: {_FOR_OLDER_PROGRAMS.sub('', text)}")


def _paragraphs(comment: Element) -> list[Element]:
    return list(find_all(comment, "p")) or [comment]


def _letters(paragraph: Element) -> list[str]:
    return [element.text or "" for element in find_all(paragraph, "t")]


def _about(comment: Element) -> str:
    said = {name.rpartition("}")[2]: value for name, value in comment.attrib.items()}
    who = said.get("author") or said.get("ref") or ""
    return f" ({one_line(who)})" if who else ""
