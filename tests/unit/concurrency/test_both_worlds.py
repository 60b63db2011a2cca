"""The scenarios in this process, with plain threads, and in a child that gevent has patched."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context

import pytest

from tests.fakes.child import output_of
from tests.unit.concurrency.scenarios import SCENARIOS

in_both = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)


@in_both
def test_with_plain_threads(scenario: Callable[[], None]) -> None:
    copy_context().run(scenario)


@in_both
def test_under_gevent(scenario: Callable[[], None]) -> None:
    program = """
        import sys
        from backend.app.concurrency import is_cooperative
        from tests.unit.concurrency import scenarios

        assert is_cooperative()
        getattr(scenarios, sys.argv[1])()
        print("held")
    """
    assert output_of(program, scenario.__name__, gevent=True) == "held"
