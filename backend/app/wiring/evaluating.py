"""What collects test questions and compares settings by them, put together."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from backend.app.concurrency import NativePool
from backend.app.domain.evaluation import SearchSettings
from backend.app.domain.search import SearchMode
from backend.app.services.collections import CollectionService
from backend.app.services.documents import AT_ONCE
from backend.app.services.evaluation.bundle import EvaluationServices
from backend.app.services.evaluation.comparing import RunService
from backend.app.services.evaluation.importing import ImportService
from backend.app.services.evaluation.questions import QuestionService
from backend.app.storage.ids import new_id
from backend.app.storage.repositories.documents import SqlDocuments
from backend.app.storage.repositories.evaluation_runs import SqlEvaluationRuns
from backend.app.storage.repositories.labelled_questions import SqlLabelledQuestions
from backend.app.storage.repositories.offers import SqlOffers
from backend.app.storage.repositories.right_places import SqlRightPlaces
from backend.app.wiring.building_blocks import Parts, bounds
from backend.app.wiring.retrieving import hybrid_retriever, reranked, vector_weight

if TYPE_CHECKING:
    from backend.app.services.evaluation.evaluator import Evaluator
    from backend.app.services.evaluation.runner import Runner


def evaluation(parts: Parts, collections: CollectionService) -> EvaluationServices:
    """Build what administrators ask."""
    settings, database = parts.settings, parts.database
    questions = SqlLabelledQuestions(database)
    today = SearchSettings(SearchMode.HYBRID, vector_weight(parts), settings.candidates)
    return EvaluationServices(
        questions=QuestionService(
            questions,
            SqlRightPlaces(database),
            SqlOffers(database),
            shared=settings.offered_questions == "shared",
        ),
        imports=ImportService(
            collections=collections,
            documents=SqlDocuments(database, bounds(settings)),
            questions=questions,
            files=parts.files,
            queue=parts.queue,
            pool=NativePool(AT_ONCE),
            new_id=new_id,
        ),
        runs=RunService(SqlEvaluationRuns(database), parts.passages, today),
    )


def evaluation_runner(parts: Parts, owner: str) -> Runner:
    """Build what works runs off; ``owner`` names this process in the runs that it takes."""
    from backend.app.monitoring.null import NullMetrics
    from backend.app.services.evaluation.runner import Runner
    from backend.app.storage.repositories.run_work import SqlRunWork

    return Runner(
        runs=SqlRunWork(parts.database),
        places=SqlRightPlaces(parts.database),
        # Without metrics: those are of people's searches.
        retriever=lambda chosen: reranked(
            parts,
            hybrid_retriever(parts, NullMetrics(), candidates=chosen.candidates, weight=chosen.vector_weight),
            NullMetrics(),
        ),
        owner=owner,
    )


def evaluator(parts: Parts) -> Evaluator:
    """Build what measures search, on a database of its own."""
    from backend.app.services.evaluation.evaluator import Evaluator
    from backend.app.services.ingestion.chunking import chunk
    from backend.app.storage.repositories.corpora import SqlCorpora

    settings = parts.settings
    return Evaluator(
        corpora=SqlCorpora(parts.database),
        lexical=parts.lexical,
        vectors=parts.vectors,
        retriever=reranked(parts, hybrid_retriever(parts, parts.metrics), parts.metrics),
        chunk=functools.partial(chunk, target=settings.passage_chars, overlap=settings.passage_overlap_chars),
        embedder=parts.embedder,
        analyzer=parts.analyzer,
        new_id=new_id,
        candidates=settings.candidates,
    )
