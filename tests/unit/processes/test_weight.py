from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = ("numpy", "flask", "sqlalchemy", "chromadb", "redis", "gevent", "structlog", "rich", "asyncio", "http.client")


def test_the_supervisor_imports_nothing_heavy() -> None:
    program = "import sys, backend.app.cli.serve, backend.app.processes.serve; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert [name for name in HEAVY if name in modules] == []


def test_a_web_worker_starts_without_what_only_assistants_need(tmp_path: Path) -> None:
    program = (
        "import sys; from backend.app.factory import build_app; build_app({'data_dir': sys.argv[1]});"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, capture_output=True, text=True)
    modules = set(run.stdout.split())
    assert "flask" in modules
    assert {"mcp", "mcp_types", "starlette", "uvicorn", "openai"} & modules == set()
