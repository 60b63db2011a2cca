"""What the page «Evaluate» calls, together."""

from __future__ import annotations

from dataclasses import dataclass

from backend.app.services.evaluation.comparing import RunService
from backend.app.services.evaluation.importing import ImportService
from backend.app.services.evaluation.questions import QuestionService


@dataclass(frozen=True, slots=True)
class EvaluationServices:
    questions: QuestionService
    imports: ImportService
    runs: RunService
