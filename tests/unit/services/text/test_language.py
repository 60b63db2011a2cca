from __future__ import annotations

import pytest

from backend.app.services.text.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("When was it lit?", "en"),
        ("언제 생겼나요?", "ko"),
        ("Kubernetes Ingress Controller 설정 방법", "ko"),
        ("What does the word 정 mean in the Korean language?", "en"),
        ("1889?", "en"),
        ("", "en"),
    ],
)
def test_the_language_an_answer_follows(text: str, language: str) -> None:
    assert language_of(text) == language
