"""The app on real stores: a SQLite file, tantivy, Chroma and Valkey. One app serves all tests, each with new people."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select

from backend.app.config import Secret, Settings
from backend.app.factory import build_app
from backend.app.security import passwords
from backend.app.services.bundle import Services
from backend.app.services.indexing.service import IndexingService
from backend.app.storage.migration import migrate
from backend.app.storage.models import Base
from backend.app.wiring import Parts, indexing_service
from tests.fakes.scripted_model import ScriptedModel
from tests.integration.api.calls import Answer, Caller
from tests.integration.api.sockets import Browser
from tests.services.likeopt import Server, likeopt_server

MAX_UPLOAD = 200_000
PASSWORD = "correct horse"
LIGHTEST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
TREES = (
    "The harbour of Oakhaven\n\nThe ferry to Oakhaven leaves the northern pier at seven in the morning.\n\n"
    "Tickets are sold in the red kiosk beside the fish market until noon.\n"
)
_numbers = itertools.count(1)


class World:
    """An app, what it is made of, and the people who use it."""

    def __init__(self, settings: Settings) -> None:
        migrate(settings)
        self.app: Flask = build_app(settings)
        self.settings = settings
        self.first_email = ""  # the administrator's
        self._indexing: IndexingService | None = None

    @property
    def parts(self) -> Parts:
        found = self.app.extensions["likeopt_parts"]
        assert isinstance(found, Parts)
        return found

    @property
    def indexing(self) -> IndexingService:
        if self._indexing is None:
            self._indexing = indexing_service(self.parts, "tests/0/0")
        return self._indexing

    @property
    def services(self) -> Services:
        found = self.app.extensions["likeopt"]
        assert isinstance(found, Services)
        return found

    def nobody(self) -> Caller:
        return Caller(self.app)

    def person(self, name: str = "person") -> Caller:
        """Return a new person, signed in, with an empty collection."""
        caller = self.nobody()
        email = f"{name}{next(_numbers)}@example.com"
        answer = caller.post("/auth/register", {"email": email, "password": PASSWORD, "name": name})
        assert answer.status == 201, answer.body
        self.first_email = self.first_email or email
        caller.user = answer.data
        caller.collection_id = caller.get("/collections").data[0]["id"]
        return caller

    def index(self, upload: Answer) -> list[dict[str, Any]]:
        """Do the indexer's work on an upload; return its documents as they were."""
        assert upload.status == 202, upload.body
        for item in upload.data:
            self.indexing.process(item["job"]["id"])
        return [item["document"] for item in upload.data]

    def document(self, owner: Caller, name: str = "harbour.txt", text: str | bytes = TREES, **fields: str) -> str:
        """Upload and index one file; return the document's id."""
        content = text if isinstance(text, bytes) else text.encode()
        (document,) = self.index(owner.upload((name, content), **fields))
        found = owner.get(f"/documents/{document['id']}").data
        assert found["status"] == "ready", found
        identity: str = found["id"]
        return identity

    def traces(self) -> dict[str, Any]:
        """Count all that a request could leave behind."""

        def count(session: Any) -> dict[str, int]:
            # What was refused may be written down all the same.
            tables = [table for table in Base.metadata.tables.values() if table.name != "audit_events"]
            return {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}

        files = sorted(str(path) for path in self.settings.files_dir.rglob("*") if path.is_file())
        temporary = sorted(path.name for path in Path(tempfile.gettempdir()).iterdir())
        return {**self.parts.database.read(count), "files": files, "temporary": temporary}

    @contextlib.contextmanager
    def nothing_left(self) -> Iterator[None]:
        """Fail when the block leaves a row or a file behind."""
        before = self.traces()
        yield
        assert self.traces() == before

    def close(self) -> None:
        self.parts.close()


@pytest.fixture(scope="session")
def _own_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let nothing but these tests put temporary files where they are counted."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path_factory.mktemp("temporary"))
    yield Path(tempfile.tempdir)
    tempfile.tempdir = before


@pytest.fixture(scope="session")
def made_world(
    tmp_path_factory: pytest.TempPathFactory, valkey_url: str, chroma_url: str, _own_temporary_folder: Path
) -> Iterator[Callable[..., World]]:
    """Makes worlds with settings of their own; the stores are real unless the settings say otherwise."""
    with contextlib.ExitStack() as closing:

        def make(**changes: Any) -> World:
            settings = Settings(
                **{
                    "data_dir": tmp_path_factory.mktemp("data"),
                    # A machine that is busy with other tests may take its time.
                    "redis_url": Secret(f"{valkey_url}?db=7&socket_timeout=20&socket_connect_timeout=20"),
                    "branch_timeout_ms": 20_000,
                    "chroma_url": chroma_url,
                    "open_registration": True,
                    "watch_roots": str(tmp_path_factory.getbasetemp()),
                    "max_upload_bytes": MAX_UPLOAD,
                    "ollama_url": "",
                    **changes,
                }
            )
            with (
                pytest.MonkeyPatch.context() as patch
            ):  # nearly every test makes people, and none judges what a hash costs
                patch.setattr(passwords, "PasswordHasher", lambda: LIGHTEST)
                world = World(settings)
            closing.callback(world.close)
            return world

        yield make


@pytest.fixture(scope="session")
def world(made_world: Callable[..., World]) -> World:
    """The world that all tests share. Its first person, the administrator, belongs to no test."""
    world = made_world()
    world.person("administrator")
    return world


@pytest.fixture
def held_to_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold each answer of the test against the OpenAPI document."""
    monkeypatch.setattr(Caller, "held_to_document", True)


@pytest.fixture
def ann(world: World) -> Caller:
    return world.person("ann")


@pytest.fixture
def ben(world: World) -> Caller:
    return world.person("ben")


@pytest.fixture(scope="session")
def anyone(world: World) -> Caller:
    """A person for requests that leave nothing: making an account takes as long as many of them."""
    return world.person("anyone")


@pytest.fixture
def nobody(world: World) -> Caller:
    return world.nobody()


@pytest.fixture(scope="session")
def model() -> Iterator[ScriptedModel]:
    """The language model of the running server: a test gives it its ``scripts``."""
    with ScriptedModel() as running:
        yield running


@pytest.fixture(scope="session")
def gunicorn(
    tmp_path_factory: pytest.TempPathFactory, valkey_url: str, chroma_url: str, model: ScriptedModel
) -> Iterator[Server]:
    """A whole server of two workers, with small limits and the scripted model."""
    settings = {
        "LIKEOPT_OPEN_REGISTRATION": "true",
        "LIKEOPT_MAX_UPLOAD_BYTES": str(MAX_UPLOAD),
        "LIKEOPT_LLM_RETRIES": "0",
        "LLM_BASE_URL": model.url,
        "LLM_MODEL": "scripted-1",
        "REDIS_URL": f"{valkey_url}?db=8",
        "CHROMA_URL": chroma_url,
    }
    with likeopt_server(tmp_path_factory.mktemp("gunicorn"), **settings) as running:
        yield running


@pytest.fixture
def browser(gunicorn: Server) -> Browser:
    """A new person at the running server."""
    return Browser(gunicorn.url).register(f"browser{next(_numbers)}")
