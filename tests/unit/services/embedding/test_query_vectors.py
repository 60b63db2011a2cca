from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.app.concurrency import NativePool
from backend.app.services.embedding.base import Vectors
from backend.app.services.embedding.queries import CachedQueryVectors
from tests.fakes.indexes import FakeEmbedder
from tests.fakes.remembering import memory_cache
from tests.unit.cache.test_tiered import Cached


def test_a_question_is_embedded_once_however_its_letters_are_composed() -> None:
    embedder = FakeEmbedder()
    vectors = CachedQueryVectors(NativePool(1), memory_cache())
    first, again, composed = (vectors.of(query, embedder) for query in ("caf\u00e9", "caf\u00e9", "cafe\u0301"))
    assert len(embedder.embedded) == 1
    assert first.dtype == np.float32
    assert np.array_equal(first, again)
    assert np.array_equal(first, composed)
    assert np.array_equal(first, embedder.embed_queries(["caf\u00e9"])[0])


def test_another_question_or_embedder_has_another_vector() -> None:
    embedder, other = FakeEmbedder(), FakeEmbedder()
    other.name = "another"
    vectors = CachedQueryVectors(NativePool(1), memory_cache())
    vectors.of("one", embedder)
    vectors.of("two", embedder)
    vectors.of("one", other)
    assert (len(embedder.embedded), len(other.embedded)) == (2, 1)


def test_a_question_that_is_asked_shortly_before_its_day_is_over_is_embedded_anew_behind_the_reader() -> None:
    here = Cached()

    class Slow(FakeEmbedder):
        is_remote = True

        def embed_queries(self, texts: Sequence[str]) -> Vectors:
            here.clock.pass_by(1.0)
            return super().embed_queries(texts)

    embedder = Slow()
    vectors = CachedQueryVectors(NativePool(1), here.cache)
    vectors.of("one", embedder)
    here.clock.pass_by(24 * 3600 - 2)
    here.chance = 0.9  # 2.3 seconds ahead
    vectors.of("one", embedder)
    assert embedder.embedded == ["one"]
    here.background.run()
    assert embedder.embedded == ["one", "one"]
