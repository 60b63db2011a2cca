"""Which lines of a PDF are headings: kreuzberg's guesses by font size, sifted."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from .draft import clean, one_line
from .pdf_repair import mend_subfonts

NUMBERED = re.compile(
    r"(?P<word>(?:chapter|section|part|appendix)\s+[\dA-Z]{1,4}\b|제 ?\d+ ?[장절편부]|[IVXⅠ-Ⅻ]{1,5}\.)|"
    r"(?P<digits>\d{1,2}(?:\.\d{1,3}){0,4})\.?(?=\s)",
    re.IGNORECASE,
)
# Found by its form alone where its letters are no larger than the text's.
_OUTLINE_NUMBER = re.compile(r"\d{1,2}\.\d{1,2}(?:\.\d{1,2})?\.? {1,4}[^\W\d_a-z][^\d]{3,80}\Z")
_NOT_A_HEADING = re.compile(
    r"[\\{}$=|#©]|\.{3}|(?: \.){3}|…|^\W*(?:figure|table|fig\.|그림|표)\s|^[(\[•\-]|https?:|[.!?다] \w", re.IGNORECASE
)
_UNFINISHED = re.compile(r"[.,;:다는은을를며면고]$|\b(?:the|of|and|a|to|in|for|by|with)$")
_MARKS = re.compile("[\ue000\ue001]")
_MAX_CHARS = 100
_MAX_REPEATS = 2
_LAST_CHAPTER = 40
_NUMBERED_DOCUMENT = 4  # headings with numbers: such a document numbers them all but the greatest


@dataclass(frozen=True, slots=True)
class HeadingLine:
    level: int
    lines: int  # that it takes


@dataclass(frozen=True, slots=True)
class _Found:
    own_level: int  # that its number tells, else 0
    guessed: int  # by the size of its letters, else 0


Candidates = dict[int, HeadingLine]  # by the number of the line on its page


def find_headings(result: Any, pages: list[list[str]]) -> dict[int, Candidates]:
    """Return the heading lines of each page, by page number.

    Clusters of font sizes take sentences in a larger hand, figures' labels and running heads
    for headings. A wrong heading parts a passage and names it wrongly, while a missing one
    costs little, so doubtful ones are left out.
    """
    numbers = [page["page_number"] for page in result.pages or []]
    guesses, repeats = _guesses(result)
    found: dict[int, dict[int, _Found]] = {}
    top = 0  # the last number of a chapter: «2 apples» in the third one begins none
    for number, lines in zip(numbers, pages, strict=True):
        on_page = guesses.get(number, {})
        found[number] = {}
        for position, line in enumerate(lines):
            key = _key(line)
            guessed = on_page.get(key, 0) if repeats[key] <= _MAX_REPEATS else 0
            if not (guessed or _OUTLINE_NUMBER.match(key)) or not _reads_as_heading(lines, position):
                continue
            chapter = _chapter(key)
            if chapter and not top < chapter <= _LAST_CHAPTER:
                continue
            top = chapter or top
            found[number][position] = _Found(_level(key), guessed)
    numbered = sum(1 for page in found.values() for entry in page.values() if entry.own_level)
    deepest = 1 if numbered >= _NUMBERED_DOCUMENT else 9
    return {number: _joined(lines, found[number], deepest) for number, lines in zip(numbers, pages, strict=True)}


def _guesses(result: Any) -> tuple[dict[int, dict[str, int]], Counter[str]]:
    """Return kreuzberg's guesses as levels by page and text, and how often each text comes."""
    guesses: dict[int, dict[str, int]] = {}
    repeats: Counter[str] = Counter()
    for node in (result.document or {}).get("nodes", []):
        content = node["content"]
        if content["node_type"] != "heading" or not node.get("page"):
            continue
        parts = mend_subfonts([content["text"]])[0].split("\n")
        if len(parts) > 1 and content["level"] > 2:
            continue  # a paragraph
        for part in parts[:2]:
            text = _key(part)
            guesses.setdefault(node["page"], {}).setdefault(text, content["level"])
            repeats[text] += 1
    return guesses, repeats


def _level(line: str) -> int:
    """Return the level that a heading's own number tells, else 0."""
    number = NUMBERED.match(line.strip())
    if not number:
        return 0
    return number["digits"].count(".") + 1 if number["digits"] else 1


def _chapter(line: str) -> int:
    """Return the number of a heading numbered without a dot, else 0."""
    number = NUMBERED.match(line)
    return int(number["digits"]) if number and number["digits"] and "." not in number["digits"] else 0


def _joined(lines: list[str], found: dict[int, _Found], deepest: int) -> Candidates:
    """Make one heading of «Chapter 3» and the title, or of a title and its rest, on the line below."""
    joined: Candidates = {}
    skip = -1
    for position, entry in found.items():
        if position == skip or not (entry.own_level or entry.guessed <= deepest):
            continue
        number = NUMBERED.match(lines[position].strip())
        bare = number is not None and not lines[position].strip()[number.end() :].strip(" .")
        rest = found.get(position + 1)
        takes = 1
        if entry.own_level and rest is not None and not rest.own_level and (bare or rest.guessed == entry.guessed):
            takes, skip = 2, position + 1
        joined[position] = HeadingLine(entry.own_level or entry.guessed + 1, takes)
    return joined


def _reads_as_heading(lines: list[str], position: int) -> bool:
    line = _key(lines[position])
    letters = sum(1 for character in line if character.isalpha())
    if len(line) > _MAX_CHARS or letters < 2 or letters * 2 < len(line.replace(" ", "")):
        return False
    if _NOT_A_HEADING.search(line) or line[:1].islower() or _UNFINISHED.search(line):
        return False
    number = NUMBERED.match(line)
    if number:
        if _chapter(line) and line[number.end() :].lstrip(" .")[:1].islower():
            return False
        return position == 0 or not _OUTLINE_NUMBER.match(line) or _is_end(lines[position - 1])
    following = lines[position + 1 : position + 4]
    # Something longer must follow: labels in figures and cells in tables have no text of their own.
    return any(len(other) > len(line) + 10 for other in following)


def _is_end(line: str) -> bool:
    """Say whether a line can be the last of a paragraph, so that a heading may follow."""
    return len(_key(line)) < _MAX_CHARS * 0.6 or _key(line)[-1:] in '.!?:;)”"'


def _key(text: str) -> str:
    return one_line(_MARKS.sub("", clean(text)))
