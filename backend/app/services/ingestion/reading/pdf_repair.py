"""Faults of PDF text that have one certain cause and one certain cure."""

from __future__ import annotations

import re
from collections import Counter

_HYPHEN = re.compile(r"(?<![^\W\d_])([^\W\d_]++)[\x02\ufffe]([^\W\d_]++)")
_HYPHEN_LINE = re.compile(r"(?<![a-z])([a-z]{2,}+)-[ ]?\r?\n([a-z]{2,})")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# kotex wrote PDFs whose Korean fonts hold Latin letters, with two /ToUnicode maps of which
# PDFium takes the wrong one: every ASCII letter comes out 0xC900 higher. Digits and stops
# become syllables that no Korean word has (줮, 줰, 줱 ...), which gives such a file away.
_SUBFONT_OFFSET = 0xC900
_IMPOSSIBLE = re.compile("[줮줰줱줲줳줴줵줶줷줹]")
_SHIFTED = re.compile("[줡-쥾]")


def mend_hyphens(texts: list[str]) -> list[str]:
    """Close words that were hyphenated at a line's end.

    PDFium puts U+0002 where a hyphen ended a line and joins the lines. The word keeps its
    hyphen only if the document writes it so elsewhere and never in one piece.
    """
    if not any("\x02" in text or "\ufffe" in text or "-" in text for text in texts):
        return texts
    words = Counter(word.lower() for text in texts for word in _WORD.findall(text))

    def mended(match: re.Match[str]) -> str:
        first, second = match[1], match[2]
        whole, parted = (first + second).lower(), f"{first}-{second}".lower()
        hyphen = words[parted] > words[whole] or not (first.isascii() and second.isascii() and second.islower())
        return f"{first}-{second}" if hyphen else first + second

    closed = (_HYPHEN_LINE.sub(mended, _HYPHEN.sub(mended, text)) for text in texts)
    return [text.replace("\x02", "-").replace("\ufffe", "-") for text in closed]


def mend_subfonts(texts: list[str]) -> list[str]:
    """Give Latin letters their own code points back in PDFs made by kotex."""
    whole = "".join(texts)
    if len(_IMPOSSIBLE.findall(whole)) < max(5, len(whole) // 500):
        return texts
    return [_SHIFTED.sub(lambda match: chr(ord(match[0]) - _SUBFONT_OFFSET), text) for text in texts]
