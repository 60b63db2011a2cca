"""What measures the server, put together."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

from backend.app.monitoring.baseline import Baseline
from backend.app.monitoring.election import Election
from backend.app.monitoring.server_state import ServerState
from backend.app.services.performance import PerformanceService
from backend.app.services.sampling import Sampler
from backend.app.storage.repositories.performance import SqlPerformance
from backend.app.storage.repositories.queue_state import SqlQueueState
from backend.app.wiring.building_blocks import Parts


def performance(parts: Parts) -> PerformanceService:
    """Build what administrators and Prometheus ask."""
    return PerformanceService(
        metrics=parts.metrics,
        state=_state(parts).read,
        performance=SqlPerformance(parts.database),
        baseline=Baseline(),
        pool=parts.pool,
    )


def sampler(parts: Parts) -> Sampler:
    """Build what writes the server's figures down."""
    # Beside the counters: whoever has counters of its own is sampled by itself.
    folder = Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR") or parts.settings.run_dir)
    return Sampler(
        metrics=parts.metrics,
        state=_state(parts).read,
        performance=SqlPerformance(parts.database),
        baseline=Baseline(),
        elected=Election(folder / "sampler.lock").won,
        instance=_instance(folder),
    )


def _state(parts: Parts) -> ServerState:
    return ServerState(parts.settings.data_dir, SqlQueueState(parts.database).waiting)


def _instance(folder: Path) -> str:
    """Name this server among those that share a database; the same after a restart."""
    return hashlib.sha256(f"{socket.gethostname()}:{folder}".encode()).hexdigest()[:32]
