"""The wheel alone, away from the clone, is the whole application."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.services.likeopt import likeopt_server

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")


def uv(*arguments: str | Path) -> None:
    done = subprocess.run([UV, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert (ROOT / "frontend" / "dist" / "index.html").is_file(), "the page is not built: make page"
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


def test_it_holds_the_page_the_configuration_and_the_migrations_but_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("app/page/index.html", "app/gunicorn_config.py", "app/processes/serve.py", "wsgi.py"):
        assert f"backend/{needed}" in names
    assert any(name.startswith("backend/migrations/versions/") for name in names)
    assert [name for name in names if name.startswith(("tests/", "frontend/", "scripts/"))] == []


def test_it_serves_the_page_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    uv("venv", "--quiet", "--python", sys.executable, venv)
    python = venv / "bin" / "python"
    # Hard links out of uv's cache, which `make` has filled: a second rather than a minute.
    uv("pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", ROOT / "requirements.txt")
    uv("pip", "install", "--quiet", "--python", python, "--no-deps", wheel)
    empty = tmp_path / "empty"
    empty.mkdir()
    with likeopt_server(tmp_path / "data", command=(str(venv / "bin" / "likeopt"),), cwd=empty) as server:
        status, page = server.get("/")
        assert status == 200
        static = re.search(rb'(?:src|href)="(/[^"]+\.(?:js|css))"', page)
        assert static is not None, page
        status, body = server.get(static[1].decode())
        assert (status, bool(body)) == (200, True)
    assert list(empty.iterdir()) == [], "it writes to the data folder alone"
