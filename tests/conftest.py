"""Real services for the tests, each on a folder of its own, started when first asked for."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Before anything imports NumPy, as every process of Like-Opt has it: BLAS' own threads wait for each other by spinning.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Whoever starts the tests in the background has this signal ignored, and all that they start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("likeopt", deadline=None)  # no test judges a time: the machine may be busy
settings.load_profile("likeopt")

# They wait for processes, browsers and networks, and a machine may be too busy for any patience. One that fails gets
# a second try, and the summary names it: a test that is named again and again is to be mended.
_WITH_PROCESSES = ("e2e", "integration", "faults")
# But not these: data that are lost one time in two are lost.
_AT_ONCE = ("test_faults", "test_killed_indexers")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("reruns") is not None:  # `--reruns 0` shows what fails at once: a marker would win over it
        return
    for item in items:
        is_with_processes = item.path.relative_to(config.rootpath).parts[1] in _WITH_PROCESSES
        if is_with_processes and item.path.stem not in _AT_ONCE:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the first try of whoever got a second one failed with: nobody mends what has no reason."""
    tried_again = terminalreporter.getreports("rerun")
    if tried_again:
        terminalreporter.section("first tries that failed")
    for report in tried_again:
        terminalreporter.write_line(f"{report.nodeid}\n{report.longreprtext[-3000:]}\n")


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Valkey that all tests share: use keys of your own."""
    from tests.services.stores import valkey_server

    with valkey_server(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture(scope="session")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Chroma server that all tests share: use collections of your own."""
    from tests.services.stores import chroma_server

    with chroma_server(tmp_path_factory.mktemp("chroma")) as url:
        yield url


@pytest.fixture(scope="session")
def _postgresql() -> Iterator[object]:
    from tests.services.postgresql import postgresql_server

    with postgresql_server() as server:
        yield server


@pytest.fixture
def postgresql_url(_postgresql: object) -> str:
    """Address of an empty PostgreSQL database, for this test alone."""
    from tests.services.postgresql import PostgreSQL

    assert isinstance(_postgresql, PostgreSQL)
    return _postgresql.database()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A whole `likeopt serve` that all tests share (``tests.services.likeopt.Server``)."""
    from tests.services.likeopt import likeopt_server

    with likeopt_server(tmp_path_factory.mktemp("likeopt")) as running:
        yield running
