"""What only tantivy does: files that several processes share, and that can be lost or damaged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.app.domain.documents import Passage
from backend.app.errors import SearchUnavailable
from backend.app.storage.indexes import tantivy as module
from backend.app.storage.indexes.tantivy import TantivyIndexes

READERS = 3


@pytest.fixture
def index(tmp_path: Path) -> Iterator[TantivyIndexes]:
    index = TantivyIndexes(tmp_path, "1")
    yield index
    index.close()


def entry(id: int, *terms: str, document: str = "d") -> tuple[Passage, list[str]]:
    return Passage(id, document, "c", 0, "", 0, 0, None, None), list(terms)


def found(index: TantivyIndexes, version: int, *terms: str) -> list[int]:
    return sorted(item.passage_id for item in index.search("c", version, terms or ["bread"], 10_000))


def python(script: str, folder: Path) -> subprocess.Popen[str]:
    beginning = """
        import sys
        from pathlib import Path
        from backend.app.domain.documents import Passage
        from backend.app.storage.indexes.tantivy import TantivyIndexes

        index = TantivyIndexes(Path(sys.argv[1]), "1")
    """
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(beginning) + textwrap.dedent(script), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_processes_that_read_see_each_version_while_one_writes(index: TantivyIndexes, tmp_path: Path) -> None:
    index.add("c", [])
    script = """
        for line in sys.stdin:
            version = int(line)
            for _ in range(20):  # the writer is at its next version meanwhile
                count = len(index.search("c", version, ["bread"], 10_000))
                assert count >= version * 10, (count, version)
            print(count)
    """
    readers = [python(script, tmp_path) for _ in range(READERS)]
    for version in range(1, 11):
        index.add("c", [entry(version * 100 + n, "bread", f"term{n}") for n in range(10)])
        for reader in readers:
            assert reader.stdin is not None
            print(version, file=reader.stdin, flush=True)
    for reader in readers:
        out, _ = reader.communicate(timeout=60)
        assert reader.returncode == 0
        assert out.split()[-1] == "100"


def test_processes_that_write_at_once_wait_for_each_other(index: TantivyIndexes, tmp_path: Path) -> None:
    script = """
        own = int(sys.stdin.readline())
        for n in range(5):
            id = own * 1000 + n
            index.add("c", [(Passage(id, f"d{id}", "c", 0, "", 0, 0, None, None), ["bread"])])
            index.remove_document("c", f"d{id - 1}")
    """
    writers = [python(script, tmp_path) for _ in range(3)]
    for number, writer in enumerate(writers, 1):
        assert writer.stdin is not None
        print(number, file=writer.stdin, flush=True)
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    assert found(index, 1) == [1004, 2004, 3004]


def test_a_writer_that_is_killed_holds_nobody_up_and_leaves_nothing(index: TantivyIndexes, tmp_path: Path) -> None:
    index.add("c", [entry(1, "bread")])
    script = """
        with index._writer("c") as writer:
            import tantivy

            for n in range(1000):
                document = tantivy.Document()
                document.add_unsigned("id", n)
                document.add_text("terms", "bread")
                writer.add_document(document)
            print("writing")
            sys.stdin.read()
    """
    writer = python(script, tmp_path)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert found(index, 1) == [1]
    index.add("c", [entry(2, "bread")])
    assert found(index, 2) == [1, 2]


def test_what_raises_while_it_is_written_is_not_found(index: TantivyIndexes) -> None:
    index.add("c", [entry(1, "bread")])

    def broken() -> Iterator[str]:
        yield "bread"
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        index.add("c", [entry(2, "bread"), (entry(3)[0], broken())])  # type: ignore[list-item]  # only iterated
    assert found(index, 2) == [1]
    index.add("c", [entry(4, "bread")])
    assert found(index, 3) == [1, 4]


def test_what_a_version_holds_is_seen_and_no_reload_is_done_for_the_same(index: TantivyIndexes, tmp_path: Path) -> None:
    index.add("c", [entry(1, "bread")])
    reader = TantivyIndexes(tmp_path, "1")
    assert found(reader, 1) == [1]
    index.add("c", [entry(2, "bread")])
    assert found(reader, 1) == [1]
    assert found(reader, 2) == [1, 2]
    index.remove_document("c", "d")
    assert found(reader, 3) == []


def test_an_index_made_anew_is_seen_by_who_had_the_old_one_open(index: TantivyIndexes, tmp_path: Path) -> None:
    index.add("c", [entry(1, "bread")])
    reader = TantivyIndexes(tmp_path, "1")
    assert found(reader, 1) == [1]
    index.drop("c")
    with pytest.raises(SearchUnavailable):
        found(reader, 2)
    index.add("c", [entry(2, "bread")])
    assert found(reader, 2) == [2]


def test_dropping_leaves_no_file(index: TantivyIndexes, tmp_path: Path) -> None:
    index.add("c", [entry(1, "bread")])
    index.drop("c")
    assert not index.exists("c")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_terms_of_another_analyser_lie_elsewhere(index: TantivyIndexes, tmp_path: Path) -> None:
    index.add("c", [entry(1, "bread")])
    other = TantivyIndexes(tmp_path, "2")
    assert not other.exists("c")
    other.add("c", [entry(2, "bread")])
    assert (found(index, 1), found(other, 1)) == ([1], [2])


def test_indexes_long_unused_are_closed_and_open_again(index: TantivyIndexes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_OPEN_INDEXES", 2)
    for name in "abcde":
        index.add(name, [entry(ord(name), "bread")])
    for name in "abcdea":
        assert [item.passage_id for item in index.search(name, 1, ["bread"], 5)] == [ord(name)]
    assert len(index._open) == 2


def test_many_threads_may_search_many_indexes(index: TantivyIndexes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_OPEN_INDEXES", 2)
    for name in "abcd":
        index.add(name, [entry(ord(name), "bread")])
    failures: list[BaseException] = []

    def search() -> None:
        try:
            for turn in range(50):
                for name in "abcd":
                    (item,) = index.search(name, turn % 3, ["bread"], 5)
                    assert item.passage_id == ord(name)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("pattern", ["meta.json", "*.idx", "*.term", "*.fast"])
@pytest.mark.parametrize("damage", ["lost", "empty", "rubbish", "turned"])
def test_a_damaged_index_is_told_and_can_be_made_anew(
    index: TantivyIndexes, tmp_path: Path, pattern: str, damage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    index.add("c", [entry(n, "bread", f"t{n}") for n in range(300)])
    (path,) = (tmp_path / "analyzer-1" / "c").glob(pattern)
    content = path.read_bytes()
    if damage == "lost":
        path.unlink()
    else:
        changed = {"empty": b"", "rubbish": b"rubbish" * 100, "turned": bytes(b ^ 0xFF for b in content[:-150])}
        path.write_bytes(changed[damage] + (content[-150:] if damage == "turned" else b""))
    fresh = TantivyIndexes(tmp_path, "1")
    if not (damage == "lost" and pattern == "meta.json"):  # then it is an empty index
        with pytest.raises(SearchUnavailable):
            found(fresh, 1)
    fresh.drop("c")
    fresh.add("c", [entry(1, "bread")])
    assert found(fresh, 2) == [1]
    capfd.readouterr()  # Rust tells of its panics itself


@pytest.mark.parametrize("act", ["remove_document", "remove", "replace"])
def test_what_a_commit_left_that_broke_off_hinders_no_later_one(
    index: TantivyIndexes, tmp_path: Path, act: str
) -> None:
    """Of several numbers: a commit has as many as changes were asked of it."""
    index.add("c", [entry(1, "bread", document="one"), entry(2, "bread", document="two")])
    folder = tmp_path / "analyzer-1" / "c"
    (segment,) = [path.stem for path in folder.glob("*.term")]
    last = json.loads((folder / "meta.json").read_bytes())["opstamp"]
    for number in range(last + 1, last + 5):
        (folder / f"{segment}.{number}.del").touch()
    if act == "remove_document":
        index.remove_document("c", "one")
    elif act == "remove":
        index.remove("c", [1])
    else:
        index.replace("c", ["one"], [])
    assert found(index, 1) == [2]
    index.remove_document("c", "nothing")
    assert found(index, 2) == [2], "what was carried out stays so"
    index.remove_document("c", "two")
    assert found(index, 3) == []
