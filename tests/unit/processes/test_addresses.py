from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from backend.app.errors import ConfigError
from backend.app.processes.addresses import MAX_SOCKET_PATH, reachable_host, shown, socket_path


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_a_server_on_all_addresses_is_reached_on_loopback(host: str) -> None:
    assert shown(reachable_host(host), 80) == "http://127.0.0.1:80"


def test_an_address_of_version_6_stands_in_brackets() -> None:
    assert shown(reachable_host("::1"), 5000) == "http://[::1]:5000"


def test_a_socket_is_beside_the_lock(tmp_path: Path) -> None:
    assert socket_path(Path("/srv/data/run"), "valkey.sock") == Path("/srv/data/run/valkey.sock")


@pytest.fixture
def deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return Path("/srv") / ("한글" * 20) / "run"


def test_a_folder_too_deep_for_sockets_gets_a_private_one_always_the_same(deep: Path) -> None:
    path = socket_path(deep, "valkey.sock")
    assert path == socket_path(deep, "valkey.sock")
    assert path != socket_path(deep / "other", "valkey.sock")
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert len(os.fsencode(deep / "valkey.sock")) > MAX_SOCKET_PATH


def test_a_private_folder_that_others_may_enter_is_refused(deep: Path) -> None:
    socket_path(deep, "valkey.sock").parent.chmod(0o777)
    with pytest.raises(ConfigError, match="belongs to somebody else"):
        socket_path(deep, "valkey.sock")
