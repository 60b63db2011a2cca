"""The search query of a question within a conversation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backend.app.domain.chat import Speaker, Turn
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.text.terms import content_words

# Words that point back at what was said before, and so say nothing to an index by themselves.
_POINTERS = {
    "it", "its", "they", "them", "their", "he", "she", "his", "her", "that", "this", "those", "these", "there", "one",
    "그", "그럼", "그러면", "그건", "그게", "그래서", "그리고", "또",
}  # fmt: skip
_KOREAN_POINTERS = ("그것", "그거", "이것", "이거", "저것", "거기", "그분")  # particles follow without a space
_SHORT = 4  # a question with fewer words than this seldom stands by itself
_LONG = 40  # and one with more always does

# How often the question itself stands in the query, against once for what was said before: both branches
# weigh words by that. Chosen on the follow-up questions in tests/fixtures/follow_ups and on questions of
# SQuAD and KorQuAD after one about something else (docs/retrieval.md): with 3 for all, those lose
# more than a hundredth of their recall, with 5 no more than chance; what leans needs what it leans on.
_WEIGHT_LEANING = 3
_WEIGHT_ALONE = 5
_MOST_TURNS = 3  # back to the question that a chain of leaning ones began with


def contextual_query(
    question: str,
    history: Sequence[Turn],
    analyzer: Analyzer,
    weights: tuple[int, int] = (_WEIGHT_LEANING, _WEIGHT_ALONE),
) -> str:
    """Return what to search for: the question, several times, and once what was spoken of before.

    ``weights`` tell how often, of a question that leans on it and of one that does not. What was spoken of is the content words of the question before (of those before too, while they lean on one another)
    and the title of the document that the last answer cites first.
    """
    if len(question.split()) > _LONG:
        return question
    context = [*_asked_before(history, analyzer), *_spoken_of(history)]
    if set(analyzer.terms("\n".join(context))) <= set(analyzer.terms(question)):
        return question
    weight = weights[0] if _leans(question) else weights[1]
    return "\n".join([question] * weight + context)


def _asked_before(history: Sequence[Turn], analyzer: Analyzer) -> Iterator[str]:
    asked = [turn.text for turn in reversed(history) if turn.speaker is Speaker.USER]
    for earlier in asked[:_MOST_TURNS]:
        yield content_words(earlier, analyzer)
        if not _leans(earlier):
            return


def _spoken_of(history: Sequence[Turn]) -> Iterator[str]:
    answers = (turn for turn in reversed(history) if turn.speaker is Speaker.ASSISTANT)
    if (last := next(answers, None)) is not None and last.about:
        yield last.about


def judged_by(question: str, query: str) -> tuple[str, ...]:
    """Return the texts of which one must fit the passages found: of one that leans on the conversation its query too.

    The query names the document that was cited last. To judge every question by it made whatever was found there
    seem to fit: of questions that nothing was about, three times as few were told so (docs/retrieval.md).
    """
    return tuple(dict.fromkeys((question, query))) if _leans(question) else (question,)


def _leans(question: str) -> bool:
    words = question.lower().replace("?", " ").replace("？", " ").split()
    return len(words) < _SHORT or any(_points_back(word) for word in words)


def _points_back(word: str) -> bool:
    bare = word.strip(".,!'\"“”‘’。！、")
    return bare in _POINTERS or bare.startswith(_KOREAN_POINTERS)
