"""How the machine and the queue are at this moment."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import structlog

log = structlog.get_logger(__name__)

_FRESH_SECONDS = 3.0

# Under which names Prometheus is told.
GAUGES: Mapping[str, tuple[str, str]] = {
    "queue_length": ("likeopt_queue_length", "Documents that wait to be indexed"),
    "queue_oldest": ("likeopt_queue_oldest_seconds", "How long the first of them has waited"),
    "disk_free": ("likeopt_disk_free_bytes", "Free space where the data folder is"),
    "disk_total": ("likeopt_disk_size_bytes", "Size of the disk on which the data folder is"),
    "machine_memory_total": ("likeopt_machine_memory_bytes", "Memory of the machine"),
    "machine_memory_available": ("likeopt_machine_memory_available_bytes", "Memory that can still be had"),
    "machine_cpu": ("likeopt_machine_cpu_percent", "Use of all processors together"),
    "load": ("likeopt_machine_load1", "Processes that want a processor, mean of a minute"),
}


class ServerState:
    """Reads the machine's and the queue's figures, at most every few seconds."""

    def __init__(
        self,
        data_dir: Path,
        queue: Callable[[], tuple[int, float]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``queue`` returns how many documents wait, and for how many seconds the first of them."""
        self._data_dir = data_dir
        self._queue = queue
        self._clock = clock
        self._looked = -math.inf
        self._found: Mapping[str, float] = {}
        self._busy = self._total = 0.0  # seconds of all processors, since the machine was started

    def read(self) -> Mapping[str, float]:
        """Return figures by name; those of a part that does not answer are left out."""
        # Who asks while another greenlet looks is told what was found before, but never nothing.
        if not self._found or self._clock() - self._looked >= _FRESH_SECONDS:
            self._looked = self._clock()
            self._found = {**self._machine(), **self._disk(), **self._waiting()}
        return self._found

    def _machine(self) -> Mapping[str, float]:
        memory = psutil.virtual_memory()
        return {
            "machine_memory_total": float(memory.total),
            "machine_memory_available": float(memory.available),
            "machine_cpu": self._processors(),
            "load": os.getloadavg()[0],
        }

    def _processors(self) -> float:
        """Return the use of all processors together since the last look; at first, since the machine was started.

        ``psutil.cpu_percent`` remembers its last look by thread, which under gevent is each request
        for itself: it said 0 for ever.
        """
        times = psutil.cpu_times()
        # A guest's time is in its host's already.
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        busy = total - times.idle - getattr(times, "iowait", 0.0)
        passed, worked = total - self._total, busy - self._busy
        self._busy, self._total = busy, total
        return round(min(100.0, max(0.0, 100 * worked / passed)), 1) if passed > 0 else 0.0

    def _disk(self) -> Mapping[str, float]:
        folder = next((path for path in (self._data_dir, *self._data_dir.parents) if path.exists()), None)
        if folder is None:
            return {}
        usage = psutil.disk_usage(str(folder))
        return {"disk_free": float(usage.free), "disk_total": float(usage.total)}

    def _waiting(self) -> Mapping[str, float]:
        try:
            length, oldest = self._queue()
        except Exception as error:
            # The edge of a measurement: what is measured may be away, and the others are still told.
            log.warning("queue_not_measured", error=type(error).__name__)
            return {}
        return {"queue_length": float(length), "queue_oldest": oldest}
