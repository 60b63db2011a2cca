"""The language of a question, as far as an answer has to follow it."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "ko"]


def language_of(text: str) -> Language:
    """Return ``ko`` where Hangul makes up a fifth of the letters, else ``en``.

    A Korean question is often full of Latin names; an English one rarely holds Hangul.
    """
    letters = [character for character in text if character.isalpha()]
    hangul = sum("\uac00" <= c <= "\ud7a3" or "\u1100" <= c <= "\u11ff" or "\u3131" <= c <= "\u318e" for c in letters)
    return "ko" if hangul * 5 >= len(letters) and hangul else "en"
