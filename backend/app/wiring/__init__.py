"""Builds every object once; nothing else constructs services.

Opens nothing: connections, indexes and models are opened by whoever first needs them, so what is
built here may be built before a fork.
"""

from __future__ import annotations

from backend.app.wiring.assembly import services
from backend.app.wiring.building_blocks import Parts, page_folder, parts
from backend.app.wiring.documents import following_service
from backend.app.wiring.evaluating import evaluation_runner, evaluator
from backend.app.wiring.indexing import (
    agreement_service,
    indexing_service,
    lost_vectors,
    reembedding_service,
    reindexing_service,
    repair_service,
)
from backend.app.wiring.limiting import rates
from backend.app.wiring.measuring import sampler

__all__ = [
    "Parts",
    "agreement_service",
    "evaluation_runner",
    "evaluator",
    "following_service",
    "indexing_service",
    "lost_vectors",
    "page_folder",
    "parts",
    "rates",
    "reembedding_service",
    "reindexing_service",
    "repair_service",
    "sampler",
    "services",
]
