from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from backend.app.services.evaluation.beir import MalformedTestSet, read_folder

CORPUS = [{"_id": "d1", "title": "One", "text": "First text"}, {"_id": "d2", "title": "", "text": "Second text"}]
QUERIES = [{"_id": "q1", "text": "first"}, {"_id": "q2", "text": "second"}, {"_id": "q3", "text": "nothing"}]
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\nq3\td1\t0\n"


def lines(entries: list[Any]) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in entries)


def write(folder: Path, corpus: str = lines(CORPUS), queries: str = lines(QUERIES), qrels: str | None = QRELS) -> Path:
    (folder / "corpus.jsonl").write_text(corpus, "utf-8")
    (folder / "queries.jsonl").write_text(queries, "utf-8")
    if qrels is not None:
        (folder / "qrels.tsv").write_text(qrels, "utf-8")
    return folder


def test_documents_and_questions_are_read(tmp_path: Path) -> None:
    found = read_folder(write(tmp_path))
    assert [(entry.id, entry.title, entry.text) for entry in found.documents] == [
        ("d1", "One", "First text"),
        ("d2", "", "Second text"),
    ]
    assert [(question.id, question.text, dict(question.relevance)) for question in found.questions] == [
        ("q1", "first", {"d1": 1}),
        ("q2", "second", {"d2": 2}),
    ]


def test_questions_without_a_relevant_document_are_left_out_before_the_limit(tmp_path: Path) -> None:
    queries = lines([QUERIES[2], {"_id": "q9", "text": "not judged"}, *QUERIES[:2]])
    found = read_folder(write(tmp_path, queries=queries), limit=1)
    assert [question.id for question in found.questions] == ["q1"]
    assert len(found.documents) == 2


def test_the_judgements_may_lie_in_a_folder_as_in_beir(tmp_path: Path) -> None:
    write(tmp_path, qrels=None)
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text(QRELS, "utf-8")
    assert len(read_folder(tmp_path).questions) == 2


def test_a_header_is_not_needed_and_blank_lines_and_marks_do_no_harm(tmp_path: Path) -> None:
    write(tmp_path, corpus="\ufeff" + lines(CORPUS) + "\n\n", qrels="q1\td1\t1\r\n\r\n")
    assert [dict(question.relevance) for question in read_folder(tmp_path).questions] == [{"d1": 1}]


def test_numbers_are_ids_too(tmp_path: Path) -> None:
    write(tmp_path, corpus=lines([{"_id": 7, "text": "x"}]), queries=lines([{"_id": 1, "text": "y"}]), qrels="1\t7\t1")
    assert read_folder(tmp_path).questions[0].relevance == {"7": 1}


def test_texts_are_composed_and_a_document_without_text_has_its_title(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "한국어")
    write(tmp_path, corpus=lines([{"_id": "d1", "title": decomposed, "text": " "}]), qrels="q1\td1\t1")
    assert read_folder(tmp_path).documents[0].text == "한국어"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"corpus": lines(CORPUS) + "{oops\n"}, "corpus.jsonl, line 3: this is not JSON"),
        ({"corpus": '["d1"]\n'}, "corpus.jsonl, line 1: expected an object"),
        ({"corpus": '{"text": "x"}\n'}, "corpus.jsonl, line 1: there is no _id"),
        ({"corpus": '{"_id": "d1"}\n'}, "corpus.jsonl, line 1: text is not a text"),
        ({"corpus": '{"_id": "d1", "title": 3, "text": "x"}\n'}, "title is not a text"),
        ({"corpus": lines([CORPUS[0], CORPUS[0]])}, "line 2: the _id 'd1' was there before"),
        ({"corpus": "\n"}, "holds no document"),
        ({"queries": lines(QUERIES) + '{"_id": "q4"}\n'}, "queries.jsonl, line 4: text is not a text"),
        ({"qrels": QRELS + "q1\td2\n"}, "qrels.tsv, line 5: expected query-id"),
        ({"qrels": "q1 0 d1 1\n"}, "qrels.tsv, line 1: expected query-id"),
        ({"qrels": QRELS + "q1\td2\thigh\n"}, "qrels.tsv, line 5"),
        ({"qrels": "query-id\tcorpus-id\tscore\n"}, "No question"),
        ({"qrels": "q1\td7\t1\n"}, "name no document"),
        ({"qrels": None}, "has no qrels.tsv or qrels/test.tsv"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(MalformedTestSet) as caught:
        read_folder(write(tmp_path, **changes))
    assert said in caught.value.message


def test_bytes_that_are_no_text_are_said_too(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "queries.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MalformedTestSet, match=r"queries\.jsonl cannot be read: this is not UTF-8"):
        read_folder(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MalformedTestSet, match=r"nowhere has no corpus\.jsonl"):
        read_folder(tmp_path / "nowhere")
