"""Jupyter notebooks: cells in their order, with what they printed. Kreuzberg mangles what is not ASCII in their tables."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from .draft import Draft, Refusal
from .encoding import decode
from .html import add_html
from .plaintext import add_markdown

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def read_notebook(path: Path, draft: Draft) -> None:
    """Read text as Markdown with its headings, code as written, and of output what is text or a table.

    Raises:
        Refusal: ``broken`` for what is no notebook.
    """
    try:
        notebook = json.loads(decode(path.read_bytes()))
    except ValueError as error:
        raise Refusal("broken", f"JSON: {error}") from error
    for cell in _cells(notebook):
        source = _joined(cell.get("source", cell.get("input")))
        if cell.get("cell_type") == "markdown":
            add_markdown(draft, source)
        elif cell.get("cell_type") == "heading":  # of the third format
            draft.heading(cell["level"] if isinstance(cell.get("level"), int) else 1, source)
        else:
            draft.block(source)
        for output in _dictionaries(cell.get("outputs")):
            _add_output(output, draft)


def _cells(notebook: Any) -> list[dict[str, Any]]:
    """Return the cells of the fourth format, or those of the sheets of the third."""
    if not isinstance(notebook, dict) or not ("cells" in notebook or "worksheets" in notebook):
        raise Refusal("broken", "JSON, but no notebook")
    sheets = _dictionaries(notebook.get("worksheets"))
    return [cell for sheet in [notebook, *sheets] for cell in _dictionaries(sheet.get("cells"))]


def _add_output(output: dict[str, Any], draft: Draft) -> None:
    data = output.get("data")
    shown: dict[str, Any] = data if isinstance(data, dict) else output
    markup = _joined(shown.get("text/html", shown.get("html")))
    if "<table" in markup:
        add_html(markup, draft)
    elif output.get("output_type") in ("error", "pyerr"):
        draft.block(f"{output.get('ename', '')}: {output.get('evalue', '')}")
    elif markdown := _joined(shown.get("text/markdown")):
        draft.block(markdown)
    else:
        draft.block(_COLOUR.sub("", _joined(shown.get("text/plain", shown.get("text")))))


def _joined(text: Any) -> str:
    """Return a text that may be kept as a list of lines; nothing for what is none."""
    lines = text if isinstance(text, list) else [text]
    return "".join(line for line in lines if isinstance(line, str))


def _dictionaries(entries: Any) -> list[dict[str, Any]]:
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
