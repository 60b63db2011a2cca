"""What of a question is looked up in the word index."""

from __future__ import annotations

from backend.app.services.retrieval.analyzer import Analyzer

# Words that ask or join instead of naming what is asked about: English ones as Lucene leaves them out, with those
# that begin questions, and the Korean ones that ask. Rarity alone does not make them harmless: passages
# are written as statements, so «who» and «which» are rare enough in them to count.
_ASKING = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this"
    " to was will with who whom whose what when where which why how do does did has have had can could would should"
    " 누구 누가 무엇 무슨 언제 어디 어느 어떤 어떻게 왜 몇 얼마"
)


class QueryTerms:
    """Raise ``version`` when other terms come out: results are remembered by it."""

    version = "1"

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._asking = frozenset(term for word in _ASKING.split() for term in analyzer.terms(word))

    def __call__(self, query: str) -> list[str]:
        """Return the terms to look up, in order; of a query that only asks, all of them."""
        terms = self._analyzer.terms(query)
        return [term for term in terms if term not in self._asking] or terms
