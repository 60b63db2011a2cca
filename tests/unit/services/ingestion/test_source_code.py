"""Source code: kept as it is written, with definitions and marked headings found."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.app.services.ingestion.formats import FORMATS, sniff
from backend.app.services.ingestion.reading.dispatch import read

CODE = {
    "a.py": (
        "import os\n\n\nclass Boat(Base):\n    def sail(self):\n        pass\n\n\nasync def moor(at: str) -> None:\n    return\n",
        ["class Boat", "async def moor"],
    ),
    "a.js": (
        "export default class Boat {}\nexport const moor = async (at) => {\n};\nfunction sail() {}\nconst x = 1;\n",
        ["export default class Boat", "export const moor", "function sail"],
    ),
    "a.ts": ("export interface Boat {\n}\ntype Port = string;\n", ["export interface Boat", "type Port"]),
    "a.go": ("package main\nfunc (b *Boat) Sail() {\n}\ntype Boat struct {\n}\n", ["func (b *Boat) Sail", "type Boat struct"]),
    "a.rs": ("pub struct Boat;\nimpl Sail for Boat {\n}\nfn main() {\n}\n", ["pub struct Boat", "impl Sail for Boat", "fn main"]),
    "A.java": ("package a;\npublic final class Boat {\n  void sail() {}\n}\n", ["public final class Boat"]),
    "a.c": ("#include <x.h>\nint x = 1;\nstatic int sail(struct boat *b)\n{\n  if (x) return 1;\n}\n", ["static int sail(struct boat *b)"]),
    "a.kt": ("data class Boat(val a: Int)\nfun sail() {\n}\n", ["data class Boat", "fun sail"]),
    "a.rb": ("class Boat < Base\n  def sail\n  end\nend\n", ["class Boat"]),
    "a.sh": ("set -e\nmoor() {\n  echo\n}\n", ["moor()"]),
    "a.sql": ("CREATE TABLE IF NOT EXISTS boats (id int);\nselect 1;\ncreate view v as select 1;\n", ["CREATE TABLE IF NOT EXISTS boats", "create view v"]),
    "a.toml": ('[tool.ruff]\nline = 1\n[[items]]\n', ["[tool.ruff]", "[[items]]"]),
    "a.yaml": ("services:\n  web:\n    image: x\nvolumes:\n", ["services", "volumes"]),
    "a.tex": ("\\section{Boats}\nText.\n\\subsection*{Oars}\n", ["Boats", "Oars"]),
    "a.adoc": ("= Boats\n\n== Oars\n\ntext\n", ["Boats", "Oars"]),
    "a.css": ("class A { }\n.boat { color: red }\n", []),
}  # fmt: skip


@pytest.mark.parametrize("name", CODE)
def test_definitions_are_headings_and_the_text_stays_as_written(tmp_path: Path, name: str) -> None:
    code, headings = CODE[name]
    path = tmp_path / name
    path.write_text(code)
    media_type = sniff(path, name)
    assert media_type.startswith("text/x-")
    found = read(path, media_type, 100_000)
    assert found["text"] == code.strip("\n")
    assert [title for _, _, title in found["headings"]] == headings
    for start, _, title in found["headings"]:
        assert title in found["text"][start : start + 200]


def test_marked_headings_have_the_level_of_their_marks(tmp_path: Path) -> None:
    path = tmp_path / "a.adoc"
    path.write_text("= Boats\n\n== Oars\n")
    assert [level for _, level, _ in read(path, "text/x-asciidoc", 1000)["headings"]] == [1, 2]


def test_a_line_made_to_stall_the_patterns_is_read_at_once(tmp_path: Path) -> None:
    for line in ("a " * 200, "a*" * 200, "const x = (" + "(" * 380, "impl<" + "<" * 390):
        path = tmp_path / "a.c"
        path.write_text((line + "\n") * 200)
        assert read(path, "text/x-c", 1_000_000)["text"]


def test_no_ending_belongs_to_two_formats() -> None:
    endings = [ending for entry in FORMATS for ending in entry.extensions]
    assert len(endings) == len(set(endings))
    assert all(ending == ending.lower() for ending in endings)
