"""A Python program in a process of its own: gevent patches for good, so never the tests' own process."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATCHED = "from gevent import monkey\nmonkey.patch_all()\n"
_SECONDS = 60  # reached only by a program that hangs


def run_python(
    program: str, *arguments: str, gevent: bool = False, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``program``, warnings being errors; its standard output and error are kept."""
    source = (PATCHED if gevent else "") + textwrap.dedent(program)
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", source, *arguments],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        cwd=ROOT,
        env=None if environ is None else dict(environ),
    )


def output_of(program: str, *arguments: str, gevent: bool = False) -> str:
    """Return what ``program`` printed; it must end well and print nothing to standard error."""
    done = run_python(program, *arguments, gevent=gevent)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr or done.stdout
    return done.stdout.strip()
