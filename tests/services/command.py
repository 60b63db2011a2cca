"""Run ``likeopt`` commands as people do: each a process of its own, on a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

SECONDS = 120.0


@dataclass
class CommandLine:
    """``likeopt`` on one data folder."""

    data_dir: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str | Path, code: int = 0, input: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end, which must be ``code``."""
        done = subprocess.run(
            self._command(arguments), env=self._environ(), input=input, capture_output=True, text=True, timeout=SECONDS
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def json(self, *arguments: str | Path, code: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", code=code).stdout)

    def start(self, *arguments: str | Path, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command(arguments),
            env=self._environ(),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def leftovers(self) -> list[str]:
        """Return the processes that still work on the data folder, as their command lines."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            line = " ".join(process.info["cmdline"] or ())
            if str(self.data_dir) in line:
                found.append(line)
        return found

    def _command(self, arguments: tuple[str | Path, ...]) -> list[str]:
        return [sys.executable, "-m", "backend.app", *map(str, arguments)]

    def _environ(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LIKEOPT_")}
        ours = {"LIKEOPT_DATA_DIR": str(self.data_dir), "LIKEOPT_OLLAMA_URL": "", "PYTHONUNBUFFERED": "1"}
        return {**clean, **ours, **self.environ}
