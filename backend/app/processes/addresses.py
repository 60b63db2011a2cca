"""Choose the addresses that processes listen at."""

from __future__ import annotations

import errno
import os
import random
import socket
import tempfile
import zlib
from pathlib import Path

from backend.app.errors import ConfigError

# Below the range from which the kernel takes ports for outgoing connections. Were ours in it,
# a client that tries again and again while a server restarts could be given that very port as
# its own, connect to itself, and keep the server from coming back.
PORTS = range(20_000, 32_000)
MAX_SOCKET_PATH = 100  # 108 with the final zero on Linux, 104 on macOS


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nothing listens at now."""
    for port in random.sample(PORTS, 200):
        with socket.socket(socket.AF_INET) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise ConfigError(f"No free port was found on {host}.")


def listen(host: str, port: int, backlog: int) -> socket.socket:
    """Open the listening socket of the web server.

    The supervisor opens it and hands it on: a port that is taken is known before anything
    starts, and while the web server restarts, people wait a moment rather than being refused.

    Raises:
        ConfigError: the address cannot be listened at, in words.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(
            address[:2],
            family=family,
            backlog=backlog,
            dualstack_ipv6=family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6(),
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = "another program listens there. Stop it, or choose another port by --port"
        elif error.errno == errno.EACCES:
            reason = "ports below 1024 need more rights. Choose another port by --port"
        else:
            reason = f"{error.strerror or error}. Choose another address by --host"
        raise ConfigError(f"Cannot listen at {shown(host, port)}: {reason}.") from error


def reachable_host(host: str) -> str:
    """Return the address at which this machine reaches a server that listens at ``host``."""
    return "127.0.0.1" if host in ("", "0.0.0.0", "::") else host  # noqa: S104  compared, not bound


def shown(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def socket_path(run_dir: Path, name: str) -> Path:
    """Return a path for a Unix socket that is short enough for the kernel.

    Deep data folders get a private folder among the temporary files, always the same one, so
    that a killed server leaves nothing that the next one does not use again.
    """
    path = run_dir / name
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    key = zlib.crc32(os.fsencode(run_dir))
    folder = Path(tempfile.gettempdir()) / f"likeopt-{os.getuid()}-{key:08x}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise ConfigError(f"{folder} belongs to somebody else. Choose a shorter path by --data-dir.")
    return folder / name
