from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from backend.app.processes.signals import SignalQueue


@pytest.fixture
def queue() -> Iterator[SignalQueue]:
    queue = SignalQueue()
    with queue.installed():
        yield queue
    queue.close()


def test_a_signal_ends_the_wait_and_is_told_once(queue: SignalQueue) -> None:
    os.kill(os.getpid(), signal.SIGHUP)
    assert queue.wait(60) == [signal.SIGHUP]
    assert queue.wait(0) == []


def test_a_child_that_ends_only_ends_the_wait(queue: SignalQueue) -> None:
    os.kill(os.getpid(), signal.SIGCHLD)
    assert queue.wait(60) == []


def test_handlers_are_put_back(queue: SignalQueue) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with SignalQueue().installed():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
