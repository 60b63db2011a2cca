"""The search query of a question within a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from backend.app.domain.chat import Speaker, Turn
from backend.app.services.retrieval.analyzer import Analyzer

# Words that point back at what was said before, and so say nothing to an index by themselves.
_POINTERS = {
    "it", "its", "they", "them", "their", "he", "she", "his", "her", "that", "this", "those", "these", "there", "one",
    "그", "그럼", "그러면", "그건", "그게", "그래서", "그리고", "또",
}  # fmt: skip
_KOREAN_POINTERS = ("그것", "그거", "이것", "이거", "저것", "거기", "그분")  # particles follow without a space
_SHORT = 4  # a question with fewer words than this seldom stands by itself


def contextual_query(question: str, history: Sequence[Turn], analyzer: Analyzer) -> str:
    """Return what to search for: the question, with the one before it where it leans on that.

    A question that stands by itself is searched as it is, so that a change of subject is not
    held back by what was spoken of earlier.
    """
    words = question.lower().replace("?", " ").replace("？", " ").split()
    leans = len(words) < _SHORT or any(_points_back(word) for word in words)
    if not leans:
        return question
    earlier = next((turn.text for turn in reversed(history) if turn.speaker is Speaker.USER), "")
    if not earlier or set(analyzer.terms(earlier)) <= set(analyzer.terms(question)):
        return question
    return f"{question}\n{earlier}"


def _points_back(word: str) -> bool:
    bare = word.strip(".,!'\"“”‘’。！、")
    return bare in _POINTERS or bare.startswith(_KOREAN_POINTERS)
