"""The language of a question, as far as an answer has to follow it."""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["en", "ko"]

_HANGUL = re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")


def language_of(text: str) -> Language:
    """Return ``ko`` where Hangul stands in three words of ten, else ``en``.

    A Korean question is often full of Latin names; an English one rarely holds Hangul.
    """
    words = [word for word in text.split() if any(map(str.isalpha, word))]
    return "ko" if sum(map(bool, map(_HANGUL.search, words))) * 10 >= len(words) * 3 and words else "en"
