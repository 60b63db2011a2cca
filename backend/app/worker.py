"""The indexing process: an RQ worker, and the housekeeping beside it.

SQL knows what is to be done; the queue in Redis only wakes. So whatever happens to the queue,
the regular look into SQL brings every waiting job back.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

import structlog
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from backend.app import wiring
from backend.app.config import Settings
from backend.app.errors import AppError, Unavailable
from backend.app.folder_thread import FolderThread
from backend.app.monitoring.interfaces import Metrics
from backend.app.processes.heartbeat import Heartbeats
from backend.app.processes.owners import owner
from backend.app.processes.starts import note_start, took_notice
from backend.app.services.indexing.service import IndexingService
from backend.app.services.stray_files import StrayFiles
from backend.app.storage.queue import QUEUE
from backend.app.storage.redis_client import connect

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 5.0  # how often SQL is asked for what the queue does not know
_BEAT_SECONDS = 5.0
_POLL_SECONDS = 0.5  # the same without Redis, when nobody wakes us
_RUNS_SECONDS = 1.0  # how often SQL is asked for runs that compare settings
_running: list[Indexer] = []  # the one that RQ's functions below work for


def index_document(job_id: str) -> None:
    """RQ's function: index one document."""
    _running[0].index(job_id)


def tidy() -> None:
    """RQ's function: take away index entries of what was deleted."""
    _running[0].tidy()


class Indexer:
    """Works off jobs until it is told to stop; a job in work is then given back, not lost."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._parts = wiring.parts(settings, metrics, embedding_threads=os.cpu_count() or 1)
        self._service: IndexingService = wiring.indexing_service(self._parts, owner())
        self._runner = wiring.evaluation_runner(self._parts, owner())
        self._heartbeats = Heartbeats(settings.run_dir)
        self._strays = StrayFiles(self._parts.files, self._parts.records)
        self._started = self._restored = False
        self._stopping = threading.Event()
        self._writing = threading.Lock()  # one at a time: two writers of one index would only wait for each other

    def run(self) -> None:
        """Restore what is lost, then work until SIGTERM or SIGINT."""
        _running[:] = [self]
        # By itself: housekeeping indexes too while Redis is away, and a book takes minutes.
        beating = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        housekeeping = threading.Thread(target=self._keep_house, name="housekeeping", daemon=True)
        # Beside the indexing, which may take minutes: they only read the indexes.
        comparing = threading.Thread(target=self._compare, name="comparing", daemon=True)
        reembedding = threading.Thread(target=self._reembed, name="reembedding", daemon=True)
        completing = threading.Thread(target=self._complete, name="completing", daemon=True)
        folders = FolderThread(self._parts, self._settings.watch_seconds, self._stopping)
        for number in (signal.SIGTERM, signal.SIGINT):  # until RQ has handlers of its own
            signal.signal(number, _leave)
        try:
            beating.start()
            housekeeping.start()
            self._at_start()
            self._started = True
            comparing.start()
            reembedding.start()
            completing.start()
            folders.start()
            if self._parts.redis is None:
                self._poll()
            else:
                self._work()
        finally:
            self._stopping.set()
            for thread in (beating, housekeeping, comparing, reembedding, completing):
                if thread.is_alive():
                    thread.join()
            folders.join()
            self._heartbeats.end()
            _running.clear()
            self._parts.close()

    def index(self, job_id: str) -> None:
        with self._writing:
            self._service.process_fairly(job_id, self._stopping.is_set)

    def tidy(self) -> None:
        with self._writing:
            try:
                self._service.remove_leftovers()
            except Unavailable as error:  # the list stays; the next look tries again
                log.warning("removal_postponed", error_code=error.error_code)

    def stop(self) -> None:
        self._stopping.set()

    def _at_start(self) -> None:
        self._service.free_abandoned()
        self._runner.free_abandoned()
        self._parts.files.remove_abandoned()
        note_start(self._settings.run_dir)
        self._restore()

    def _restore(self) -> None:
        with self._writing:
            try:
                wiring.reindexing_service(self._parts, owner()).restore_lost_words()
                self._restored = True
            except Unavailable as error:  # housekeeping tries again
                log.warning("restore_postponed", error_code=error.error_code)

    def _reembed(self) -> None:
        service = wiring.reembedding_service(self._parts, owner())
        service.run(self._writing, self._stopping, self._service.is_busy)

    def _complete(self) -> None:
        wiring.lost_vectors(self._parts).run(self._writing, self._stopping, self._service.is_busy)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._enqueue_pending()
            try:
                self._rq_worker().work(logging_level="WARNING", with_scheduler=False)
                return
            except RedisError as error:  # until it is back, SQL says what is to be done
                log.warning("queue_unavailable", error=type(error).__name__)
                self._stop_at_signals()
                self._work_off()

    def _rq_worker(self) -> _Worker:
        # Waiting for work is long by nature; RQ sets its own bounds.
        connection = connect(self._settings.redis_url.reveal(), seconds=None)
        worker = _Worker([QUEUE], connection=connection, serializer=JSONSerializer, log_job_description=False)
        worker.on_stop = self.stop
        return worker

    def _poll(self) -> None:
        self._stop_at_signals()
        while not self._stopping.is_set():
            self._work_off()

    def _work_off(self) -> None:
        """Do what SQL says is to be done, then rest a moment: some of it may wait for a part that is away."""
        for job_id in self._parts.indexing.pending():
            if self._stopping.is_set():
                return
            self.index(job_id)
        self.tidy()
        self._stopping.wait(_POLL_SECONDS)

    def _stop_at_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())

    def _beat(self) -> None:
        while True:
            try:
                self._heartbeats.beat()
            except OSError as error:  # the disk is full, perhaps: the next beat tells
                log.warning("heartbeat_failed", error=str(error))
            if self._stopping.wait(_BEAT_SECONDS):
                return

    def _keep_house(self) -> None:
        while True:
            try:
                self._service.give_back_left()
                if self._parts.redis is not None and not self._enqueue_pending() and self._started:
                    self._work_off()  # RQ waits for Redis, up to a minute at a time; nobody else need
                if self._started and not self._restored:
                    self._restore()
                self._clear_up()
            except AppError as error:
                log.warning("housekeeping_failed", error=str(error))
            except Exception:
                # The edge of a thread that must not end before its process.
                log.exception("housekeeping_failed")
            if self._stopping.wait(_LOOK_SECONDS):
                return

    def _clear_up(self) -> None:
        """Look for files of no document whenever a process may have been killed: this one, or a web worker."""
        if took_notice(self._settings.run_dir):
            self._strays.begin()
        self._strays.go_on()

    def _compare(self) -> None:
        """Work off runs over test questions."""
        while not self._stopping.wait(_RUNS_SECONDS):
            try:
                self._runner.work_off(self._stopping.is_set)
            except Unavailable as error:
                log.warning("runs_postponed", error_code=error.error_code)
            except Exception:
                # The edge of a thread that must not end before its process.
                log.exception("runs_failed")

    def _enqueue_pending(self) -> bool:
        """Bring back jobs that the queue has lost; return False when there is no queue to ask.

        A queue with entries gets to them anyway.
        """
        try:
            if Queue(QUEUE, connection=self._parts.redis, serializer=JSONSerializer).count:
                return True
        except RedisError:
            return False
        for job_id in self._parts.indexing.pending():
            self._parts.queue.put(job_id)
        if self._parts.indexing.removals():
            self._parts.queue.wake()
        return True


class _Worker(SimpleWorker):
    """Works in this process: reading files, the dangerous part, has child processes of its own."""

    on_stop: Callable[[], None]

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.on_stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def run(settings: Settings) -> None:
    """Be an indexing process until told to stop."""
    from backend.app.monitoring.prometheus import PrometheusMetrics
    from backend.app.monitoring.room import take_room

    take_room()
    Indexer(settings, PrometheusMetrics()).run()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
