"""`make audit` never says that nothing is known where nobody was asked."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from scripts.audit import FILES, FOUND, UNANSWERED, Answer, node_packages, python_packages, verdict

ROOT = Path(__file__).resolve().parents[3]


class Tool:
    """pip-audit or npm: answers by script, and remembers what it was asked."""

    def __init__(self, **services: Any) -> None:
        self.services = services
        self.asked: list[tuple[str, int]] = []

    def __call__(self, command: Sequence[str]) -> str:
        if command[0] == "npm":
            return json.dumps(self.services["npm"])
        (service,) = [part.partition("=")[2] for part in command if part.startswith("--vulnerability-service=")]
        files = [Path(part.partition("=")[2]) for part in command if part.startswith("--requirement=")]
        names = [line.split("==")[0] for file in files for line in file.read_text().splitlines() if "==" in line]
        self.asked.append((service, len(names)))
        answer = self.services[service]
        return answer if isinstance(answer, str) else json.dumps({"dependencies": [answer(name) for name in names]})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    text = "# made by\naiohttp==1.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n    # via x\nflask==3.1 \\\n    --hash=sha256:02\n"
    (tmp_path / "requirements.txt").write_text(text)
    return tmp_path / "requirements.txt"


def fine(name: str) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": []}


def unknown(name: str) -> dict[str, Any]:
    return {"name": name, "skip_reason": "Dependency not found"}


def bad(name: str) -> dict[str, Any]:
    vulns = [{"id": "PYSEC-1", "fix_versions": ["1.1"]}] if name == "flask" else []
    return {"name": name, "version": "1.0", "vulns": vulns}


def test_all_are_asked_about_once_one_was_answered(file: Path) -> None:
    tool = Tool(pypi=fine)
    answer = python_packages(tool, [file])
    assert (answer.packages, answer.found, answer.unanswered) == (2, [], "")
    assert tool.asked == [("pypi", 1), ("pypi", 2)]
    assert verdict([answer]) == 0


def test_a_service_that_knows_no_package_is_not_believed(file: Path) -> None:
    tool = Tool(pypi=unknown, osv="Traceback: no such host")
    answer = python_packages(tool, [file])
    assert tool.asked == [("pypi", 1), ("osv", 1)], "one package is enough to know"
    assert "NOT AUDITED" in str(answer)
    assert verdict([answer]) == UNANSWERED


def test_the_next_service_is_asked(file: Path) -> None:
    tool = Tool(pypi=unknown, osv=bad)
    answer = python_packages(tool, [file])
    assert answer.found == ["flask 1.0: PYSEC-1, fixed in 1.1"]
    assert verdict([answer]) == FOUND


def test_one_package_that_nobody_knows_leaves_it_unproven(file: Path) -> None:
    answer = python_packages(Tool(pypi=lambda name: unknown(name) if name == "flask" else fine(name)), [file])
    assert "does not know 1 of 2 packages, flask" in answer.unanswered
    assert verdict([answer]) == UNANSWERED


@pytest.mark.parametrize(
    ("said", "found", "unanswered"),
    [
        ({"vulnerabilities": {}, "metadata": {"dependencies": {"total": 7}}}, [], ""),
        (
            {"vulnerabilities": {"lit": {"severity": "high", "range": "<1", "via": [{"title": "XSS"}, "other"]}}},
            ["lit <1: high. XSS"],
            "",
        ),
        ({"message": "405 Method Not Allowed - POST https://host/path"}, [], "npm: 405 Method Not Allowed."),
        ({"error": {"summary": ""}}, [], "npm: the service did not answer."),
    ],
)
def test_npm_is_believed_only_when_it_reports(said: Any, found: list[str], unanswered: str) -> None:
    answer = node_packages(Tool(npm=said))
    assert (answer.found, answer.unanswered) == (found, unanswered)


def test_a_tool_that_says_nothing_proves_nothing(file: Path) -> None:
    assert node_packages(lambda command: "").unanswered != ""
    assert python_packages(lambda command: "", [file]).unanswered != ""


def test_what_is_known_weighs_more_than_what_is_not() -> None:
    assert verdict([Answer("a", unanswered="why"), Answer("b", found=["x"])]) == FOUND


def test_every_pinned_file_is_asked_about_that_people_run() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert {"requirements.txt", "requirements-dev.txt", *(f"requirements-{extra}.txt" for extra in extras)} == set(
        FILES
    )
