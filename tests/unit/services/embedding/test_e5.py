"""The real multilingual-e5-small: its package brings its weights along."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from backend.app.errors import ConfigError
from backend.app.services.embedding import registry
from backend.app.services.embedding.base import Embedder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return registry.create("e5", threads=2)


def test_vectors_are_unit_vectors_of_the_promised_shape(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(["A short text.", "짧은 글입니다.", "", "\ud800 lone surrogate"])
    assert vectors.shape == (4, embedder.dimensions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-3)
    assert embedder.embed_queries([]).shape == (0, embedder.dimensions)
    embedder.check()


def test_questions_and_passages_are_told_apart(embedder: Embedder) -> None:
    text = ["How do I get my money back?"]
    assert embedder.embed_queries(text) != pytest.approx(embedder.embed_passages(text), abs=1e-3)


@pytest.mark.parametrize(
    ("question", "near", "far"),
    [
        ("How do I get my money back?", "Refunds are paid within a week.", "The museum opens at nine."),
        ("휴가는 며칠입니까?", "연차는 1년에 20일입니다.", "박물관은 아홉 시에 엽니다."),
    ],
)
def test_what_answers_lies_nearer(embedder: Embedder, question: str, near: str, far: str) -> None:
    asked = embedder.embed_queries([question])[0]
    scores = embedder.embed_passages([near, far]) @ asked
    assert scores[0] > scores[1]


_FORKED = """
import os
from backend.app.services.embedding import registry

embedder = registry.create("e5", threads=2)
embedder.warm()
child = os.fork()
if child == 0:
    os._exit(0 if embedder.embed_queries(["question"]).shape == (1, 384) else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_process_that_was_forked_after_warming_embeds() -> None:
    """OpenMP's threads do not survive a fork: were they there before, the child would wait for them without an end."""
    subprocess.run([sys.executable, "-c", _FORKED], check=True, timeout=60)


def test_without_its_package_the_setting_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"requirements-e5\.txt"):
        registry.create("e5")
