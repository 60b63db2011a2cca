"""Sentences of English and Korean text as it comes out of documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

MAX_SENTENCE_CHARS = 600
_WRAP_SHARE = 0.7  # a line this long, next to the longest of its text, was probably wrapped

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_LIST_ITEM = re.compile(r"\s*(?:[-*•‣◦▪·○●■□▶※]|\(?\d{1,3}[.)]|\(?[a-zA-Z가-하][.)]|[①-⑳])\s")
_HEADING = re.compile(r"\s*#{1,6}\s")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_TABLE_ROW = re.compile(r"\s*\|.*\||[^|]*\|[^|]*\||[^\t]*\t[^\t]*\t")

# An end of a sentence: marks, then closing quotes, then reference markers set behind the stop.
_CLOSING = r"[\"'”’」』»)\]]*"
_MARKERS = r"(?:[ \t]?\[[^\[\]\s]{1,12}\]|【\d+】)*"
_END = re.compile(
    rf"(?:[.!?…]+{_CLOSING}{_MARKERS}(?=\s|\Z)"  # followed by a space
    rf"|[。！？]+{_CLOSING}{_MARKERS}"  # full-width marks need none
    rf"|(?<=[다요죠까])[.!?]+{_CLOSING}{_MARKERS}(?=[가-힣\"'“‘]))"  # nor a Korean ending
)
_WORD_BEFORE = re.compile(r"[\w.&’']+\Z")
_ABBREVIATED = """
    mr mrs ms dr prof st sr jr vs e.g i.e eg ie cf ca approx est inc ltd co corp bros no nos fig figs eq eqs sec secs ch
    vol vols pp p par ed eds al gen col lt sgt capt cmdr adm rev hon gov sen rep pres mt ft ave blvd rd dept univ
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun
"""
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_ACRONYM = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]?|[A-Z]")
# After "U.S." or an initial, only a word that begins sentences far more often than names.
_STARTER = re.compile(
    r"[\"'“‘(]*(?:The|This|That|These|Those|It|He|She|They|We|In|On|At|A|An|As|However|But|And|For|When|While|After|Its|His|Her)\b"
)

# What goes on after a quotation: "정말?" 하고 물었다.
_AFTER_QUOTE = re.compile(r"(?:이?라[고며는]|하[고며는]|고|며|는|란|[은을를의에])(?:\s|했|한|말)")
_QUOTES = "\"'”’」』»"


def sentence_spans(text: str) -> list[Span]:
    """Return ``(start, end)`` of each sentence, heading, list item, table row and line of code.

    The spans are in order, do not overlap, hold no blanks at their ends, and leave out nothing
    but white space. One longer than ``MAX_SENTENCE_CHARS`` is cut at a space.
    """
    spans: list[Span] = []
    for start, end, splittable in _blocks(text):
        for sentence in _sentences(text, start, end) if splittable else ((start, end),):
            spans.extend(_bounded(text, *_stripped(text, *sentence)))
    return spans


def _blocks(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield paragraphs, with the lines that a page's width had cut put together again.

    The last value tells whether a block is prose; table rows, headings and code are not split.
    """
    lines = [(match.start(), match.end()) for match in _LINE.finditer(text) if match.end() > match.start()]
    width = max((end - start for start, end in lines), default=0)
    begun: int | None = None
    last = 0
    in_code = False
    for start, end in lines:
        line = text[start:end]
        fence = bool(_FENCE.match(line))
        alone = fence or in_code or bool(_HEADING.match(line) or _TABLE_ROW.match(line))
        in_code ^= fence
        if begun is not None and (alone or not line.strip() or _LIST_ITEM.match(line)):
            yield begun, last, True
            begun = None
        if alone:
            yield start, end, False
        elif line.strip():
            begun, last = start if begun is None else begun, end
            if end - start < width * _WRAP_SHARE:  # the line ended by itself
                yield begun, last, True
                begun = None
    if begun is not None:
        yield begun, last, True


def _sentences(text: str, start: int, end: int) -> Iterator[Span]:
    item = _LIST_ITEM.match(text, start, end)
    position = item.end() if item else start  # the stop in "1. First" ends nothing
    for match in _END.finditer(text, position, end):
        if match.end() > start and _is_end(text, match.start(), match.end(), start, end):
            yield start, match.end()
            start = match.end()
    if start < end:
        yield start, end


def _is_end(text: str, mark: int, after: int, start: int, end: int) -> bool:
    following = text[after : min(end, after + 40)].lstrip()
    if not following or text[mark] in "。！？":
        return True
    if following[0].islower() or (text[after - 1] in _QUOTES and _AFTER_QUOTE.match(following)):
        return False
    if text[mark] != "." or text[mark : mark + 2] == "..":
        return True
    match = _WORD_BEFORE.search(text, max(start, mark - 24), mark)
    word = match.group() if match else ""
    if word.lower() in _ABBREVIATIONS:
        return False
    if _ACRONYM.fullmatch(word):
        return bool(_STARTER.match(following))
    return not (word.isdigit() and _in_date(word, following))


def _in_date(number: str, following: str) -> bool:
    """Tell a Korean date, ``2019. 3. 5. 서울``, from a number at the end of a sentence."""
    if len(number) <= 4 and re.match(r"\d{1,2}[.일]", following):
        return True
    return len(number) <= 2 and "\uac00" <= following[0] <= "\ud7a3"


def _bounded(text: str, start: int, end: int) -> Iterator[Span]:
    while end - start > MAX_SENTENCE_CHARS:
        cut = max(text.rfind(blank, start + MAX_SENTENCE_CHARS // 2, start + MAX_SENTENCE_CHARS) for blank in " \n\t")
        cut = cut if cut > 0 else start + MAX_SENTENCE_CHARS
        yield _stripped(text, start, cut)
        start = _stripped(text, cut, end)[0]
    if start < end:
        yield start, end


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip()) if piece.strip() else start
