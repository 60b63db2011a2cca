"""Text with the differences taken out that copying makes: form, case, white space, quote marks."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

# A character with what composes with it under NFC: accents, and the vowels and finals of Jamo.
_CLUSTER = re.compile(
    r"\S[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u1160-\u11ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]*"
)
_SAME = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-", "—": "-", "\xad": None, "\u200b": None}
)


def fold(text: str) -> str:
    """Return ``text`` in NFKC and lower case, without any white space."""
    return FoldedText(text).folded


class FoldedText:
    """A text in which quotes are found in spite of folding, at their places in the original."""

    def __init__(self, text: str) -> None:
        pieces: list[str] = []
        self._starts: list[int] = []  # where in the folded text each cluster begins
        self._spans: list[tuple[int, int]] = []  # and where it stands in the original
        length = 0
        for match in _CLUSTER.finditer(text):
            piece = _folded_cluster(match.group())
            if piece:
                pieces.append(piece)
                self._starts.append(length)
                self._spans.append(match.span())
                length += len(piece)
        self.folded = "".join(pieces)

    def find(self, folded_quote: str) -> tuple[int, int] | None:
        """Return the place in the original text of an already folded quote."""
        at = self.folded.find(folded_quote) if folded_quote else -1
        if at < 0:
            return None
        first = bisect_right(self._starts, at) - 1
        last = bisect_right(self._starts, at + len(folded_quote) - 1) - 1
        return self._spans[first][0], self._spans[last][1]


def _folded_cluster(cluster: str) -> str:
    if cluster.isascii():
        return cluster.lower()
    return "".join(unicodedata.normalize("NFKC", cluster).translate(_SAME).lower().split())
