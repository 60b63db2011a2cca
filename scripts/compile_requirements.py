"""Write the requirements files from pyproject.toml, every package pinned and hashed.

``requirements.txt`` holds what the application needs; the others hold what one more purpose
needs, at the very versions that ``requirements.txt`` names, so that they install together.
Arguments are handed to uv (``--upgrade``).
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).with_name("uv")
OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--fork-strategy=fewest",  # one version for every Python, not one for each
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--custom-compile-command=make requirements",
    "--quiet",
)


def compile_file(name: str, requirements: list[str], *options: str) -> None:
    subprocess.run(  # noqa: S603  arguments of our own
        [UV, "pip", "compile", "-", *OPTIONS, f"--output-file={name}", *options],
        input="\n".join(requirements),
        text=True,
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,  # the file's text again
    )


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras, groups = project["project"]["optional-dependencies"], project["dependency-groups"]
    chosen = sys.argv[1:]
    compile_file("requirements.txt", project["project"]["dependencies"], *chosen)
    for name, requirements in {**extras, **groups}.items():
        alone = ["--no-deps"] if name == "model" else []
        compile_file(f"requirements-{name}.txt", requirements, "--constraint=requirements.txt", *alone, *chosen)


if __name__ == "__main__":
    main()
