"""Nothing that is kept or sent is ever unpacked into objects of its own choosing, nor run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import backend.app
from backend.app.middleware.sessions import MsgpackSerializer

_ROOT = Path(backend.app.__file__).parent
_UNPACKS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "jsonpickle"}
_RUNS = {"eval", "exec", "compile", "__import__"}
PICKLE = b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94."


def _trees() -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(path.read_text("utf-8"))) for path in sorted(_ROOT.rglob("*.py"))]


def test_no_module_unpacks_objects_or_runs_text() -> None:
    found = []
    for path, tree in _trees():
        for node in ast.walk(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [name.name.partition(".")[0] for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [(node.module or "").partition(".")[0]]
            if _UNPACKS.intersection(names):
                found.append(f"{path}:{node.lineno} imports {names}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _RUNS:
                found.append(f"{path}:{node.lineno} calls {node.func.id}")
            if isinstance(node, ast.keyword) and node.arg == "shell" and not _is_false(node.value):
                found.append(f"{path}:{node.value.lineno} asks a shell")
    assert found == []


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


@pytest.mark.parametrize("stored", [PICKLE, b"\x80\x04N.", b"(lp0\n.", b"cos\nsystem\n(S'id'\ntR."])
def test_a_pickle_in_place_of_a_session_is_no_session(stored: bytes) -> None:
    assert MsgpackSerializer().decode(stored) is None
