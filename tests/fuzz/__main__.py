"""Give a target bytes by coverage, with atheris: ``python -m tests.fuzz readers --seconds 600``.

Ends with 0 where nothing was found. What is found is written to ``crash-...`` in the working directory
and printed; `python -m tests.fuzz readers --file crash-...` gives it to the target again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

FIXTURES = Path(__file__).parents[1] / "fixtures" / "documents"


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz")
    asked.add_argument("target")
    asked.add_argument("--seconds", type=int, default=60)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--file", type=Path)
    options = asked.parse_args()
    if options.file:
        _known().TARGETS[options.target](options.file.read_bytes())
        return
    import atheris

    with atheris.instrument_imports(include=["backend.app"]):
        known = _known()
    arguments = [f"-max_total_time={options.seconds}", f"-seed={options.seed}", "-max_len=65536", "-timeout=60"]
    found = tempfile.mkdtemp(prefix="fuzz-")  # the first folder is written to, the second only read
    for number, seed in enumerate(known.SEEDS.get(options.target, ())):
        (Path(found) / f"seed-{number}").write_bytes(seed)
    atheris.Setup(
        [sys.argv[0], *arguments, "-print_final_stats=1", "-rss_limit_mb=4096", found, str(FIXTURES)],
        known.TARGETS[options.target],
    )
    atheris.Fuzz()


def _known():  # type: ignore[no-untyped-def]  # imported late: atheris instruments what is imported
    from tests.fuzz import targets

    return targets


if __name__ == "__main__":
    main()
