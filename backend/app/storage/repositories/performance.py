"""The server's figures in SQL: steps of ten seconds, a minute and ten minutes, each kept for its time."""

from __future__ import annotations

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.app.domain.performance import STEPS, Step
from backend.app.storage.database import Database
from backend.app.storage.models import PerformanceStepRow


class _Content(msgspec.Struct, array_like=True):
    counts: dict[str, float]
    gauges: dict[str, float]
    looks: int


_DECODER = msgspec.msgpack.Decoder(_Content)


class SqlPerformance:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, instance: str, step: Step) -> None:
        def work(session: Session) -> None:
            for seconds, kept in STEPS.items():
                at = step.at - step.at % seconds
                row = session.get(PerformanceStepRow, (seconds, at, instance))
                if row is None:
                    session.add(PerformanceStepRow(seconds=seconds, at=at, instance=instance, content=_encoded(step)))
                    # A new step is when old ones end: so few rows go at a time.
                    outdated = PerformanceStepRow.at < at - kept - seconds
                    session.execute(delete(PerformanceStepRow).where(PerformanceStepRow.seconds == seconds, outdated))
                else:
                    row.content = _encoded(_step(row).plus(step))

        self._database.write(work)

    def between(self, seconds: int, since: float, until: float) -> list[Step]:
        query = (
            select(PerformanceStepRow)
            .where(
                PerformanceStepRow.seconds == seconds,
                PerformanceStepRow.at >= since,
                PerformanceStepRow.at < until,
            )
            .order_by(PerformanceStepRow.at)
        )
        return self._database.read(lambda session: [_step(row) for row in session.scalars(query)])


def _encoded(step: Step) -> bytes:
    return msgspec.msgpack.encode(_Content(dict(step.counts), dict(step.gauges), step.looks))


def _step(row: PerformanceStepRow) -> Step:
    content = _DECODER.decode(row.content)
    return Step(row.at, content.counts, content.gauges, content.looks, row.instance)
