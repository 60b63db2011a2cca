"""No expression that texts of people reach keeps a worker busy for good."""

from __future__ import annotations

import subprocess
import sys


def test_no_expression_is_worse_than_quadratic() -> None:
    # In a process of its own: an expression that does not end keeps the interpreter's lock.
    command = [sys.executable, "-m", "tests.unit.security.regular_expressions"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    (own,) = done.stdout.splitlines()
    assert own.startswith("OWN "), own
    assert int(done.stderr.split()[-2]) > 100, "the application's expressions were found"
