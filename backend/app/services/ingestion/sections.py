"""A document's headings as sections, each with the path of headings that leads to it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from backend.app.domain.documents import ExtractedDocument

_SEPARATOR = " › "
_PATH_CHARS = 200
_STEP_CHARS = 80
_MAX_DEPTH = 9


@dataclass(frozen=True, slots=True)
class Section:
    """``text[start:end]`` from one heading to the next; ``path`` names it from the outside in."""

    start: int
    end: int
    path: tuple[str, ...]

    @property
    def heading(self) -> str | None:
        """The path in one line; where it is too long, its outer steps give way.

        A chapter that begins with a section of its own name is named once.
        """
        steps = [_shortened(step) for step, _ in groupby(self.path)]
        while len(steps) > 1 and len(_SEPARATOR.join(steps)) > _PATH_CHARS:
            del steps[0]
        return _SEPARATOR.join(steps) or None

    def holds(self, other: Section) -> bool:
        """Say whether ``other`` lies under this section."""
        return other.path[: len(self.path)] == self.path

    def is_beside(self, other: Section) -> bool:
        """Say whether ``other`` lies under the same parent, but for the document itself."""
        depth = len(self.path)
        return depth > 1 and len(other.path) >= depth and other.path[: depth - 1] == self.path[:-1]


def sections(document: ExtractedDocument, longest_run: int) -> list[Section]:
    """Cut the text at its headings.

    Headings with nothing between them, such as a chapter's and its first section's, open one
    section together as long as each lies deeper than the last and all fit in ``longest_run``.
    """
    text = document.text
    found: list[Section] = []
    stack: list[tuple[int, str]] = []
    start = 0
    body_from = 0  # where the text of the open section begins, behind its headings
    level_before = 0
    for heading in sorted(document.headings, key=lambda entry: entry.start):
        if not start <= heading.start < len(text) or (heading.start == start and level_before):
            continue
        bare = level_before > 0 and not text[body_from : heading.start].strip()
        joins = bare and heading.level > level_before and heading.start - start < longest_run
        if not joins and heading.start > start:
            found.append(Section(start, heading.start, tuple(title for _, title in stack)))
            start = heading.start
        while stack and (stack[-1][0] >= heading.level or len(stack) >= _MAX_DEPTH):
            stack.pop()
        stack.append((heading.level, heading.text))
        body_from = heading_end(text, heading.start, heading.text)
        level_before = heading.level
    found.append(Section(start, len(text), tuple(title for _, title in stack)))
    return [section for section in found if text[section.start : section.end].strip()]


def heading_end(text: str, start: int, title: str) -> int:
    """Return where the line of a heading ends, its underline included."""
    end = text.find("\n", start)
    if end < 0:
        return len(text)
    following = text.find("\n", end + 1)
    line = text[end + 1 : following if following >= 0 else len(text)].strip()
    underlined = len(line) >= 1 and len(set(line)) == 1 and not line[0].isalnum()
    return (following if following >= 0 else len(text)) if underlined else end


def _shortened(step: str) -> str:
    return step if len(step) <= _STEP_CHARS else step[: _STEP_CHARS - 1].rstrip() + "…"
