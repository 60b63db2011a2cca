"""Embedding in several threads gives what one thread gives."""

from __future__ import annotations

import pytest

from backend.app.services.embedding.use import UseEmbedder

TEXTS = [f"Passage {number}: " + "words and more words. " * (number % 7) for number in range(11)]


@pytest.mark.parametrize("count", [0, 1, 2, 11])
def test_the_vectors_are_the_same_and_in_order(count: int) -> None:
    alone, together = UseEmbedder(threads=1), UseEmbedder(threads=3)
    texts = TEXTS[:count]
    vectors = together.embed_passages(texts)
    assert vectors.shape == (count, 512)
    assert vectors == pytest.approx(alone.embed_passages(texts), abs=1e-5)
