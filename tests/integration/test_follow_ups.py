"""Questions that lean on the one before, over the word index and the embedder that people get."""

from __future__ import annotations

from pathlib import Path

from backend.app.services.embedding.registry import create
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.contextual_query import contextual_query
from benchmarks.follow_ups import conversations, found, passages, share
from benchmarks.support.in_process import InProcessSearch


def test_the_conversation_finds_what_a_follow_up_question_asks_for(tmp_path: Path) -> None:
    talks, analyzer = conversations(), Analyzer()
    assert len(talks) >= 40
    search = InProcessSearch(passages(), tmp_path, create("use"), analyzer)
    alone = found(search, talks, lambda talk: talk.follow_up)
    together = found(search, talks, lambda talk: contextual_query(talk.follow_up, talk.history, analyzer))
    for language in ("en", "ko"):
        assert share(talks, together, language=language) >= 0.85
        assert share(talks, together, language=language) >= share(talks, alone, language=language) + 0.2
    assert share(talks, together, kind="alone") == 1  # a change of subject is not held back
