"""``likeopt unfold``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from backend.app.cli import cli
from backend.app.services.embedding import unfolded


def test_it_says_where_the_model_is_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "share" / "use.bin"
    monkeypatch.setattr(unfolded, "path", lambda: path)
    done = CliRunner().invoke(cli, ["unfold"])
    assert (done.exit_code, done.output.strip()) == (0, str(path))
    assert path.stat().st_size > 70_000_000


def test_where_it_may_not_write_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "share").write_text("a file, no folder")
    monkeypatch.setattr(unfolded, "path", lambda: tmp_path / "share" / "use.bin")
    done = CliRunner().invoke(cli, ["unfold"])
    assert done.exit_code == 1
    assert "cannot be written" in done.output


def test_the_set_up_has_unfolded_it() -> None:
    assert unfolded.path().is_file()
