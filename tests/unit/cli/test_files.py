from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend.app.cli.files import choose

EXTENSIONS = (".pdf", ".txt", ".md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.txt", "a.PDF", "photo.png", ".hidden.txt", "deep/er/c.md", ".git/d.txt", "deep/.e.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def names(folder: Path, *paths: Path) -> list[str]:
    return [str(file.relative_to(folder)) for file in choose(paths, EXTENSIONS).files]


def test_a_folder_gives_its_supported_files_at_any_depth_without_hidden_ones(folder: Path) -> None:
    assert names(folder, folder) == ["a.PDF", "b.txt", "deep/er/c.md"]


def test_a_named_file_is_taken_whatever_it_is_called(folder: Path) -> None:
    assert names(folder, folder / ".hidden.txt", folder / "photo.png") == [".hidden.txt", "photo.png"]


def test_a_file_named_twice_is_taken_once(folder: Path) -> None:
    (folder / "link.txt").symlink_to(folder / "b.txt")
    assert names(folder, folder / "b.txt", folder, folder / "deep") == ["b.txt", "a.PDF", "deep/er/c.md"]


def test_what_is_no_file_is_refused_by_its_name(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    chosen = choose([folder / "missing.pdf", folder / "pipe.txt", folder / "b.txt"], EXTENSIONS)
    assert chosen.files == [folder / "b.txt"]
    assert chosen.refused == [
        (folder / "missing.pdf", "There is no such file."),
        (folder / "pipe.txt", "This is not a file."),
    ]


def test_pipes_and_broken_links_in_a_folder_are_left_out(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    (folder / "broken.txt").symlink_to(folder / "nothing")
    assert names(folder, folder) == ["a.PDF", "b.txt", "deep/er/c.md"]


def test_a_circle_of_links_ends(folder: Path) -> None:
    (folder / "deep" / "up").symlink_to(folder)
    assert names(folder, folder) == ["a.PDF", "b.txt", "deep/er/c.md"]
