"""What stands for whole documents where a question asks for their main points: no passage holds those.

Search would bring the passages that happen to say «summary». Here are brought the beginning of the document
that is named and passages spread over all of it, one a section as far as there are sections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend.app.domain.chat import Speaker, Turn
from backend.app.domain.documents import Collection
from backend.app.domain.search import Hit
from backend.app.services.text.overview_words import OverviewQuestion, overview_question
from backend.app.services.text.terms import TermAnalyzer
from backend.app.storage.interfaces import Passages
from backend.app.storage.outline_interfaces import Named, Outlines, Step

_MOST_DOCUMENTS = 10_000  # among which a name is looked for; the newest
_LEAST_CHARS = 200  # a shorter passage is a title page, or a heading by itself


class Overview:
    def __init__(self, outlines: Outlines, passages: Passages, analyzer: TermAnalyzer, *, most: int) -> None:
        """``most`` is how many passages are brought."""
        self._outlines = outlines
        self._passages = passages
        self._analyzer = analyzer
        self._most = most

    def of(self, question: str, history: Sequence[Turn], collections: Sequence[Collection]) -> list[Hit]:
        """Return passages in reading order; none where the question asks for something in particular."""
        asked = overview_question(question, self._analyzer)
        if asked is None:
            return []
        ids = [collection.id for collection in collections if collection.searchable]
        documents = self._meant(asked, history, collections, self._outlines.documents(ids, _MOST_DOCUMENTS))
        chosen = self._spread(documents[: self._most])
        visible = self._passages.visible(chosen, ids)
        hits = [Hit(*visible[id], 0.0, None, None) for id in chosen if id in visible]
        return [replace(hit, score=1.0 - place / len(hits)) for place, hit in enumerate(hits)]

    def _meant(
        self,
        asked: OverviewQuestion,
        history: Sequence[Turn],
        collections: Sequence[Collection],
        documents: Sequence[Named],
    ) -> Sequence[Named]:
        """Return the documents that are asked about: by name, as spoken of before, or all."""
        if named := self._named(asked, documents):
            return [named]
        if asked.names:
            return self._of_collection(asked.names, collections, documents)
        if not asked.several and (spoken_of := _spoken_of(history)):
            return [document for document in documents if document.title == spoken_of][:1] or documents
        return documents

    def _named(self, asked: OverviewQuestion, documents: Sequence[Named]) -> Named | None:
        """Return the document whose name the question says most of; of several such, the newest."""
        best, said = None, (0.0, 0)
        for document in documents:
            for called in (document.title, document.filename.rpartition(".")[0]):
                terms = frozenset(self._analyzer.terms(called.replace("_", " ")))
                # A name of one word may be a word with which one asks: «Summary», «문서».
                whole = terms <= asked.words and len(terms) > 1
                if (whole or (asked.names and asked.names <= terms)) and (
                    share := (len(terms & asked.words) / len(terms), len(terms))
                ) > said:
                    best, said = document, share
        return best

    def _of_collection(
        self, names: frozenset[str], collections: Sequence[Collection], documents: Sequence[Named]
    ) -> list[Named]:
        meant = {found.id for found in collections if names <= frozenset(self._analyzer.terms(found.name))}
        return [document for document in documents if document.collection_id in meant]

    def _spread(self, documents: Sequence[Named]) -> list[int]:
        """Share the passages among the documents, the first ones first."""
        chosen: list[int] = []
        for place, document in enumerate(documents):
            left = self._most - len(chosen)
            share = -(-left // (len(documents) - place))
            chosen += spread(self._outlines.steps(document.id), share)
        return chosen


def spread(steps: Sequence[Step], most: int) -> list[int]:
    """Return so many passages at even distances, the first and the last among them, each moved to where the nearest
    section begins."""
    told = [step for step in steps if step.chars >= _LEAST_CHARS] or list(steps)
    if len(told) <= most:
        return [step.passage_id for step in told]
    if most == 1:
        return [told[0].passage_id]
    begins = [n for n, step in enumerate(told) if n == 0 or step.heading != told[n - 1].heading]
    distance = (len(told) - 1) / (most - 1)
    places: list[int] = []
    for number in range(most):
        even = number * distance
        near = [n for n in begins if abs(n - even) < distance / 2]
        places.append(min(near, key=lambda n: abs(n - even)) if near else round(even))
    return [told[place].passage_id for place in dict.fromkeys(places)]


def _spoken_of(history: Sequence[Turn]) -> str:
    """Return the title of the document that the last answer cites first."""
    answers = (turn for turn in reversed(history) if turn.speaker is Speaker.ASSISTANT)
    return last.about if (last := next(answers, None)) is not None else ""
