"""EPUB: the chapters in the order of the book's spine."""

from __future__ import annotations

import posixpath
from pathlib import Path

from .draft import Draft, Refusal, one_line
from .encoding import decode
from .html import add_html
from .package import Package, find_all, resolve


def read_epub(path: Path, draft: Draft) -> None:
    """Read the chapters of a book.

    Raises:
        Refusal: ``password`` for a book under DRM, ``broken`` without a readable spine.
    """
    package = Package(path)
    root = next(find_all(package.xml("META-INF/container.xml"), "rootfile"), None)
    if root is None:
        raise Refusal("broken", "no rootfile in container.xml")
    name = resolve("", root.get("full-path", ""))
    book = package.xml(name)
    title = next(find_all(book, "title"), None)
    draft.title = one_line(title.text or "") or None if title is not None else None
    book_title = draft.title
    items = {item.get("id", ""): item for item in find_all(book, "item")}
    for reference in find_all(book, "itemref"):
        item = items.get(reference.get("idref", ""))
        if item is None or "nav" in item.get("properties", "").split() or reference.get("linear") == "no":
            continue
        chapter = resolve(posixpath.dirname(name), item.get("href", ""))
        if package.has(chapter) and "html" in item.get("media-type", "html"):
            data = package.read(chapter)
            if package.has("META-INF/encryption.xml") and b"<" not in data[:200]:
                raise Refusal("password", "encrypted chapters")
            add_html(decode(data), draft)
    draft.title = book_title
