"""Start Debian's PostgreSQL on a folder and a socket of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from backend.app.processes.parent_death import die_with_parent
from tests.services.likeopt import eventually

# Durability is for data that somebody wants back.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=60")


class PostgreSQL:
    """A running server; ``database()`` gives addresses of empty databases."""

    def __init__(self, socket_dir: Path):
        self._socket_dir = socket_dir
        self._count = 0

    def url(self, name: str) -> str:
        return f"postgresql://likeopt@/{name}?host={self._socket_dir}"

    def database(self) -> str:
        self._count += 1
        name = f"test_{self._count}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name}")  # type: ignore[arg-type]  # our own name
        return self.url(name)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextlib.contextmanager
def postgresql_server() -> Iterator[PostgreSQL]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert programs, "PostgreSQL is not installed: scripts/system_packages.sh does it"
    binaries = programs[-1].parent
    # Not below pytest's folder: that one is closed to the account that PostgreSQL runs under.
    folder = Path(tempfile.mkdtemp(prefix="likeopt-pg-", dir="/tmp"))  # wherever other tests have theirs put
    account = _account()
    if account:
        entry = pwd.getpwnam(account["user"])
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    data = folder / "data"
    try:
        initdb = [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "likeopt",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **account)
        options = [part for option in FAST for part in ("-c", option)]
        with (folder / "log").open("wb") as log:
            popen = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-k", folder, *options],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid(), signal.SIGQUIT),
                **account,
            )
        try:
            server = PostgreSQL(folder)
            eventually(lambda: popen.poll() is not None or server.answers(), "PostgreSQL answers")
            assert popen.poll() is None, (folder / "log").read_text("utf-8")
            yield server
        finally:
            popen.send_signal(signal.SIGINT)  # fast: it does not wait for clients to go
            popen.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: take the account that its package made."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
