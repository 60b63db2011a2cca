"""A reader who goes away kills the greenlet that makes the answer, wherever it is."""

from __future__ import annotations

import pytest

from tests.fakes.child import output_of

PROGRAM = """
import sys, threading
from backend.app.concurrency import NativePool, Pump
from backend.app.services.chat import Question
from tests.fakes.chat import ADA, Chat

chat, pool, reached, release = Chat(), NativePool(2), threading.Event(), threading.Event()

def wait():
    reached.set()
    release.wait(60)

place = sys.argv[1]
if place == "retrieving":
    chat.retriever.search = lambda *_, **__: wait()
elif place == "speaking":
    chat.plays("One ", wait, "never said")
elif place == "storing":
    chat.conversations.before_storing = wait

pump = Pump(chat.service.ask(ADA, Question("How long is leave?")), idle=5)
assert reached.wait(20)
pump.close()
if place == "storing":
    release.set()

for _ in range(2000):
    if chat.conversations.stored:
        break
    threading.Event().wait(0.01)
(stored,) = chat.conversations.stored
print(stored[1].status, repr(stored[1].text), chat.model.closed)
"""


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        ("retrieving", "stopped '' 0"),
        ("speaking", "stopped 'One ' 1"),
        ("storing", "complete 'One claim [1].' 1"),
    ],
)
def test_what_had_arrived_is_stored_once(place: str, kept: str) -> None:
    assert output_of(PROGRAM, place, gevent=True) == kept
