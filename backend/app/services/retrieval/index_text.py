"""The text under which a passage is found."""

from __future__ import annotations

from backend.app.domain.documents import Passage


def index_text(title: str, passage: Passage) -> str:
    """Return the passage with the document's title and its headings before it.

    A passage seldom names what it is about; its title does. Both branches index the same text.
    """
    context = [part for part in (title, passage.heading) if part]
    return "\n".join([*context, passage.text])
