"""What only gevent has: a hub that must not be held up, greenlets that are killed, forks."""

from __future__ import annotations

from tests.fakes.child import output_of


def test_a_native_call_that_computes_holds_up_no_other_greenlet() -> None:
    program = """
        import threading, time
        import gevent
        from backend.app.concurrency import NativePool

        ticks = 0

        def tick():
            global ticks
            while True:
                ticks += 1
                gevent.sleep(0.001)

        def compute():
            deadline = time.monotonic() + 20
            while ticks < 50 and time.monotonic() < deadline:
                sum(range(100))
            return ticks, threading.get_native_id()

        gevent.spawn(tick)
        counted, thread = NativePool(1).run(compute)
        assert counted >= 50, f"the hub stood still: {counted} ticks"
        assert thread != threading.get_native_id()
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_a_pool_that_a_native_thread_used_first_still_serves_the_hub() -> None:
    program = """
        import threading
        from backend.app.concurrency import NativePool

        outer, inner = NativePool(1), NativePool(1)
        outer.run(lambda: inner.run(int))
        assert inner.run(threading.get_native_id) != threading.get_native_id()
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_a_pool_used_before_a_fork_works_on_both_sides() -> None:
    program = """
        import os, threading
        import gevent
        from backend.app.concurrency import NativePool

        pool = NativePool(2)
        before = pool.run(threading.get_native_id)
        gevent.get_hub().loop.install_sigchld()  # gevent does so after the fork: a child that ends before is waited for for ever
        child = os.fork()
        after = pool.run(threading.get_native_id)
        assert after != threading.get_native_id()
        assert pool.run(pow, 2, 10) == 1024
        if child == 0:
            os._exit(7 if after != before else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_native_calls_come_in_the_order_in_which_they_were_made() -> None:
    program = """
        import gevent
        from backend.app.concurrency import NativePool

        pool, order = NativePool(1), []

        def ask(n):
            pool.run(order.append, n)
            if n < 3:
                pool.run(order.append, n + 100)

        gevent.joinall([gevent.spawn(ask, n) for n in range(8)])
        assert order == [0, 1, 2, 3, 4, 5, 6, 7, 100, 101, 102], order
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_who_is_killed_in_line_leaves_no_turn_behind() -> None:
    program = """
        import gevent
        from backend.app.concurrency import Turns

        turns = Turns(1)

        def hold():
            turns.acquire()
            try:
                gevent.sleep(60)
            finally:
                turns.release()

        turns.acquire()
        gone, told = gevent.spawn(hold), gevent.spawn(hold)
        gevent.sleep(0)
        gone.kill()
        assert turns.waiting == 1
        turns.release()  # it is told's now, who has not run yet
        told.kill()
        assert turns.acquire(0), "the turn went with the greenlet"
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_a_late_call_is_killed_where_it_waits() -> None:
    program = """
        import threading
        from backend.app.concurrency import gather

        cleaned = threading.Event()

        def late():
            try:
                threading.Event().wait(60)
            finally:
                cleaned.set()

        gather({"late": late}, 0.05)
        assert cleaned.wait(20)
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_calls_are_killed_with_the_one_who_gathers_them() -> None:
    program = """
        import gevent, threading
        from backend.app.concurrency import gather

        begun, cleaned = threading.Event(), threading.Event()

        def slow():
            begun.set()
            try:
                threading.Event().wait(60)
            finally:
                cleaned.set()

        asking = gevent.spawn(gather, {"slow": slow}, 60)
        assert begun.wait(20)
        asking.kill()
        assert cleaned.wait(20)
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_an_abandoned_native_call_leaves_its_pool_usable() -> None:
    program = """
        import threading
        from backend.app.concurrency import NativePool, gather

        pool, release = NativePool(1), []

        def spin():
            import time
            deadline = time.monotonic() + 20
            while not release and time.monotonic() < deadline:
                sum(range(100))
            return bool(release)

        outcome = gather({"spin": lambda: pool.run(spin)}, 0.05)["spin"]
        assert isinstance(outcome.error, TimeoutError)
        release.append(True)
        assert pool.run(pow, 3, 2) == 9
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_a_shielded_call_goes_on_when_its_caller_is_killed() -> None:
    program = """
        import gevent, threading
        from backend.app.concurrency import NativePool, shielded

        begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

        def save():
            begun.set()
            assert go_on.wait(20)
            NativePool(1).run(int)
            ended.set()

        asking = gevent.spawn(shielded, save)
        assert begun.wait(20)
        asking.kill(block=False)
        gevent.sleep(0)
        assert not asking.ready(), "who waits for the caller waits for the call"
        go_on.set()
        asking.join(20)
        assert ended.is_set()
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_closing_a_pump_runs_the_sources_last_words_with_native_calls_in_them() -> None:
    program = """
        import threading
        from backend.app.concurrency import NativePool, Pump

        pool, waiting, saved = NativePool(1), threading.Event(), threading.Event()

        def source():
            try:
                waiting.set()
                threading.Event().wait(60)
                yield 1
            finally:
                pool.run(int)
                saved.set()

        pump = Pump(source(), idle=1)
        assert waiting.wait(20)
        pump.close()
        assert saved.wait(20)
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_closing_a_pump_may_wait_for_the_sources_last_words_and_returns_what_had_arrived() -> None:
    program = """
        import threading
        from backend.app.concurrency import Pump, shielded

        waiting, saved = threading.Event(), threading.Event()

        def save():
            threading.Event().wait(0.05)
            saved.set()

        def source():
            try:
                yield from "abc"
                waiting.set()
                threading.Event().wait(60)
            finally:
                shielded(save)

        pump = Pump(source(), idle=1)
        assert waiting.wait(20)
        assert pump.close(20) == ["a", "b", "c"]
        assert saved.is_set()
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_each_makes_so_many_calls_at_a_time_and_no_more() -> None:
    program = """
        import gevent
        from backend.app.concurrency import each

        running, most = 0, 0

        def call(item):
            global running, most
            running += 1
            most = max(most, running)
            gevent.sleep(0.001)
            running -= 1
            return item

        assert each(call, range(20), 4) == list(range(20))
        assert most == 4, most
        print("held")
    """
    assert output_of(program, gevent=True) == "held"


def test_who_is_killed_while_calls_are_made_ends_after_those_that_have_begun() -> None:
    program = """
        import gevent
        from backend.app.concurrency import each

        begun, ended = [], []

        def call(item):
            begun.append(item)
            gevent.sleep(0.05)
            ended.append(item)

        caller = gevent.spawn(each, call, range(20), 2)
        while not begun:
            gevent.sleep(0.001)
        caller.kill(block=True)
        assert begun == ended, (begun, ended)
        assert len(begun) < 20
        print("held")
    """
    assert output_of(program, gevent=True) == "held"
