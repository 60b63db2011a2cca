"""A tool makes requests from the OpenAPI document, sound ones and broken ones, and the server keeps its word."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from backend.app.api.openapi.operations import OPERATIONS
from backend.app.api.scopes import NEEDS
from backend.app.domain.keys import Scope
from tests.fakes.scripted_model import ScriptedModel
from tests.integration.api.sockets import Browser
from tests.services.likeopt import Server, likeopt_server

# Of all that the tool has, object_level_authorization is left out: it wants two people, and test_route_matrix.py has six.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
    "use_after_free",
    "ensure_resource_availability",
)
# These would end the session of all that follows.
ENDS_SESSION = ("auth.logout",)
# What is right in form may be refused for what it says: a cursor is to be one that was given, an address one of
# the post, a name more than spaces, a date a day, a file a test set; and a whole number is written as one: 1, not 1.0.
# Nowhere else may it be.
REFUSE_WORDS = (
    *("audit.index", "audit.export", "auth.change_password", "auth.register", "auth.reset", "chat.ask"),
    *("collections.create", "collections.rename", "collections.put_member", "conversations.index"),
    *("conversations.messages", "documents.index", "documents.passages", "documents.upload", "evaluation.add"),
    *("evaluation.change", "evaluation.index", "evaluation.offers", "evaluation.results", "evaluation.runs"),
    *("evaluation.start", "evaluation.take_in", "folders.watch", "invitations.make", "keys.make", "mcp.answer"),
    *("auth.rename", "openai.complete", "search.find", "users.change", "users.index"),
    *("feedback.opened", "feedback.rate"),
)
EXAMPLES = 3  # beside those of the coverage phase, two dozen for each route


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel) -> Iterator[Server]:
    settings = {
        "LIKEOPT_OPEN_REGISTRATION": "true",
        "LIKEOPT_WEB_PAGES": "false",  # nobody is to be asked for the addresses that the tool makes up
        **{
            f"LIKEOPT_RATE_{name}": "none"
            for name in ("GUESSES", "GUESSES_ADDRESS", "SIGN_IN", "REGISTER", "KEY", "INVITE")
        },
        "LLM_BASE_URL": model.url,
        "LLM_MODEL": "scripted-1",
    }
    with likeopt_server(tmp_path_factory.mktemp("lenient"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def administrator(lenient: Server) -> Browser:
    return Browser(lenient.url).register("ann")


@pytest.fixture
def asking(lenient: Server, administrator: Browser, tmp_path: Path) -> Callable[..., None]:
    """Runs the tool on the document of the server, and fails where it finds anything."""

    def ask(header: str, checks: Sequence[str], phases: str, *options: str) -> None:
        document = tmp_path / "openapi.json"
        document.write_bytes(lenient.get("/api/v1/openapi.json")[1])
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", str(document), f"--url={lenient.url}"),
            *(f"--header={header}", f"--checks={','.join(checks)}", f"--phases={phases}"),
            *(f"--max-examples={EXAMPLES}", "--generation-deterministic"),
            *("--generation-with-security-parameters=false", "--no-color", "--warnings=off", "--workers=1", *options),
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
        assert " passed" in done.stdout, "it has asked something"
        assert "unexpected_error" not in lenient.errors()

    return ask


def test_no_request_makes_the_server_break_its_word(administrator: Browser, asking: Callable[..., None]) -> None:
    excluded = [f"--exclude-operation-id={name}" for name in ENDS_SESSION]
    asking(f"Cookie:{administrator.cookie}", CHECKS, "examples,coverage,fuzzing,stateful", *excluded)
    assert administrator.get("/auth/me").status == 200, "all of it was asked by somebody who was signed in"


def test_what_is_sound_is_taken(administrator: Browser, asking: Callable[..., None]) -> None:
    excluded = [f"--exclude-operation-id={name}" for name in (*ENDS_SESSION, *REFUSE_WORDS)]
    asking(f"Cookie:{administrator.cookie}", ["positive_data_acceptance"], "fuzzing", *excluded)
    assert set(REFUSE_WORDS) <= set(OPERATIONS)


def test_a_program_is_answered_as_the_document_says(administrator: Browser, asking: Callable[..., None]) -> None:
    made = administrator.post("/keys", {"name": "a program", "scopes": [scope.value for scope in Scope]})
    included = [f"--include-operation-id={name}" for name in (*NEEDS, "openapi.show")]
    asking(f"Authorization:Bearer {made.data['key']}", CHECKS, "examples,fuzzing", *included)
