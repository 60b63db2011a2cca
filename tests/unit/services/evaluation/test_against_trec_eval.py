"""The measures against trec_eval itself, through pytrec_eval, on random rankings and judgements."""

from __future__ import annotations

from statistics import fmean

import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.app.services.evaluation.measures import ndcg, recall, reciprocal_rank

documents = st.integers(0, 40).map(lambda number: f"d{number}")
judgements = st.dictionaries(documents, st.integers(-1, 4), min_size=1, max_size=30)
rankings = st.lists(documents, unique=True, min_size=1, max_size=30)
questions = st.lists(st.tuples(judgements, rankings), min_size=1, max_size=5)


@given(questions)
@settings(max_examples=200)
def test_every_measure_is_trec_evals(asked: list[tuple[dict[str, int], list[str]]]) -> None:
    relevance = {f"q{n}": judged for n, (judged, _) in enumerate(asked)}
    # trec_eval sorts by score; distinct ones, as ours are fused ranks.
    runs = {
        f"q{n}": {document: float(len(ranking) - place) for place, document in enumerate(ranking)}
        for n, (_, ranking) in enumerate(asked)
    }
    # recip_rank has no depth of its own: it is given the first ten alone.
    first_ten = {
        f"q{n}": {document: float(10 - place) for place, document in enumerate(ranking[:10])}
        for n, (_, ranking) in enumerate(asked)
    }
    theirs = pytrec_eval.RelevanceEvaluator(relevance, {"ndcg_cut.10", "recall.5"}).evaluate(runs)
    ranks = pytrec_eval.RelevanceEvaluator(relevance, {"recip_rank"}).evaluate(first_ten)
    for n, (judged, ranking) in enumerate(asked):
        assert ndcg(ranking, judged, 10) == pytest.approx(theirs[f"q{n}"]["ndcg_cut_10"], abs=1e-6)
        assert recall(ranking, judged, 5) == pytest.approx(theirs[f"q{n}"]["recall_5"], abs=1e-6)
        assert reciprocal_rank(ranking, judged, 10) == pytest.approx(ranks[f"q{n}"]["recip_rank"], abs=1e-6)
    ours = fmean(ndcg(ranking, judged, 10) for judged, ranking in asked)
    assert ours == pytest.approx(fmean(found["ndcg_cut_10"] for found in theirs.values()), abs=1e-6)
