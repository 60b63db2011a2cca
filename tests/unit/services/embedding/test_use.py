"""The real embedder: its package brings its weights along."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from backend.app.errors import ConfigError
from backend.app.services.embedding import registry
from backend.app.services.embedding.base import Embedder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return registry.create("use")


def similarity(embedder: Embedder, one: str, other: str) -> float:
    first, second = embedder.embed_queries([one, other])
    return float(first @ second)


def test_vectors_are_unit_vectors_of_the_promised_shape(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(["A short text.", "짧은 글입니다.", "短い文です。", "x" * 100, "\n\n\t"])
    assert vectors.shape == (5, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-4)


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed_queries([]).shape == (0, embedder.dimensions)


def test_an_empty_text_has_a_vector_too(embedder: Embedder) -> None:
    vectors = embedder.embed_queries(["", "word"])
    assert np.isfinite(vectors).all()
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("text", ["word " * 100_000, "가나다라" * 100_000, "z" * 400_000, "\ud800 lone surrogate"])
def test_a_giant_or_broken_text_is_embedded_too(embedder: Embedder, text: str) -> None:
    vectors = embedder.embed_passages([text, "neighbour"])
    assert np.isfinite(vectors).all()
    assert vectors[1] == pytest.approx(embedder.embed_passages(["neighbour"])[0], abs=1e-4)


def test_questions_and_passages_lie_in_one_space(embedder: Embedder) -> None:
    assert embedder.embed_queries(["text"]) == pytest.approx(embedder.embed_passages(["text"]))


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("How do I get my money back?", "Refunds are paid within a week.", "The museum opens at nine."),
        ("휴가는 며칠입니까?", "연차는 1년에 20일입니다.", "박물관은 아홉 시에 엽니다."),
        ("The cat sleeps on the sofa.", "고양이가 소파에서 잔다.", "주가가 크게 떨어졌다."),
        ("고양이가 소파에서 잔다.", "The cat sleeps on the sofa.", "The share price fell sharply."),
    ],
)
def test_meaning_counts_not_language(embedder: Embedder, text: str, near: str, far: str) -> None:
    assert similarity(embedder, text, near) > similarity(embedder, text, far) + 0.1


def test_threads_share_an_embedder(embedder: Embedder) -> None:
    texts = ["A first text.", "두 번째 글.", "A third, rather longer text about something else."]
    expected = embedder.embed_queries(texts)
    wrong: list[object] = []

    def work() -> None:
        for _ in range(20):
            if not np.allclose(embedder.embed_queries(texts), expected, atol=1e-5):
                wrong.append(True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_unknown_embedder_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'word2vec'.*use"):
        registry.create("word2vec")
