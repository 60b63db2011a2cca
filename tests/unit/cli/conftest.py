"""Commands run in this process, on services that a test makes up."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from backend.app.cli import cli
from backend.app.cli.context import Builders, Toolbox
from backend.app.config import Settings
from tests.fakes.things import collection, user

Run = Callable[..., Result]


class FakeServices(SimpleNamespace):
    """What a command asks of ``Services``; a test adds the parts that it uses."""

    def __init__(self, **parts: Any) -> None:
        mine = [collection("c1", name="Documents"), collection("c2", name="업무")]
        super().__init__(
            accounts=SimpleNamespace(operator=user),
            collections=SimpleNamespace(visible=lambda of: mine),
            **parts,
        )


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs ``likeopt`` with the given services and arguments."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LIKEOPT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LIKEOPT_CHROMA_URL", "http://127.0.0.1:9")  # so that none is started
    monkeypatch.setenv("LIKEOPT_OLLAMA_URL", "")
    # It is for a whole process, and other tests of this one listen to what is logged.
    monkeypatch.setattr("backend.app.logs.configure_logging", lambda settings: None)

    def invoke(
        services: Any,
        *arguments: str,
        agreement: Any = None,
        repair: Any = None,
        reembedding: Any = None,
        indexing: Any = None,
        input: str | None = None,
    ) -> Result:
        @contextlib.contextmanager
        def toolbox(settings: Settings) -> Iterator[Toolbox]:
            yield Toolbox(
                settings=settings,
                services=services,
                indexing=lambda: indexing or pytest.fail("nothing is indexed here"),
                reindexing=lambda: pytest.fail("nothing is indexed here"),
                agreement=lambda owns_vectors: agreement,
                repair=lambda: repair,
                reembedding=lambda: reembedding,
                following=lambda told: pytest.fail("nothing is followed here"),
                evaluation=lambda: pytest.fail("nothing is measured here"),
            )

        builders = Builders(
            toolbox=toolbox,
            run_indexer=lambda settings: None,
            backup=lambda settings: pytest.fail("nothing is backed up here"),
            restore=lambda settings: pytest.fail("nothing is restored here"),
            note=lambda settings, action, done: pytest.fail("nothing is backed up here"),
        )
        return CliRunner().invoke(cli, list(arguments), obj=builders, input=input, prog_name="likeopt")

    return invoke
