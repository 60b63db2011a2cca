"""What only a plain process has: threads that cannot be killed, and an end that waits for them."""

from __future__ import annotations

import threading

from backend.app.concurrency import NativePool, is_cooperative
from tests.fakes.child import output_of


def test_the_tests_themselves_are_not_patched() -> None:
    assert not is_cooperative()


def test_a_pool_works_in_the_callers_own_thread() -> None:
    assert NativePool(2).run(threading.get_native_id) == threading.get_native_id()


def test_an_abandoned_call_does_not_hold_up_the_end_of_the_process() -> None:
    program = """
        import time
        from backend.app.concurrency import gather

        outcome = gather({"stuck": lambda: time.sleep(600)}, 0.05)["stuck"]
        print(type(outcome.error).__name__)
    """
    assert output_of(program) == "TimeoutError"


def test_a_source_that_waits_for_ever_does_not_hold_up_the_end_of_the_process() -> None:
    program = """
        import time
        from backend.app.concurrency import Pump

        def source():
            yield 1
            time.sleep(600)

        pump = Pump(source(), idle=0.05)
        print(next(iter(pump)))
        pump.close()
    """
    assert output_of(program) == "[1]"
