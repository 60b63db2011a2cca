"""Write docs/licences.md from what the packages say themselves; `--check` only tells whether it is up to date.

A licence that nobody has looked at ends it, whichever is asked for: decide, and put it on the list below.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"
# What people run; tools for developing are not handed on with it.
EXTRAS = sorted(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
FILES = {"requirements.txt": ""} | {f"requirements-{extra}.txt": extra for extra in EXTRAS}
# Whoever hands Like-Opt on may hand these on with it. MPL and LGPL ask for the source of changes to these packages
# themselves, which are installed unchanged.
ALLOWED = frozenset({
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-3.0-only", "MIT", "MIT-0",
    "MIT-CMU", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib", "ZPL-2.1",
})  # fmt: skip
# How packages write it that do not use SPDX's names.
_SPOKEN = {
    "apache license, version 2.0": "Apache-2.0", "apache license version 2.0": "Apache-2.0", "apache 2.0": "Apache-2.0",
    "apache2.0": "Apache-2.0", "apache software license": "Apache-2.0", "apache-2": "Apache-2.0",
    "mit license": "MIT", "mit, bsd": "MIT AND BSD", "bsd license": "BSD", "3-clause bsd license": "BSD-3-Clause",
    "isc license": "ISC", "isc license (iscl)": "ISC", "python software foundation license": "PSF-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0", "bsd 3-clause": "BSD-3-Clause",
}  # fmt: skip
# The same for everybody who makes the page, on whatever machine.
_LINUX = {
    "implementation_name": "cpython", "os_name": "posix", "platform_machine": "x86_64", "sys_platform": "linux",
    "platform_python_implementation": "CPython", "platform_system": "Linux", "python_full_version": "3.11.9",
    "python_version": "3.11", "implementation_version": "3.11.9", "platform_release": "", "platform_version": "",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Package:
    name: str
    version: str
    licence: str
    group: str = ""


def python_packages() -> list[Package]:
    """Return what is pinned for Linux, with the licence that the installed package names."""
    found: dict[str, Package] = {}
    for file, group in FILES.items():
        for line in re.findall(r"^[A-Za-z0-9][^\\\n]*==[^\\\n]*", (ROOT / file).read_text("utf-8"), re.MULTILINE):
            wanted = Requirement(line.strip())
            if wanted.name in found or (wanted.marker and not wanted.marker.evaluate(dict(_LINUX))):
                continue
            (pin,) = wanted.specifier
            try:
                licence = spdx(metadata(wanted.name))
            except PackageNotFoundError:
                raise SystemExit(f"{wanted.name} is not installed: make setup-dev") from None
            found[wanted.name] = Package(wanted.name, pin.version, licence, group)
    return sorted(found.values())


def page_packages() -> list[Package]:
    """Return what the page is bundled from; the lock file names the licences."""
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    return sorted(
        Package(path.rpartition("node_modules/")[2], entry["version"], entry.get("license", "(none named)"))
        for path, entry in lock["packages"].items()
        if path and not entry.keys() & {"dev", "optional", "devOptional"}
    )


def spdx(of: PackageMetadata) -> str:
    """Return a package's licence by SPDX's names, where it has one."""
    classifiers = [line.split(" :: ")[-1] for line in of.get_all("Classifier") or [] if line.startswith("License ::")]
    said = of.get("License-Expression") or (of.get("License") or "").strip()
    if not said or "\n" in said or len(said) > 80:  # some put the whole text there
        said = " AND ".join(sorted({_SPOKEN.get(name.lower(), name) for name in classifiers}))
    return _SPOKEN.get(said.lower(), said) or "(none named)"


def is_allowed(licence: str) -> bool:
    """Tell whether all that an expression asks for, or one of what it lets choose, is on the list."""
    parts = licence.replace("(", "").replace(")", "").split(" AND ")
    return all(any(name.strip() in ALLOWED for name in part.split(" OR ")) for part in parts)


def refused(packages: list[Package]) -> list[str]:
    return [
        f"{package.name} {package.version}: {package.licence}"
        for package in packages
        if not is_allowed(package.licence)
    ]


def page(python: list[Package], node: list[Package]) -> str:
    counted = Counter(package.licence for package in (*python, *node))
    lines = [
        "# Licences",
        "",
        "Like-Opt is under the [Apache License 2.0](../LICENSE). It runs with these packages, each under a licence of its own,",
        "as the package's own metadata name it. A package with a licence that is not on the list in `scripts/licences.py` fails",
        "`make test`. This page is made by `python scripts/licences.py`; what each package is for is in",
        "[dependencies.md](dependencies.md).",
        "",
        "| licence | packages |",
        "| --- | --- |",
        *(
            f"| {licence} | {count} |"
            for licence, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        ),
        "",
        "## Python",
        "",
        "On Linux with Python 3.11. A group is installed only by those who ask for it.",
        "",
        "| package | version | licence | group |",
        "| --- | --- | --- | --- |",
        *(f"| {p.name} | {p.version} | {p.licence} | {p.group or ' '} |".replace("|   |", "| |") for p in python),
        "",
        "## The page",
        "",
        "| package | version | licence |",
        "| --- | --- | --- |",
        *(f"| {p.name} | {p.version} | {p.licence} |" for p in node),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def main() -> None:
    python, node = python_packages(), page_packages()
    unknown = refused([*python, *node])
    if unknown:
        raise SystemExit("Licences that nobody has looked at:\n  " + "\n  ".join(unknown))
    text = page(python, node)
    if "--check" not in sys.argv:
        PAGE.write_text(text, "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != text:
        raise SystemExit("docs/licences.md is not up to date: .venv/bin/python scripts/licences.py")


if __name__ == "__main__":
    main()
