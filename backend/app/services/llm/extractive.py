"""The answer that needs no model: the best sentences of the sources, in their own words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend.app.domain.chat import ModelEvent, Prompt, TextDelta, Usage
from backend.app.services.llm.sentence_ranking import Candidate, SentenceRanker
from backend.app.services.text.language import Language, language_of
from backend.app.services.text.terms import TermAnalyzer


@dataclass(frozen=True, slots=True)
class Phrases:
    """What the answer says besides the sources' sentences."""

    lead: str
    no_sources: str
    nothing_fits: str


PHRASES: dict[Language, Phrases] = {
    "en": Phrases(
        lead="This is what your documents say:",
        no_sources="I found nothing about this in your documents.",
        nothing_fits="The passages found in your documents do not seem to answer this. They are listed below.",
    ),
    "ko": Phrases(
        lead="문서에서 찾은 내용입니다.",
        no_sources="문서에서 이 질문에 관한 내용을 찾지 못했습니다.",
        nothing_fits="문서에서 찾은 구절에는 이 질문의 답이 없는 것 같습니다. 찾은 구절은 아래에 있습니다.",
    ),
}


class Extractive:
    """Answers by quoting. Every sentence is a source's own and carries that source's number."""

    name = "extractive"
    provider = "extractive"

    def __init__(self, analyzer: TermAnalyzer) -> None:
        self._ranker = SentenceRanker(analyzer)

    def available(self) -> bool:
        return True

    def stream(self, prompt: Prompt) -> Iterator[ModelEvent]:
        """Yield a lead, then one piece a sentence."""
        phrases = PHRASES[language_of(prompt.question)]
        if not prompt.sources:
            yield TextDelta(phrases.no_sources)
        elif not prompt.is_answerable or not (chosen := self._chosen(prompt)):
            yield TextDelta(phrases.nothing_fits)
        else:
            yield TextDelta(phrases.lead)
            yield from map(TextDelta, _pieces(chosen))
        yield Usage()

    def _chosen(self, prompt: Prompt) -> list[Candidate]:
        if prompt.is_overview:
            return self._ranker.openings(prompt.sources)
        return self._ranker.best(prompt.question, prompt.sources)


def _pieces(chosen: Sequence[Candidate]) -> Iterator[str]:
    """Yield the sentences; those that follow each other in one source stay in one paragraph."""
    previous: Candidate | None = None
    for candidate in chosen:
        together = previous is not None and previous.n == candidate.n and previous.place + 1 == candidate.place
        yield f"{' ' if together else chr(10) * 2}{candidate.shown} [{candidate.n}]"
        previous = candidate
