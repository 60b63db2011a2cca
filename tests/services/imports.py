"""What the processes of a server have loaded: each notes every module that it finds, and from whom it was forked.

A finder before Python's own does the noting, in a `sitecustomize` that PYTHONPATH names: the product knows nothing of
it. What somebody only tried to import, and is not there or was hidden, is not noted.
"""

from __future__ import annotations

from pathlib import Path

_LOG = "imports.txt"
_BEGUN, _FORKED = "begun", "forked from "
_NOTING = """
import os
import sys

_log = os.open({log!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _note(what):
    os.write(_log, f"{{os.getpid()}} {{what}}\\n".encode())


class _Finder:
    def find_spec(self, name, path=None, target=None):
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                _note(name)
                return spec
        return None


_note("begun")
os.register_at_fork(after_in_child=lambda: _note(f"forked from {{os.getppid()}}"))
sys.meta_path.insert(0, _Finder())
"""


class Imports:
    """``environ`` is for the processes to watch."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / _LOG
        (folder / "sitecustomize.py").write_text(_NOTING.format(log=str(self._log)))
        self.environ = {"PYTHONPATH": str(folder)}

    def of(self, pid: int) -> set[str]:
        """Return what a process has loaded, by itself and before it was forked."""
        return self._read()[pid]

    def of_all(self) -> set[str]:
        """Return what any process has loaded, those that have ended among them."""
        return set[str]().union(*self._read().values())

    def own(self, pid: int) -> set[str]:
        """Return what a process has loaded since it was forked."""
        return self._read(inherited=False)[pid]

    def _read(self, *, inherited: bool = True) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {}
        for line in self._log.read_text("utf-8").splitlines():
            number, _, what = line.partition(" ")
            pid = int(number)
            if what == _BEGUN:
                found[pid] = set()
            elif what.startswith(_FORKED):
                found[pid] = set(found[int(what.removeprefix(_FORKED))]) if inherited else set()
            else:
                found[pid].add(what)
        return found
