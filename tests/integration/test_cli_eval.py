"""``likeopt eval`` on small test sets, with the real indexes and the real embedder."""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.scripted_endpoint import Reply, ScriptedEndpoint
from tests.services.command import CommandLine
from tests.services.likeopt import eventually

CORPUS = {
    "d1": ("Lighthouses", "The keeper of the lighthouse writes the weather into a log."),
    "d2": ("Bread", "Knead the dough and let it rise for an hour."),
    "d3": ("등대", "등대지기는 밤마다 날씨를 일지에 적습니다."),
    "d4": ("Ovens", "An oven for bread must be hot before the dough goes in."),
    "d5": ("Sailing", "Reef the sails when the wind grows."),
    "d6": ("Twin", "Reef the sails when the wind grows."),
}
QUERIES = {"q1": "lighthouse keeper", "q2": "bread dough", "q3": "등대지기의 일지", "q4": "nobody judged this"}
QRELS = [("q1", "d1", 1), ("q2", "d2", 1), ("q2", "d4", 2), ("q2", "d5", 1), ("q3", "d3", 1), ("q3", "d1", 0)]
KEYS = ["ndcg@10", "recall@5", "mrr@10", "p50_ms", "p95_ms", "queries", "passages", "index_seconds"]


@pytest.fixture
def test_set(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    documents = ({"_id": id, "title": title, "text": text} for id, (title, text) in CORPUS.items())
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)), "utf-8")
    queries = ({"_id": id, "text": text} for id, text in QUERIES.items())
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)), "utf-8")
    lines = ["query-id\tcorpus-id\tscore", *(f"{query}\t{document}\t{score}" for query, document, score in QRELS)]
    (folder / "qrels.tsv").write_text("\n".join(lines), "utf-8")
    return folder


@pytest.fixture
def likeopt(tmp_path: Path) -> CommandLine:
    """Commands with a temporary folder of their own, and addresses at which nothing answers."""
    (tmp_path / "tmp").mkdir()
    environ = {
        "TMPDIR": str(tmp_path / "tmp"),
        "LIKEOPT_CHROMA_URL": "http://127.0.0.1:9",
        "LIKEOPT_REDIS_URL": "redis://127.0.0.1:9",
        "LIKEOPT_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
    }
    return CommandLine(tmp_path / "data", environ)


def left(likeopt: CommandLine) -> list[str]:
    """Return what is left of a command: temporary files, a data folder, processes."""
    folder = Path(likeopt.environ["TMPDIR"])
    files = [str(path) for path in (*folder.iterdir(), likeopt.data_dir) if path.exists()]
    return [*files, *CommandLine(folder).leftovers()]


def test_words_alone_give_the_values_worked_out_by_hand(likeopt: CommandLine, test_set: Path) -> None:
    report = likeopt.json("eval", test_set, "--mode", "bm25")
    assert list(report) == KEYS
    # q1 and q3 find theirs first. q2 finds d4 (title and text twice shorter: it may be second) and
    # d2; d5 shares no word with it and cannot be found: 2 of 3 relevant ones.
    ideal = 2 + 1 / math.log2(3) + 1 / 2
    best, other = (2 + 1 / math.log2(3)) / ideal, (1 + 2 / math.log2(3)) / ideal
    assert report["ndcg@10"] in (pytest.approx((2 + best) / 3, abs=1e-4), pytest.approx((2 + other) / 3, abs=1e-4))
    assert report["recall@5"] == pytest.approx((1 + 2 / 3 + 1) / 3, abs=1e-4)
    assert report["mrr@10"] == 1
    assert (report["queries"], report["passages"]) == (3, len(CORPUS))
    assert 0 < report["p50_ms"] <= report["p95_ms"]
    assert report["index_seconds"] > 0
    assert left(likeopt) == []


def test_both_branches_answer_every_question(likeopt: CommandLine, test_set: Path) -> None:
    done = likeopt("eval", test_set, "--json")
    report = json.loads(done.stdout)
    assert report["recall@5"] >= 0.8888  # 8/9 by words alone, and no less with the meaning
    assert report["mrr@10"] == 1
    assert "Warning" not in done.stderr
    assert left(likeopt) == []


def test_figures_for_people_and_the_first_questions_alone(likeopt: CommandLine, test_set: Path) -> None:
    done = likeopt("eval", test_set, "--mode", "vector", "--limit", "1")
    rows = dict(line.split("  ", 1) for line in done.stdout.splitlines())
    assert rows["nDCG@10"].strip() == "1.0000"
    assert (rows["queries"].strip(), rows["passages"].strip()) == ("1", str(len(CORPUS)))
    assert left(likeopt) == []


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("corpus.jsonl", '{"_id": "d1", "text": "x"}\noops\n', "corpus.jsonl, line 2: this is not JSON."),
        ("qrels.tsv", "q1\td99\t1\n", "Do the ids agree?"),
        ("queries.jsonl", None, "has no queries.jsonl"),
    ],
)
def test_a_folder_that_is_no_test_set_ends_with_2(
    likeopt: CommandLine, test_set: Path, file: str, text: str | None, said: str
) -> None:
    if text is None:
        (test_set / file).unlink()
    else:
        (test_set / file).write_text(text)
    done = likeopt("eval", test_set, code=2)
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr
    assert done.stdout == ""
    assert left(likeopt) == []


def test_e5_finds_what_is_meant(likeopt: CommandLine, test_set: Path) -> None:
    report = likeopt.json("eval", test_set, "--embedding", "e5", "--mode", "vector")
    assert (report["mrr@10"], report["passages"]) == (1, len(CORPUS))
    assert left(likeopt) == []


def test_an_endpoint_embeds(likeopt: CommandLine, test_set: Path) -> None:
    with ScriptedEndpoint() as server:
        likeopt.environ.update(LIKEOPT_EMBEDDING_BASE_URL=server.url, LIKEOPT_EMBEDDING_MODEL="some/model:7b")
        report = likeopt.json("eval", test_set, "--embedding", "openai")
        assert report["mrr@10"] == 1
        assert len(server.requests) == 1 + 3, "the corpus in one batch, and each question"
    done = likeopt("eval", test_set, "--embedding", "openai", code=1)
    assert "server of embeddings at http://127.0.0.1" in done.stderr
    assert left(likeopt) == []


def test_a_reranker_is_asked_about_every_question(likeopt: CommandLine, test_set: Path) -> None:
    def upside_down(request: Mapping[str, Any]) -> Reply:
        return Reply(body={"results": [{"index": n, "relevance_score": n} for n in range(len(request["documents"]))]})

    with ScriptedEndpoint(upside_down) as server:
        likeopt.environ.update(LIKEOPT_RERANK_URL=f"{server.url}/rerank", LIKEOPT_RERANK_WEIGHT="0.8")
        assert likeopt.json("eval", test_set)["mrr@10"] < 1
        assert len(server.requests) == 3
        likeopt.environ["LIKEOPT_RERANK_WEIGHT"] = "0.2"
        assert likeopt.json("eval", test_set)["mrr@10"] == 1
    done = likeopt("eval", test_set, "--json")
    assert json.loads(done.stdout)["mrr@10"] == 1
    assert "a branch did not answer 3 of the questions" in done.stderr


def test_an_embedder_that_there_is_not_is_said(likeopt: CommandLine, test_set: Path) -> None:
    assert "use" in likeopt("eval", test_set, "--embedding", "magic", code=1).stderr
    assert left(likeopt) == []


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_measurement_leaves_nothing(
    likeopt: CommandLine, test_set: Path, stop: signal.Signals, code: int
) -> None:
    with (test_set / "corpus.jsonl").open("a") as file:
        for number in range(5000):
            text = f"The harbour keeps lamp number {number}. " * 20
            file.write("\n" + json.dumps({"_id": f"more{number}", "title": "", "text": text}))
    with likeopt.start("eval", test_set) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == f"Indexing {5000 + len(CORPUS):,} documents\n"
        assert left(likeopt) != []
        running.send_signal(stop)
        _, said = running.communicate()
    assert running.returncode == code
    assert "Traceback" not in said
    eventually(lambda: left(likeopt) == [], "nothing is left")
