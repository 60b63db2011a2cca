"""Ask whether anything is known against the packages that are pinned: `make audit`.

Ends with 0 when every package was asked about and nothing is known, with 1 when something is, and
with 4 when nobody answered for all of them: then nothing is proven. pip-audit by itself says «no known
vulnerabilities» of packages that its service has never heard of.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# What the application runs with, first, and what it is developed with; the others are tools apart, or weights.
APART = {"audit", "bench", "fuzz", "model", "node", "setup"}
FILES = sorted(
    path.name for path in ROOT.glob("requirements*.txt") if path.stem.removeprefix("requirements-") not in APART
)
SERVICES = ("pypi", "osv")
FOUND, UNANSWERED = 1, 4

Run = Callable[[Sequence[str]], str]  # a command's standard output, whatever it ended with


@dataclass
class Answer:
    """What one tool said: of how many packages, and which are known to be bad."""

    asked: str
    packages: int = 0
    found: list[str] = field(default_factory=list)
    unanswered: str = ""  # why nothing is proven

    def __str__(self) -> str:
        if self.unanswered:
            return f"{self.asked}: NOT AUDITED. {self.unanswered}"
        lines = [f"{self.asked}: {self.packages} packages, {len(self.found)} known vulnerabilities."]
        return "\n".join([*lines, *(f"  {line}" for line in self.found)])


def python_packages(run: Run, files: Sequence[Path]) -> Answer:
    """Ask the first service that answers for one package about all of them."""
    reasons = []
    for service in SERVICES:
        with tempfile.TemporaryDirectory() as folder:
            probe = Path(folder) / "probe.txt"
            probe.write_text(_first(files[0]), "utf-8")
            reason = _pip_audit(run, service, [probe]).unanswered
        if not reason:
            return _pip_audit(run, service, files)
        reasons.append(f"{service}: {reason}")
    return Answer("Python", unanswered=" ".join(reasons))


def node_packages(run: Run) -> Answer:
    said = _json(run(["npm", "audit", "--json"]))
    answer = Answer("The page and its tools")
    if "vulnerabilities" not in said:
        answer.unanswered = _sentence(said.get("message") or said.get("error") or "npm audit gave no report")
        return answer
    answer.packages = said.get("metadata", {}).get("dependencies", {}).get("total", 0)
    for name, entry in sorted(said["vulnerabilities"].items()):
        titles = {via["title"] for via in entry.get("via", []) if isinstance(via, dict) and "title" in via}
        answer.found.append(
            f"{name} {entry.get('range', '')}: {entry.get('severity', '')}. {'; '.join(sorted(titles))}"
        )
    return answer


def verdict(answers: Iterable[Answer]) -> int:
    answers = list(answers)
    if any(answer.found for answer in answers):
        return FOUND
    return UNANSWERED if any(answer.unanswered for answer in answers) else 0


def _pip_audit(run: Run, service: str, files: Sequence[Path]) -> Answer:
    options = ["--format=json", f"--vulnerability-service={service}", "--disable-pip", "--require-hashes", "--progress-spinner=off"]  # fmt: skip
    said = _json(run(["pip-audit", *options, *(f"--requirement={file}" for file in files)]))
    answer = Answer("Python")
    dependencies = said.get("dependencies")
    if not dependencies:
        answer.unanswered = "The service did not answer."
        return answer
    skipped = [entry["name"] for entry in dependencies if "skip_reason" in entry]
    answer.packages = len(dependencies) - len(skipped)
    for entry in dependencies:
        for bug in entry.get("vulns", []):
            fixed = ", ".join(bug.get("fix_versions", [])) or "no version"
            answer.found.append(f"{entry['name']} {entry['version']}: {bug['id']}, fixed in {fixed}")
    if skipped:
        answer.unanswered = (
            f"The service does not know {len(skipped)} of {len(dependencies)} packages, {skipped[0]} for example."
        )
    return answer


def _first(file: Path) -> str:
    """Return the first package of a requirements file, with its hashes."""
    lines: list[str] = []
    for line in file.read_text("utf-8").splitlines():
        if lines or not line.startswith(("#", " ")):
            lines.append(line)
        if lines and not line.endswith("\\"):
            break
    return "\n".join(lines) + "\n"


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sentence(reason: Any) -> str:
    """Return a reason without the address that it may name."""
    text = reason.get("summary", "") if isinstance(reason, dict) else str(reason)
    return f"npm: {text.split(' - ')[0].strip() or 'the service did not answer'}."


def _run(command: Sequence[str]) -> str:
    program = Path(sys.executable).with_name(command[0])
    start = [str(program) if program.exists() else command[0], *command[1:]]
    try:
        return subprocess.run(start, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""


def main() -> int:
    answers = [python_packages(_run, [ROOT / name for name in FILES]), node_packages(_run)]
    for answer in answers:
        print(answer)  # noqa: T201
    code = verdict(answers)
    if code == UNANSWERED:
        print("Nothing is proven: ask again where the advisory services can be reached.")  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main())
