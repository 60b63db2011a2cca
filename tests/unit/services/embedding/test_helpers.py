"""Embedding in several processes gives what one gives, whatever becomes of the others."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import psutil
import pytest
from structlog.testing import capture_logs

from backend.app.services.embedding.base import Vectors
from backend.app.services.embedding.helpers import Helpers
from backend.app.services.embedding.use import UseEmbedder
from tests.fakes.child import run_python
from tests.services.likeopt import eventually

TEXTS = [f"Passage {number}: " + "words and more words. " * (number % 7) for number in range(64)]
DIMENSIONS = 2

# Makes the vectors of ``own``, after so many messages ends, and says so many bytes too few.
HELPER = """
import array, json, struct, sys
most, cut = int(sys.argv[1]), int(sys.argv[2])
out, messages = sys.stdout.buffer, 0
out.write(b"\\n"); out.flush()
while head := sys.stdin.buffer.read(4):
    texts = json.loads(sys.stdin.buffer.read(struct.unpack("<I", head)[0]))
    messages += 1
    if messages > most:
        out.write(array.array("f", [0.0]).tobytes()[:cut]); out.flush()
        sys.exit(3)
    out.write(array.array("f", [v for text in texts for v in (len(text), 1.0)]).tobytes()); out.flush()
"""
EVER = 10**9


def own(texts: Sequence[str]) -> Vectors:
    time.sleep(0.005)  # so that others have a share
    return np.array([[len(text), 1.0] for text in texts], np.float32)


def helper(messages: int = EVER, cut: int = 0) -> tuple[str, ...]:
    return (sys.executable, "-c", HELPER, str(messages), str(cut))


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE}


@pytest.fixture
def helped() -> Iterator[Callable[..., Helpers]]:
    made: list[Helpers] = []

    def make(*command: str, count: int = 1, **options: float) -> Helpers:
        made.append(Helpers(count, own, DIMENSIONS, command=command or helper(), **options))
        return made[-1]

    yield make
    for helpers in made:
        helpers.close()


def embed_until(helpers: Helpers, holds: Callable[[], bool]) -> None:
    """Embed again and again, each time with the right result."""

    def once() -> bool:
        assert np.array_equal(helpers.embed(TEXTS), own(TEXTS))
        return holds()

    eventually(once, "the helpers came so far")


def helping(helpers: Helpers) -> Callable[[], bool]:
    return lambda: all(one.is_ready() for one in helpers._helpers) and bool(helpers._helpers)


def test_the_vectors_are_the_same_and_in_order() -> None:
    alone, together = UseEmbedder(1), UseEmbedder(3)
    before = children()
    expected = alone.embed_passages(TEXTS)
    assert together._helpers is not None
    eventually(
        lambda: together.embed_passages(TEXTS) == pytest.approx(expected, abs=1e-5) and helping(together._helpers)(),
        "both helpers are there",
    )
    for count in (0, 1, 2, 5, 64):
        vectors = together.embed_passages(TEXTS[:count])
        assert vectors.shape == (count, 512)
        assert vectors == pytest.approx(alone.embed_passages(TEXTS[:count]), abs=1e-5)
    assert len(children() - before) == 2
    together._helpers.close()
    assert children() <= before


def test_a_few_texts_begin_no_process() -> None:
    before = children()
    assert UseEmbedder(2).embed_passages(TEXTS[:5]).shape == (5, 512)
    assert children() <= before


def test_helpers_end_when_nothing_comes(helped: Callable[..., Helpers]) -> None:
    before = children()
    helpers = helped(idle_seconds=0.2)
    embed_until(helpers, helping(helpers))
    assert len(children() - before) == 1
    eventually(lambda: children() <= before, "the helper has ended")
    embed_until(helpers, helping(helpers))


@pytest.mark.parametrize(
    "command",
    [
        (sys.executable, "-c", "raise SystemExit(3)"),
        (sys.executable, "-c", "print('no helper')"),
        helper(messages=0),
        helper(messages=2),
        helper(messages=2, cut=4),
    ],
    ids=["ends at once", "is another program", "ends at the first part", "ends at the third", "breaks off"],
)
def test_what_a_helper_leaves_is_made_here(command: Sequence[str], helped: Callable[..., Helpers]) -> None:
    before = children()
    helpers = helped(*command)
    with capture_logs() as logs:
        embed_until(helpers, lambda: bool(logs))
        assert np.array_equal(helpers.embed(TEXTS), own(TEXTS))
    assert [entry["event"] for entry in logs] == ["embedding_helper_lost"], "another one is begun after a while"
    assert children() <= before


def test_after_a_while_another_takes_the_place_of_one_that_was_killed(helped: Callable[..., Helpers]) -> None:
    before = children()
    helpers = helped(pause_seconds=0.0)
    embed_until(helpers, helping(helpers))
    (first,) = children() - before
    os.kill(first, signal.SIGKILL)
    embed_until(helpers, lambda: bool(children() - before - {first}) and helping(helpers)())


def test_an_error_of_our_own_is_raised_and_the_helpers_stay(helped: Callable[..., Helpers]) -> None:
    helpers = helped()
    embed_until(helpers, helping(helpers))

    def broken(texts: Sequence[str]) -> Vectors:
        raise LookupError

    def is_raised() -> bool:
        try:
            helpers.embed(TEXTS)
        except LookupError:
            return True
        return False

    helpers._own = broken
    eventually(is_raised, "the helper was not so quick that nothing was left for this process")
    helpers._own = own
    assert np.array_equal(helpers.embed(TEXTS), own(TEXTS))


def test_what_a_helper_answers_late_is_taken_for_no_other_text(helped: Callable[..., Helpers]) -> None:
    helpers = helped(pause_seconds=0.0)
    embed_until(helpers, helping(helpers))
    unreadable = [*TEXTS[:1], "\ud800", *TEXTS[2:]]

    def is_raised() -> bool:
        try:
            helpers.embed(unreadable)
        except UnicodeEncodeError:
            return True
        return False

    for _ in range(5):
        eventually(is_raised, "the helper was given what cannot be sent, while it had another text")
        embed_until(helpers, helping(helpers))


def test_two_threads_may_call(helped: Callable[..., Helpers]) -> None:
    helpers = helped(count=2)
    embed_until(helpers, helping(helpers))
    right: list[bool] = []

    def work() -> None:
        for _ in range(10):
            right.append(np.array_equal(helpers.embed(TEXTS), own(TEXTS)))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 30


def test_a_helper_ends_with_the_process_that_began_it() -> None:
    program = """
        import os, psutil, signal
        from backend.app.services.embedding.use import UseEmbedder

        embedder = UseEmbedder(2)
        while not any(helper.is_ready() for helper in embedder._helpers._helpers):
            embedder.embed_passages(["text"] * embedder.batch)
        (child,) = psutil.Process().children()
        print(child.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = run_python(program)
    assert done.returncode == -signal.SIGKILL, done.stderr
    pid = int(done.stdout)
    eventually(lambda: not runs(pid), "the helper has ended too")


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
