"""Text with the differences taken out that copying makes: form, case, white space, quote marks."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cached_property

# A character with what composes with it under NFC: accents, and the vowels and finals of Jamo.
_CLUSTER = re.compile(
    r"\S[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u1160-\u11ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]*"
)
_SAME = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-", "—": "-", "\xad": None, "\u200b": None}
)


def fold(text: str) -> str:
    """Return ``text`` in NFKC and lower case, without any white space."""
    return _folded("".join(text.split()))


class FoldedText:
    """A text in which quotes are found in spite of folding, at their places in the original."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def folded(self) -> str:
        return fold(self._text)

    def find(self, folded_quote: str) -> tuple[int, int] | None:
        """Return the place in the original text of an already folded quote."""
        if not folded_quote or folded_quote not in self.folded:
            return None
        pieces, starts, spans = self._clusters
        at = pieces.find(folded_quote)
        if at < 0:  # letters that compose over the borders of clusters
            return None
        first = bisect_right(starts, at) - 1
        last = bisect_right(starts, at + len(folded_quote) - 1) - 1
        return spans[first][0], spans[last][1]

    @cached_property
    def _clusters(self) -> tuple[str, list[int], list[tuple[int, int]]]:
        """The folded text cluster by cluster, where in it each begins, and where it stands in the original.

        Fifty times slower than folding alone, so only for a quote that is there: most claims are
        in words of their own.
        """
        pieces: list[str] = []
        starts: list[int] = []
        spans: list[tuple[int, int]] = []
        length = 0
        for match in _CLUSTER.finditer(self._text):
            if piece := _folded(match.group()):
                pieces.append(piece)
                starts.append(length)
                spans.append(match.span())
                length += len(piece)
        return "".join(pieces), starts, spans


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(unicodedata.normalize("NFKC", text).translate(_SAME).lower().split())
