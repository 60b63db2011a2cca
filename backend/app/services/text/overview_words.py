"""Questions about documents as wholes: «summarise the report», «이 문서 요약해 줘»."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend.app.services.text.terms import TermAnalyzer, telling_terms

_ASKS_ENGLISH = (
    r"\b(?:summar(?:y|ies|i[sz]e[sd]?|i[sz]ing|i[sz]ation)|overview|tl;?dr|takeaways?|gist|synopsis|outline|in short|in brief"
    r"|(?:main|key|central|major|most important)\s+(?:points?|ideas?|topics?|themes?|messages?|findings?|conclusions?"
    r"|arguments?|things?|takeaways?|facts?))\b"
    # «What is the handbook about?», «what does it cover»; but not «what does it say about ropes»
    r"|\bwhat(?:'s|’s)?\b(?=[^?]*\babout\s*[?.!]*\s*$)(?![^?]*\bsays?\b)"
    r"|\bwhat\b(?=[^?]*\b(?:cover|contain|discuss|deal with|describe)s?\s*[?.!]*\s*$)"
)
_ASKS_KOREAN = (
    r"요약|개요|줄거리|골자|요점|요지|간추[려린]|핵심(?:\s*(?:내용|사항|주제|메시지))?|(?:주요|중요한?|전체|전반적인?|대략적인?)\s*(?:내용|주제|사항)"
    r"|(?:내용|글|문서|자료)을?\s*정리|(?:무슨|어떤)\s*(?:내용|주제|이야기|얘기|문서|파일|자료|보고서|글|책|논문)"
    r"|(?:무엇|뭐|뭘)(?:에|을)?\s*(?:관한|대한|다루)"
)
_ASKS = re.compile(f"{_ASKS_ENGLISH}|{_ASKS_KOREAN}", re.IGNORECASE)

# What is left of such a question besides the document's name.
_REST = re.compile(
    r"\b(?:documents?|files?|papers?|reports?|articles?|texts?|pdfs?|books?|pages?|slides?|sheets?|presentations?|collections?"
    r"|uploaded|attached|upload|attachments?|whole|entire|all|each|every|content|contents|give|get|make|write|show|want|need"
    r"|about|cover|contain|discuss|deal|describe|brief|briefly|short|quick|quickly|list|bullets?|points?|sentences?|words?"
    r"|s|one|two|three|five|ten|newest|latest|last|let|know|using|use|like|just|here|document's|file's)(?:s)?\b"
    r"|(?:문서|파일|자료|보고서|논문|책|글|기사|슬라이드|발표|컬렉션|모음|내용|사항|주제|이야기|얘기)(?:들|집)?"
    r"(?:은|는|이|가|을|를|의|에|에서|로|으로|인가요?|이야|야|예요|이에요|입니까|인지)?(?=\s|[?？.!,]|$)"
    r"|(?<!\S)(?:이|그|저|내|제|모든|각|전체|전부|다|좀|한|두|세|줄|문장|간단히|간략히|짧게|자세히|올린|업로드한|첨부한|첨부된|최근|여기)(?:\s|$|(?=[로만]))"
    r"|(?:을|를)?\s*(?:해|하|정리|간추|설명|알려|말해|보여|작성|부탁|만들|써)\s?(?:줘|주|줄|드|하|해|려|린|합|한|내|봐|서|요|라|달)\S*"
    r"|(?:인가|일까|인지|예요|이에요|이야|입니까|있어|있나|있는|다루|담[고긴]|나와|뭐야|뭐지|무엇인)\S*|관한|대한|대해서?|[?？.!,~]"
)
_ASKING_ENDS = re.compile(r"(?<!\S)(?:해\s*)?(?:주세요|주십시오|줄래요?|줘요?|줘라|달라\S*|부탁\S*)")
_QUOTED = re.compile(r"“[^”]+”|‘[^’]{2,}’|「[^」]+」|『[^』]+』|«[^»]+»|\"[^\"]+\"")
_SYLLABLE = re.compile("[가-힣]")  # a particle that lost its word
_SEVERAL = re.compile(
    r"\b(?:documents|files|papers|reports|articles|books|all|each|every|collection)\b|(?:문서|파일|자료|보고서|논문|책)들|모든|전부|각각|컬렉션|모음",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class OverviewQuestion:
    """``names`` are the terms that name what is asked about, none where it is only pointed at; ``words`` are the terms of
    the whole question, for names that are made of the words with which one asks."""

    names: frozenset[str]
    several: bool
    words: frozenset[str] = frozenset()


def overview_question(question: str, analyzer: TermAnalyzer) -> OverviewQuestion | None:
    """Return what a question asks an overview of; None where it asks for something in particular."""
    if not _ASKS.search(question):
        return None
    words = frozenset(analyzer.terms(question))
    if quoted := _QUOTED.search(question):
        return OverviewQuestion(frozenset(analyzer.terms(quoted[0])), several=False, words=words)
    rest = _ASKING_ENDS.sub(" ", _REST.sub(" ", _ASKS.sub(" ", question).lower()))
    names = frozenset(term for term in telling_terms(rest, analyzer) if not _SYLLABLE.fullmatch(term))
    return OverviewQuestion(names, bool(_SEVERAL.search(question)), words)
