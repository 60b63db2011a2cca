"""Source code as it is written, with its outermost definitions as headings.

A definition is told by its line alone. That misses what a macro or a line break hides, which costs
a heading and no text; a parser for each language would cost a package for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .draft import Draft, clean
from .encoding import decode

_NAME = r"[\w$.]+"
_WORDS = r"(?:export |default |declare |public |private |protected |internal |static |final |abstract |sealed |open |data |async |unsafe |extern |override |partial |inline )*+"


def _pattern(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(forms))


_BRACES = _pattern(
    rf"{_WORDS}(?:class|interface|enum|record|struct|trait|object|protocol|extension|namespace|module|union) {_NAME}",
    rf"{_WORDS}(?:function\*?|fun|func|fn) (?:\([^()]{{0,200}}\) )?{_NAME}",
    rf"{_WORDS}type {_NAME} ?(?:=|struct|interface|<)",
    rf"{_WORDS}(?:const|let|var|val) {_NAME} ?= ?(?:async )?(?:function|\([^()]{{0,200}}\) ?=>)",
    rf"pub(?:\([\w ]+\))? (?:async |unsafe |const )*(?:fn|struct|enum|trait|mod|type|union) {_NAME}",
    r"impl(?:<[^>]{0,200}>)? [\w<>:, &']{1,200}(?= ?\{)",
    rf"(?:macro_rules!|mod|defmodule) {_NAME}",
    # C and its kin: a result, a name and parameters at the beginning of a line, without a semicolon
    r"(?!(?:if|for|while|switch|return|else|do|case|throw|new|using|import|package) )[A-Za-z_][\w:<>,*& \[\]]{0,120}[ *&][\w:~]+\([^;{}]{0,300}\)[\w ]{0,40}\{?[ \t]*$",
)
_LANGUAGES: dict[str, re.Pattern[str]] = {
    "text/x-python": _pattern(rf"(?:async )?def {_NAME}", rf"class {_NAME}"),
    "text/x-ruby": _pattern(r"(?:class|module|def) [\w:.?!=]+"),
    "text/x-shellscript": _pattern(r"(?:function )?[\w-]+ ?\(\)", r"function [\w-]+"),
    "text/x-perl": _pattern(r"(?:sub|package) [\w:]+"),
    "text/x-lua": _pattern(r"(?:local )?function [\w.:]+"),
    "text/x-r": _pattern(r"[\w.]+ ?(?:<-|=) ?function"),
    "text/x-sql": re.compile(
        r"create (?:or replace )?(?:temp(?:orary)? )?(?:unique )?"
        r"(?:table|view|materialized view|function|procedure|trigger|index|type|schema) (?:if not exists )?[\w.\"`\[\]]+",
        re.IGNORECASE,
    ),
    "text/x-ini": _pattern(r"\[\[?[^\[\]]{1,200}\]\]?"),
    "text/x-yaml": _pattern(r"[\w.-]+:(?=\s|$)"),
    "text/x-haskell": _pattern(rf"(?:data|newtype|class|instance|type|module) {_NAME}", r"\w+ ::"),
    "text/x-elixir": _pattern(r"(?:defmodule|defprotocol) [\w.]+"),
    "text/x-julia": _pattern(rf"(?:function|struct|mutable struct|module|macro) {_NAME}"),
    "text/x-makefile": _pattern(r"[\w./-]+ ?:(?!=)"),
    "text/x-protobuf": _pattern(rf"(?:message|service|enum) {_NAME}"),
    "text/x-graphql": _pattern(rf"(?:type|input|interface|enum|scalar|union|query|mutation) {_NAME}"),
    "text/x-hcl": _pattern(r"(?:resource|data|module|variable|output|provider|locals)\b[^{]{0,200}(?=\{)"),
}
# Texts with marked headings: the marks tell the level.
_MARKED: dict[str, re.Pattern[str]] = {
    "text/x-tex": re.compile(r"\\(part|chapter|section|subsection|subsubsection)\*?\{([^{}]{1,200})\}"),
    "text/x-asciidoc": re.compile(r"(={1,6}) (\S.{0,200})"),
    "text/x-org": re.compile(r"(\*{1,6}) (\S.{0,200})"),
}
_TEX_LEVELS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4}
_PLAIN = frozenset({"text/x-css", "text/x-xml", "text/x-batch", "text/x-component"})
_MAX_LINE = 400
_MAX_HEADINGS = 2000
_HEADING_CHARS = 100


def read_source_code(path: Path, draft: Draft, media_type: str) -> None:
    """Read a source file; indentation and blank lines stay as they are."""
    text = clean(decode(path.read_bytes())).strip("\n")
    start = draft.verbatim(text)
    if start is None or media_type in _PLAIN:
        return
    marked = _MARKED.get(media_type)
    found = _headings(text, marked) if marked else _definitions(text, _LANGUAGES.get(media_type, _BRACES))
    for _, (offset, level, title) in zip(range(_MAX_HEADINGS), found, strict=False):
        draft.mark_heading(start + offset, level, title)


def _definitions(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int, str]]:
    for offset, line in _lines(text):
        if line[:1].strip() and (found := pattern.match(line)):
            yield offset, 1, found[0].split(" =")[0].strip(" \t{:=(")[:_HEADING_CHARS]


def _headings(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int, str]]:
    for offset, line in _lines(text):
        if found := pattern.match(line):
            yield offset, _TEX_LEVELS.get(found[1], len(found[1])), found[2].strip()


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that a person wrote, each with its place."""
    offset = 0
    for line in text.split("\n"):
        if len(line) <= _MAX_LINE:
            yield offset, line
        offset += len(line) + 1
