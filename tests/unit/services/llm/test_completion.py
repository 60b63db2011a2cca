from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.domain.chat import Usage
from backend.app.services.llm.completion import AnswerTooLong, Completion, ErrorInStream, NotACompletion
from backend.app.services.llm.sse import WholeBody


def event(payload: Any) -> bytes:
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def said(text: Any, **more: Any) -> bytes:
    return event({"choices": [{"delta": {"content": text}, **more}]})


def test_what_arrived_together_comes_out_together() -> None:
    assert Completion(100).feed(said("Hello") + said(" ") + said("world")) == "Hello world"


def test_text_finish_usage_and_end_are_read() -> None:
    completion = Completion(100)
    completion.feed(said("등대", finish_reason="stop"))
    completion.feed(event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1, "cost": None}}))
    completion.feed(b"data: [DONE]\n\n")

    assert (completion.text_chars, completion.finish_reason, completion.done) == (2, "stop", True)
    assert completion.usage == Usage(3, 1)


def test_reasoning_is_no_answer_but_a_sign_of_life() -> None:
    completion = Completion(100)

    assert completion.feed(event({"choices": [{"delta": {"reasoning_content": "Hm"}}]})) == ""
    assert (completion.chunks, completion.text_chars) == (1, 0)


@pytest.mark.parametrize(
    "garbage",
    [
        b"data: {nonsense\n\n",
        b"data: \xff\xfe\n\n",
        b"data: 17\n\n",
        b'data: {"choices": "none"}\n\n',
        b"data: " + b"[" * 5000 + b"\n\n",
    ],
    ids=["not JSON", "not UTF-8", "not an object", "another shape", "nested without end"],
)
def test_garbage_between_tokens_is_skipped(garbage: bytes) -> None:
    assert Completion(100).feed(said("a") + garbage + said("b")) == "ab"


@pytest.mark.parametrize("usage", [7, "x", {"prompt_tokens": "many", "completion_tokens": -1}, {"prompt_tokens": True}])
def test_usage_in_another_shape_costs_no_text(usage: Any) -> None:
    completion = Completion(100)

    assert completion.feed(event({"choices": [{"delta": {"content": "a"}}], "usage": usage})) == "a"
    assert completion.usage == Usage()


def test_content_in_parts_is_joined() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "thinking", "thinking": "x"}, {"type": "text", "text": "b"}, 5]

    assert Completion(100).feed(said(parts)) == "ab"


def test_a_refusal_is_shown() -> None:
    assert Completion(100).feed(event({"choices": [{"delta": {"refusal": "I may not."}}]})) == "I may not."


def test_an_answer_that_is_not_streamed_is_read_as_well() -> None:
    completion = Completion(100, WholeBody())
    completion.feed(json.dumps({"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}]}).encode())

    assert completion.close() == "whole"
    assert completion.finish_reason == "stop"


@pytest.mark.parametrize(
    ("error", "reason", "status"),
    [
        ({"message": "boom", "code": 503}, "boom", 503),
        ("boom", "boom", 0),
        ({"type": "overloaded", "code": "x"}, "overloaded", 0),
    ],
)
def test_an_error_in_the_stream_is_raised(error: Any, reason: str, status: int) -> None:
    with pytest.raises(ErrorInStream, match=reason) as raised:
        Completion(100).feed(event({"error": error}))
    assert raised.value.status == status


def test_an_answer_without_end_is_cut() -> None:
    completion = Completion(10)
    for _ in range(5):
        completion.feed(said("xx"))
    with pytest.raises(AnswerTooLong):
        completion.feed(said("x"))


def test_a_line_without_end_is_no_completion() -> None:
    with pytest.raises(NotACompletion):
        Completion(10).feed(b"x" * 2_000_000)


@given(st.lists(st.binary(max_size=80), max_size=10))
def test_bytes_of_any_kind_never_break_it(pieces: list[bytes]) -> None:
    completion = Completion(10_000)
    for piece in pieces:
        assert isinstance(completion.feed(b"data: " + piece + b"\n"), str)
    assert isinstance(completion.close(), str)
