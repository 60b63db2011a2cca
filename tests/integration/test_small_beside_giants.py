"""Files that take long to read, by a real child process that waits for a sign, and small ones that come after them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from backend.app.domain.documents import DocumentStatus
from backend.app.services.indexing.lanes import LANES
from backend.app.services.indexing.todo import SMALL_BYTES
from backend.app.services.ingestion import child_process
from backend.app.services.ingestion.child_process import run_child
from backend.app.services.ingestion.ready_children import ReadyChildren
from tests.integration.library import library
from tests.services.likeopt import eventually

SLOW = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
request = json.loads(sys.argv[2])
if os.path.getsize(request["path"]) > {small}:
    open(request["path"] + ".read", "w").close()
    while not os.path.exists({gate!r}): time.sleep(0.02)
from reading.child import main
main(sys.argv[2])
"""


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Until this file is there, nothing large is read to its end."""
    gate = tmp_path / "gate"
    monkeypatch.setattr(child_process, "_START", SLOW.format(small=SMALL_BYTES, gate=str(gate)))

    def run(self: ReadyChildren, *arguments: object) -> dict[str, object]:
        return run_child(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ReadyChildren, "run", run)
    return gate


def test_a_small_file_is_found_by_its_words_while_more_giants_than_are_read_at_once_hold_the_readers(
    tmp_path: Path, chroma_url: str, gate: Path
) -> None:
    with library(tmp_path / "data", chroma_url, extract_seconds=600) as of:
        giants = [
            of.put(f"giant{n}.txt", f"Volume {n}. " + "the harbour keeps a lamp " * 15_000) for n in range(LANES + 1)
        ]
        first = of.indexing.pending()[0]
        indexer = threading.Thread(target=of.indexing.process_fairly, args=(first,))
        indexer.start()
        try:
            marks = [
                of.parts.files.path(giant.id).with_name(of.parts.files.path(giant.id).name + ".read")
                for giant in giants
            ]
            eventually(lambda: sum(mark.exists() for mark in marks) == LANES, "the giants hold the readers", 60)
            small = of.put("note.txt", "A gull sits on the pier.")
            eventually(lambda: of.found("gull") == {small.id}, "the small one is found", 60)
            assert [of.get(giant).status for giant in giants].count(DocumentStatus.EXTRACTING) == LANES
            assert not any(of.get(giant).status.is_final for giant in giants)
            of.services.documents.delete(of.user, giants[0].id)  # one that is being read
            eventually(lambda: sum(mark.exists() for mark in marks) == LANES + 1, "the next giant is read", 60)
        finally:
            gate.touch()
            indexer.join()
        of.work()
        for mark in marks:
            mark.unlink(missing_ok=True)
        assert [of.get(document).status for document in (*giants[1:], small)] == [DocumentStatus.READY] * (LANES + 1)
        assert of.found("volume") == {giant.id for giant in giants[1:]}
        assert of.faults() == []
