"""A tool makes requests from the OpenAPI document, sound ones and broken ones, and the server keeps its word."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.scripted_model import ScriptedModel
from tests.integration.api.sockets import Browser
from tests.services.likeopt import Server, likeopt_server

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
# These would end the session of all that follows.
ENDS_SESSION = ("auth.logout",)
EXAMPLES = 1  # beside those of the coverage phase, two dozen for each route


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel) -> Iterator[Server]:
    settings = {
        "LIKEOPT_OPEN_REGISTRATION": "true",
        "LIKEOPT_WEB_PAGES": "false",  # nobody is to be asked for the addresses that the tool makes up
        "LIKEOPT_RATE_GUESSES": "none",
        "LIKEOPT_RATE_GUESSES_ADDRESS": "none",
        "LLM_BASE_URL": model.url,
        "LLM_MODEL": "scripted-1",
    }
    with likeopt_server(tmp_path_factory.mktemp("lenient"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def administrator(lenient: Server) -> Browser:
    return Browser(lenient.url).register("ann")


def test_no_request_makes_the_server_break_its_word(lenient: Server, administrator: Browser, tmp_path: Path) -> None:
    tool = Path(sys.executable).with_name("schemathesis")
    command = [
        *(str(tool), "run", f"{lenient.url}/api/v1/openapi.json", f"--header=Cookie:{administrator.cookie}"),
        *("--phases=examples,coverage,fuzzing", f"--checks={','.join(CHECKS)}", f"--max-examples={EXAMPLES}"),
        *("--generation-deterministic", "--generation-with-security-parameters=false"),
        *("--no-color", "--warnings=off", "--workers=1"),
        *(f"--exclude-operation-id={name}" for name in ENDS_SESSION),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert administrator.get("/auth/me").status == 200, "all of it was asked by somebody who was signed in"
    assert "unexpected_error" not in lenient.errors()
