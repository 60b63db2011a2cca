"""Chroma's model: its download where it cannot be reached, and what is asked of it once it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tqdm import tqdm

from backend.app.errors import EmbedderUnavailable
from backend.app.services.embedding.minilm import EmbeddingFunction, MiniLmEmbedder, chromas_function


class Function:
    """As Chroma's function: it loads its model when it is first called, and fails where it cannot."""

    EXTRACTED_FOLDER_NAME = "onnx"

    def __init__(self, folder: Path, *, reachable: bool = True) -> None:
        self.DOWNLOAD_PATH = folder
        self.tqdm: Any = tqdm
        self.reachable = reachable
        self.asked: list[list[str]] = []

    def __call__(self, input: list[str]) -> list[Any]:
        self.asked.append(input)
        if not self.reachable:
            raise OSError("no route to host")
        model = self.DOWNLOAD_PATH / self.EXTRACTED_FOLDER_NAME / "model.onnx"
        model.parent.mkdir(exist_ok=True)
        model.touch()
        return [np.full(384, 384**-0.5, dtype=np.float32) for _ in input]


def test_indexing_downloads_and_a_question_does_not(tmp_path: Path) -> None:
    function = Function(tmp_path)
    embedder = MiniLmEmbedder(lambda: function)
    with pytest.raises(EmbedderUnavailable, match="minilm could not be downloaded"):
        embedder.embed_queries(["question"])
    assert function.asked == []
    assert embedder.embed_passages(["one", "two \ud800"]).shape == (2, 384)
    assert embedder.embed_queries(["question"]).shape == (1, 384)
    assert function.asked == [["download"], ["one", "two ?"], ["question"]]
    assert embedder.embed_queries([]).shape == (0, 384)


def test_after_a_failure_the_download_rests(tmp_path: Path) -> None:
    now, function = [0.0], Function(tmp_path, reachable=False)
    embedder = MiniLmEmbedder(lambda: function, clock=lambda: now[0])
    for _ in range(3):
        with pytest.raises(EmbedderUnavailable, match=str(tmp_path)):
            embedder.embed_passages(["text"])
    assert len(function.asked) == 1
    now[0], function.reachable = 61.0, True
    assert embedder.embed_passages(["text"]).shape == (1, 384)


def test_chromas_own_function_says_so_where_its_store_is_away(tmp_path: Path) -> None:
    def make() -> EmbeddingFunction:
        function: Any = chromas_function()
        function.DOWNLOAD_PATH = tmp_path / "models"
        function.MODEL_DOWNLOAD_URL = "http://127.0.0.1:9/onnx.tar.gz"
        return function  # type: ignore[no-any-return]

    embedder = MiniLmEmbedder(make)
    embedder.warm()
    with pytest.raises(EmbedderUnavailable) as caught:
        embedder.embed_passages(["text"])
    assert caught.value.error_code == "EMBEDDER_UNAVAILABLE"
    assert "models/onnx" in caught.value.message
