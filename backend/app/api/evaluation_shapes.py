"""From dataclasses of test questions and runs to the shapes of docs/api.md."""

from __future__ import annotations

from backend.app.api.serialise import moment, problem
from backend.app.api.shapes import evaluation as of
from backend.app.domain.evaluation import (
    Figures,
    Found,
    Judgement,
    Offer,
    Result,
    RightPlace,
    Run,
    SearchSettings,
    Side,
)
from backend.app.services.evaluation.comparing import Shown
from backend.app.services.evaluation.importing import Imported
from backend.app.services.evaluation.questions import PlacedQuestion

_EXCERPT_CHARS = 300


def settings(value: SearchSettings) -> of.SettingsShape:
    return {"mode": value.mode.value, "vector_weight": value.vector_weight, "candidates": value.candidates}


def question(value: PlacedQuestion) -> of.QuestionShape:
    asked = value.question
    return {
        "id": asked.id,
        "collection_id": asked.collection_id,
        "text": asked.text,
        "language": asked.language,
        "source": asked.source.value,
        "lost": value.is_lost and not value.waits,
        "waits": value.waits,
        "passages": [_place(place) for place in value.places],
        "created_at": moment(asked.created_at),
    }


def offer(value: Offer) -> of.OfferShape:
    return {
        "message_id": value.message_id,
        "text": value.text,
        "source": value.source.value,
        "comment": value.comment,
        "own": value.own,
        "passages": [_cited(judgement, title) for judgement, title in zip(value.judgements, value.titles, strict=True)],
        "asked_at": moment(value.asked_at),
    }


def imported(value: Imported) -> of.ImportedShape:
    return {
        "collection_id": value.collection.id,
        "name": value.collection.name,
        "documents": value.documents,
        "questions": value.questions,
    }


def run(value: Run) -> of.RunShape:
    return {
        "id": value.id,
        "collection_id": value.collection_id,
        "status": value.status.value,
        "done": value.done,
        "total": value.total,
        "left_out": value.left_out,
        "better": value.better,
        "worse": value.worse,
        "before": {"settings": settings(value.before), "figures": _figures(value.figures_before)},
        "after": {"settings": settings(value.after), "figures": _figures(value.figures_after)},
        "error": problem(value.error),
        "created_at": moment(value.created_at),
        "finished_at": moment(value.finished_at) if value.finished_at else None,
    }


def result(value: Result, passages: Shown) -> of.ResultShape:
    change = round(value.change, 4)
    return {
        "question_id": value.question_id,
        "text": value.text,
        "language": value.language,
        "change": "better" if change > 0 else "worse" if change < 0 else "same",
        "ndcg_change": change,
        "before": _side(value.before, passages),
        "after": _side(value.after, passages),
    }


def _place(value: RightPlace) -> of.PlaceShape:
    judged = value.judgement
    passage = value.passages[0] if value.passages else None
    return {
        "passage_id": passage.id if passage else None,
        "document_id": value.document_id,
        "title": value.title or judged.filename,
        "page": passage.page if passage else None,
        "heading": passage.heading if passage else None,
        "text": (passage.text if passage else judged.quote)[:_EXCERPT_CHARS],
        "whole": judged.is_whole,
        "lost": value.document_id is None and not value.waits,
        "waits": value.waits,
    }


def _cited(value: Judgement, title: str) -> of.CitedShape:
    return {
        "passage_id": value.passage_id,
        "document_id": value.document_id,
        "title": title or value.filename,
        "text": value.quote[:_EXCERPT_CHARS],
    }


def _figures(value: Figures | None) -> of.FiguresShape | None:
    if value is None:
        return None
    return {
        "ndcg@10": round(value.ndcg, 4),
        "recall@5": round(value.recall, 4),
        "mrr@10": round(value.mrr, 4),
        "p50_ms": round(value.p50_ms, 3),
        "degraded": value.degraded,
    }


def _side(value: Side, passages: Shown) -> of.SideShape:
    return {
        "ndcg@10": round(value.ndcg, 4),
        "recall@5": round(value.recall, 4),
        "mrr@10": round(value.mrr, 4),
        "ms": value.ms,
        "rank": value.rank,
        "degraded": value.degraded,
        "found": [_found(found, passages) for found in value.found],
    }


def _found(value: Found, passages: Shown) -> of.FoundShape:
    """Say what was found, as far as it is still there."""
    passage, title = passages.get(value.passage_id, (None, None))
    return {
        "passage_id": value.passage_id,
        "document_id": value.document_id,
        "right": value.right,
        "title": title,
        "page": passage.page if passage else None,
        "heading": passage.heading if passage else None,
        "text": passage.text[:_EXCERPT_CHARS] if passage else None,
    }
