"""Run Debian's nginx with ``deploy/nginx.conf``, as an ordinary user and in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from backend.app.processes.addresses import free_port
from backend.app.processes.parent_death import die_with_parent
from tests.services.likeopt import eventually

CONF = Path(__file__).parents[2] / "deploy" / "nginx.conf"
AROUND = """
daemon off;
worker_processes 2;
pid {folder}/pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
http {{
    log_format likeopt '$upstream_addr|$upstream_status|$status|$upstream_cache_status|$request';
    access_log {folder}/access.log likeopt;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/likeopt.conf;
}}
"""


class Nginx:
    """A running nginx, and what it wrote down."""

    def __init__(self, folder: Path, port: int):
        self.url = f"http://127.0.0.1:{port}"
        self.address = ("127.0.0.1", port)
        self._folder = folder

    def answered(self) -> list[list[str]]:
        """Return of each request: the servers asked, their statuses, the status, the cache's part, the request."""
        return [line.split("|", 4) for line in (self._folder / "access.log").read_text("utf-8").splitlines()]

    def answered_at(self, path: str) -> list[list[str]]:
        return [entry for entry in self.answered() if entry[4].split()[1:2] == [path]]

    def errors(self) -> str:
        return (self._folder / "error.log").read_text("utf-8")

    def listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(self.address, 2):
            return True
        return False


@contextlib.contextmanager
def nginx(ports: Sequence[int], haste: int = 1) -> Iterator[Nginx]:
    """Run nginx in front of servers on this machine; ``haste`` times sooner than it says it gives an answer up."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is not installed: scripts/system_packages.sh does it"
    account = _account()
    # Not where other tests have temporary files put: that is closed to the account.
    folder, port = Path(tempfile.mkdtemp(prefix="likeopt-nginx-", dir="/tmp")), free_port()
    try:
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder), "utf-8")
        (folder / "likeopt.conf").write_text(_adapted(CONF.read_text("utf-8"), folder, port, ports, haste), "utf-8")
        if account:
            entry = pwd.getpwnam(account["user"])
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        popen = subprocess.Popen(
            [program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, os.getpid(), signal.SIGTERM),
            **account,
        )
        running = Nginx(folder, port)
        try:
            eventually(lambda: popen.poll() is not None or running.listens(), "nginx listens")
            assert popen.poll() is None, running.errors()
            yield running
        finally:
            popen.terminate()
            popen.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _adapted(conf: str, folder: Path, port: int, ports: Sequence[int], haste: int) -> str:
    """Change addresses, places and how long an answer is waited for, and nothing else."""
    changes = {"listen 80;": f"listen 127.0.0.1:{port};", "/var/cache/nginx/likeopt": f"{folder}/cache"}
    changes |= {f"127.0.0.1:500{number}": f"127.0.0.1:{taken}" for number, taken in enumerate(ports, 1)}
    for ours, theirs in changes.items():
        assert conf.count(ours) == 1, ours
        conf = conf.replace(ours, theirs)
    return re.sub(r"(?<=proxy_read_timeout )(\d+)s", lambda found: f"{int(found[1]) * 1000 // haste}ms", conf)


def _account() -> dict[str, Any]:
    """Root takes the account that Debian has for web servers."""
    return {"user": "www-data", "group": "www-data", "extra_groups": []} if os.geteuid() == 0 else {}
