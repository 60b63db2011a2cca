from __future__ import annotations

import subprocess
import sys

HEAVY = ("numpy", "flask", "sqlalchemy", "chromadb", "redis", "gevent", "structlog", "rich", "asyncio", "http.client")


def test_the_supervisor_imports_nothing_heavy() -> None:
    program = "import sys, backend.app.cli.serve, backend.app.processes.serve; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert [name for name in HEAVY if name in modules] == []
