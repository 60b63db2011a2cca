"""Which lines of a PDF are headings: kreuzberg's guesses by font size, sifted."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from .draft import clean, one_line
from .pdf_repair import mend_subfonts

Candidates = dict[int, int]  # number of the line on its page -> level

_NUMBERED = re.compile(
    r"(?:(?:chapter|section|part|appendix)\b|\d{1,2}(?:\.\d{1,3}){0,4}\.?\s|[IVXⅠ-Ⅻ]{1,5}\.\s|제 ?\d+ ?[장절편부])",
    re.I,
)
_NOT_A_HEADING = re.compile(r"[\\{}$=|]|\.{3}|(?: \.){3}|…|^\W*(?:figure|table|fig\.|그림|표)\s|^[(\[•\-]|https?:")
_UNFINISHED = re.compile(r"[.,;:다]$|[,;]\s*$|\b(?:the|of|and|a|to|in|for|by|with)$")
_MAX_CHARS = 120
_MAX_REPEATS = 2


def find_headings(result: Any, pages: list[list[str]]) -> dict[int, Candidates]:
    """Return the heading lines of each page, by page number.

    Clusters of font sizes take sentences in a larger hand, figures' labels and running heads
    for headings. A wrong heading parts a passage and names it wrongly, while a missing one
    costs little, so doubtful ones are left out.
    """
    numbers = [page["page_number"] for page in result.pages or []]
    guesses: dict[int, dict[str, int]] = {}
    repeats: Counter[str] = Counter()
    for node in (result.document or {}).get("nodes", []):
        content = node["content"]
        if content["node_type"] == "heading" and node.get("page"):
            for part in mend_subfonts([content["text"]])[0].split("\n")[:2]:
                text = _key(part)
                guesses.setdefault(node["page"], {}).setdefault(text, content["level"])
                repeats[text] += 1
    found: dict[int, Candidates] = {}
    for number, lines in zip(numbers, pages, strict=True):
        on_page = guesses.get(number, {})
        candidates = {
            position: on_page[key]
            for position, line in enumerate(lines)
            if (key := _key(line)) in on_page and repeats[key] <= _MAX_REPEATS and _reads_as_heading(lines, position)
        }
        found[number] = candidates
    return found


def _reads_as_heading(lines: list[str], position: int) -> bool:
    line = lines[position].strip()
    letters = sum(1 for character in line if character.isalpha())
    if len(line) > _MAX_CHARS or letters < 2 or letters * 2 < len(line.replace(" ", "")):
        return False
    if _NOT_A_HEADING.search(line) or line[:1].islower():
        return False
    if _NUMBERED.match(line):
        return True
    if _UNFINISHED.search(line):
        return False
    following = lines[position + 1 : position + 4]
    # Something longer must follow: labels in figures and cells in tables have no text of their own.
    return any(len(other) > len(line) + 10 for other in following)


def _key(text: str) -> str:
    return one_line(clean(text))
