"""The form that a question asks its answer to have."""

from __future__ import annotations

import re
from collections.abc import Callable

_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million|billion|half|twice|once)\b",
    re.I,
)
_DATE = re.compile(
    r"\b1\d{3}\b|\b20\d{2}\b|\d\s?[년월일세]|\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
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
            r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|decade|century)\b|언제|년도|연도|날짜|날은|해는", re.I
        ),
        _DATE,
    ),
    (re.compile(r"\bwh(?:o|om|ose|ere)\b|누구|누가|사람은|인물은|어디|이름은", re.I), _NAME),
)


def expected_form(question: str) -> Callable[[str], bool]:
    """Return a test for the form of an answer: a number, a date or a name where one is asked for."""
    for asked, form in _FORMS:
        if asked.search(question):
            return lambda sentence, form=form: bool(form.search(sentence))  # type: ignore[misc]
    return lambda sentence: False
