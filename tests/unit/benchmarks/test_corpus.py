"""Texts for the benchmarks."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.support import corpus


def folder_with(folder: Path, texts: list[str], questions: list[str]) -> Path:
    folder.mkdir()
    for name, entries in (("corpus.jsonl", texts), ("queries.jsonl", questions)):
        lines = [json.dumps({"_id": str(number), "text": text}) for number, text in enumerate(entries)]
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_folders_give_their_texts_and_questions_and_say_so(tmp_path: Path) -> None:
    first = folder_with(tmp_path / "one", ["A text.", "Another  text."], ["A question?"])
    second = folder_with(tmp_path / "two", ["한국어 글."], ["질문?"])
    texts = corpus.load([first, second])
    assert sorted(texts.paragraphs) == ["A text.", "Another text.", "한국어 글."]
    assert sorted(texts.questions) == ["A question?", "질문?"]
    assert texts.source == "3 real texts and 2 real questions of one, two"


def test_questions_that_no_person_types_are_left_out(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "one", ["Text."], ["A question?", "word " * 500])
    assert corpus.load([folder]).questions == ("A question?",)


def test_the_same_folders_give_the_same_order(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "one", [f"Text {number}." for number in range(50)], ["?"])
    assert corpus.load([folder]) == corpus.load([folder])
    assert corpus.load([folder]).digest != corpus.load([]).digest


def test_without_a_folder_the_documentation_serves_and_the_source_says_so() -> None:
    texts = corpus.load([])
    assert "the project's own documentation" in texts.source
    assert len(texts.questions) == len(set(texts.questions)) >= 10_000
    assert corpus.load([]) == texts


def test_the_report_that_the_benchmarks_write_is_not_among_the_texts_they_read() -> None:
    report = (corpus.ROOT / "docs" / "performance.md").read_text("utf-8")
    opening = " ".join(report.split("\n\n")[1].split())
    assert opening not in corpus.load([]).paragraphs


def test_documents_hold_every_text_once_and_go_on_with_new_paragraphs_of_their_sentences() -> None:
    texts = corpus.Texts(tuple(f"Sentence {n} one. Sentence {n} two." for n in range(20)), ("?",), "")
    document = "\n\n".join(islice(corpus.documents(texts, 400), 5))
    paragraphs = document.split("\n\n")
    assert paragraphs[:20] == list(texts.paragraphs)
    assert len(set(paragraphs)) == len(paragraphs) > 20
    assert all("Sentence" in paragraph for paragraph in paragraphs)


def test_folders_come_from_the_environment_parted_as_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(corpus.VARIABLE, "/one:/two")
    assert corpus.folders_from_environment() == [Path("/one"), Path("/two")]
    monkeypatch.delenv(corpus.VARIABLE)
    assert corpus.folders_from_environment() == []
