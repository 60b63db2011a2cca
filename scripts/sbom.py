"""List everything that Like-Opt is made of, as CycloneDX, into build/: `make sbom`.

Of Python what requirements.txt installs, in an environment of its own, so that no tool for
developing is on the list; of the page what it is bundled from.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
TOOLS = Path(sys.executable).parent
GROUPS = ("postgres", "otel")


def python_list(uv: Path, target: Path) -> None:
    files = ["requirements.txt", *(f"requirements-{group}.txt" for group in GROUPS)]
    with tempfile.TemporaryDirectory() as folder:
        _run([uv, "venv", "--quiet", "--python", sys.executable, folder])
        python = Path(folder) / "bin" / "python"
        chosen = [part for name in files for part in ("--requirements", name)]
        _run([uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", *chosen])
        options = ["--pyproject", "pyproject.toml", "--mc-type", "application", "--output-reproducible"]
        _run([TOOLS / "cyclonedx-py", "environment", *options, "--output-file", target, python])


def page_list(target: Path) -> None:
    options = [
        "--sbom-format=cyclonedx",
        "--sbom-type=application",
        "--package-lock-only",
        "--omit=dev",
        "--omit=optional",
    ]
    target.write_text(_run(["npm", "sbom", *options]), "utf-8")


def count(file: Path) -> int:
    """Return how many components a list names; each has its version.

    Raises:
        ValueError: it is no list of CycloneDX's.
    """
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    components = found.get("components", [])
    if found.get("bomFormat") != "CycloneDX" or not components or not all(c.get("version") for c in components):
        raise ValueError(f"{file} is no list of components")
    return len(components)


def _run(command: Sequence[str | Path]) -> str:
    done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


def main() -> None:
    BUILD.mkdir(exist_ok=True)
    python, page = BUILD / "sbom-python.json", BUILD / "sbom-page.json"
    python_list(Path(sys.argv[1]), python)
    page_list(page)
    for file in (python, page):
        print(f"{file.relative_to(ROOT)}: {count(file)} components")  # noqa: T201


if __name__ == "__main__":
    main()
