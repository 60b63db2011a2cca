"""The form that a question asks its answer to have."""

from __future__ import annotations

import re
from collections.abc import Callable

_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million|billion|half|twice|once)\b"
    r"|[한두세네] (?:개|명|번|가지|살|마리)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:1\d|20)\d{2}\b|\d\s?[년월일세]"
    r"|\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
    r"|\b\d{1,2}(?:st|nd|rd|th) century|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
)
_NAME = re.compile(r"(?<=[\w,;:)] )[A-Z][\w’'-]+|[가-힣]{2,4}(?:은|는|이|가|의|에게|와|과|도)\b")

_FORMS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        re.compile(
            r"\bhow (?:many|much|long|old|tall|far|often|large|big|high|fast)\b|\bpercent|\bnumber of\b|몇|얼마", re.I
        ),
        _NUMBER,
    ),
    (
        re.compile(
            r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|decade|century)\b|언제|[년연]도는|날짜|날은|해는", re.I
        ),
        _DATE,
    ),
    (re.compile(r"\bwh(?:o|om|ose|ere)\b|누구|누가|사람은|인물은|어디|이름은", re.I), _NAME),
)
# "What is a chloroplast?" and "엽록체란 무엇인가요?" ask for the sentence that says what it is.
_DEFINED = re.compile(
    r"^\s*(?:what|who) (?:is|are|was|were) (?:an? |the )?(?P<en>[^?,]{2,40}?)\s*\??\s*$"
    r"|^\s*(?P<ko>[^?]{2,30}?)(?:이?란|은|는|이|가)\s+(?:무엇|뭐|뭔|누구)\S*\s*\??\s*$",
    re.IGNORECASE,
)


def expected_form(question: str) -> Callable[[str], bool]:
    """Return a test for the form of an answer: a definition, a number, a date or a name."""
    if defined := _DEFINED.search(question):
        return _definition_of(defined["en"] or defined["ko"])
    form = next((form for asked, form in _FORMS if asked.search(question)), None)
    return (lambda sentence: bool(form.search(sentence))) if form else (lambda sentence: False)


def _definition_of(subject: str) -> Callable[[str], bool]:
    """Return a test for sentences that begin with ``subject`` and say what it is."""
    name = re.escape(subject.strip())
    pattern = re.compile(
        rf"^\W*(?:an? |the )?{name}s?\b.{{0,80}}?\b(?:is|are|was|were|means|refers)\b|^\W*{name}(?:\s?\([^)]*\))?(?:이?란|은|는)\b",
        re.IGNORECASE,
    )
    return lambda sentence: bool(pattern.search(sentence))
