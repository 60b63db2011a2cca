"""What kreuzberg reads for us: PDF text by page, and the block structure of office formats."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .draft import Draft, Refusal, one_line, table_rows

# Order matters: a message names its most specific cause first.
_CAUSES = (
    ("password", re.compile(r"password|encrypted", re.IGNORECASE)),
    (
        "too_complex",
        re.compile(r"limit|too (?:large|many|deep|big)|exceed|bomb|depth|nest|ratio|memory|timed? ?out", re.IGNORECASE),
    ),
)
_MARKS = re.compile(r"\\?(\*\*|~~|</?u\\?>|\\<u\\>)|\\([\\*_<>\[\]#~`|!])")
_EMPHASIS = re.compile(r"(?<![\w*\\])\*(?! )([^*\n]{1,500})(?<! )\*(?![\w*])")
_LINK = re.compile(r"\[([^\[\]\n]{0,500})\]\((?:[^()\s]{1,2000})\)")


def extract(path: Path, media_type: str) -> Any:
    """Run kreuzberg on ``path`` and translate what it raises.

    Raises:
        Refusal: with the cause that the message of kreuzberg points at.
    """
    import kreuzberg

    config = kreuzberg.ExtractionConfig(
        use_cache=False,  # its cache is pickled files in the home folder
        enable_quality_processing=False,  # it drops lines that look like noise, tables among them
        include_document_structure=True,
        output_format="markdown",  # the only format with headings found in PDFs
        pages=kreuzberg.PageConfig(extract_pages=True),
        concurrency=kreuzberg.ConcurrencyConfig(max_threads=1),
        postprocessor=kreuzberg.PostProcessorConfig(enabled=False),
    )
    try:
        return kreuzberg.extract_file_sync(path, media_type, config=config)
    except kreuzberg.KreuzbergError as error:
        message = str(error)
        for code, pattern in _CAUSES:
            if pattern.search(message):
                raise Refusal(code, message) from error
        raise Refusal("broken", message) from error


def read_office(path: Path, draft: Draft, media_type: str) -> None:
    """Read DOCX, XLSX, ODT, ODS, RTF and Outlook messages from their blocks."""
    result = extract(path, media_type)
    draft.title = title_of(result)
    nodes = (result.document or {}).get("nodes", [])
    if not nodes:
        draft.block(result.content)
    after_item = False
    for node in nodes:
        after_item = _add_node(node["content"], draft, after_item)


def title_of(result: Any) -> str | None:
    """Return the title that the file states, if it states one."""
    title = dict(result.metadata).get("title")
    return one_line(title) or None if isinstance(title, str) else None


def _add_node(content: dict[str, Any], draft: Draft, after_item: bool) -> bool:
    """Append one node; return whether it was an item of a list."""
    kind = content["node_type"]
    if kind == "heading":
        draft.heading(content["level"], plain(content["text"]))
    elif kind == "table":
        draft.block(table_rows(_grid_rows(content["grid"])))
    elif kind == "list_item":
        draft.block("- " + plain(content["text"]), joined_by="\n" if after_item else "\n\n")
        return True
    elif kind == "metadata_block":
        entries = [(str(name), str(value)) for name, value in content["entries"]]
        draft.block("\n".join(f"{name}: {value}" for name, value in entries))
        subject = next((value for name, value in entries if name == "Subject"), "")
        draft.title = draft.title or one_line(subject) or None
    elif kind == "code":
        draft.block(content["text"])
    elif kind not in ("group", "list", "image", "page_break"):
        draft.block(plain(str(content.get("text") or "")))
    # "list" only wraps its items, so it does not part two runs of one list
    return after_item if kind == "list" else False


def _grid_rows(grid: dict[str, Any]) -> list[list[str]]:
    rows = [[""] * grid["cols"] for _ in range(grid["rows"])]
    for cell in grid["cells"]:
        if cell["row"] < len(rows) and cell["col"] < grid["cols"]:
            rows[cell["row"]][cell["col"]] = plain(cell["content"])
    return rows


def plain(text: str) -> str:
    """Return ``text`` without the Markdown that kreuzberg leaves in cells and links."""
    return _MARKS.sub(lambda mark: mark[2] or "", _EMPHASIS.sub(r"\1", _LINK.sub(r"\1", text)))
