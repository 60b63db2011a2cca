"""Questions and their streams, by the extractive model in this process."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from backend.app.middleware import timing
from tests.fakes.scripted_model import Cut, Pause, Script, ScriptedModel, spoken
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World

SOURCE = {
    *("n", "document_id", "title", "page", "heading", "passage_id", "text", "start", "end", "score"),
    *("collection_id", "withdrawn"),
}
MESSAGE = {
    "id", "conversation_id", "role", "text", "status", "sources", "citations", "model",
    "degraded", "cached", "feedback", "comment", "timings", "created_at",
}  # fmt: skip
THINGS = ("lamp", "bell", "rope", "boat", "ladder", "flag", "chart", "horn")
QUESTION = "When does the ferry to Oakhaven leave?"


def text_of(events: list[tuple[str, dict[str, object]]]) -> str:
    return "".join(str(data["text"]) for name, data in events if name == "token")


def test_the_events_come_in_their_order_and_shapes(world: World, ann: Caller) -> None:
    document = world.document(ann)
    answer = ann.post("/chat", {"message": f"  {QUESTION} "}, headers={"Accept-Encoding": "br, gzip"})
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in answer.headers, "a compressor would hold tokens back"
    names = [name for name, _ in answer.events]
    assert names[:2] == ["meta", "sources"]
    assert names[-1] == "done"
    assert set(names[2:-1]) == {"token"}
    meta, sources, done = answer.events[0][1], answer.events[1][1], answer.events[-1][1]
    assert set(meta) == {"conversation_id", "question_id", "message_id", "model", "cached", "degraded"}
    assert (meta["cached"], meta["degraded"]) == (False, [])
    assert [set(source) for source in sources["sources"]] == [SOURCE] * len(sources["sources"])
    assert sources["sources"][0]["n"] == 1
    assert sources["sources"][0]["document_id"] == document
    assert set(done) == {"message_id", "citations", "model", "degraded", "usage", "timings"}
    assert (done["message_id"], done["model"], done["degraded"]) == (meta["message_id"], meta["model"], [])
    assert {"retrieve_ms", "first_token_ms", "total_ms"} <= set(done["timings"])
    assert done["citations"], "the extractive answer quotes its source"
    by_number = {source["n"]: source for source in sources["sources"]}
    for citation in done["citations"]:
        assert set(citation) == {"n", "passage_id", "quote", "start", "end"}
        source = by_number[citation["n"]]
        assert source["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert source["passage_id"] == citation["passage_id"]
    assert "seven in the morning" in text_of(answer.events)
    assert "[1]" in text_of(answer.events)


def test_the_exchange_is_stored_as_it_was_told(world: World, ann: Caller) -> None:
    world.document(ann)
    events = ann.ask(QUESTION)
    conversation = events[0][1]["conversation_id"]
    assert ann.get(f"/conversations/{conversation}").data["title"] == QUESTION
    asked, answered = ann.get(f"/conversations/{conversation}/messages").data
    assert set(asked) == set(answered) == MESSAGE
    assert (asked["role"], asked["text"], asked["status"]) == ("user", QUESTION, "complete")
    assert (asked["sources"], asked["citations"], asked["model"]) == ([], [], None)
    assert (answered["role"], answered["status"]) == ("assistant", "complete")
    assert answered["text"] == text_of(events)
    assert answered["sources"] == events[1][1]["sources"]
    done = events[-1][1]
    for name in ("citations", "model", "degraded", "timings"):
        assert answered[name] == done[name]
    assert (answered["id"], answered["feedback"]) == (done["message_id"], None)


def test_a_conversation_goes_on_and_an_answer_is_made_again_in_its_place(world: World, ann: Caller) -> None:
    world.document(ann)
    conversation, first = ann.asked(QUESTION)
    assert ann.asked("And where are tickets sold?", conversation_id=conversation)[0] == conversation
    before = ann.get(f"/conversations/{conversation}/messages").data
    assert [message["role"] for message in before] == ["user", "assistant"] * 2
    same, again = ann.asked("", regenerate=first)
    assert same == conversation
    after = ann.get(f"/conversations/{conversation}/messages").data
    assert [message["id"] for message in after] == [before[0]["id"], again, before[2]["id"], before[3]["id"]]
    assert ann.post("/chat", {"regenerate": first}).error == (404, "MESSAGE_NOT_FOUND"), "it is gone"


def test_a_question_is_asked_of_the_collections_it_names(world: World, ann: Caller) -> None:
    empty = ann.post("/collections", {"name": "Empty"}).data["id"]
    document = world.document(ann)
    assert ann.ask(QUESTION, collection_ids=[empty])[1][1]["sources"] == []
    conversation, _ = ann.asked(QUESTION, collection_ids=[empty])
    assert ann.get(f"/conversations/{conversation}").data["collection_ids"] == [empty]
    on = ann.ask(QUESTION, conversation_id=conversation)
    assert on[1][1]["sources"] == [], "the conversation's own"
    other = ann.ask(QUESTION, conversation_id=conversation, collection_ids=[ann.collection_id])
    assert other[1][1]["sources"][0]["document_id"] == document
    ann.delete(f"/collections/{empty}")
    assert ann.ask(QUESTION, conversation_id=conversation)[-1][0] == "done", "its collection is no more"


@pytest.mark.parametrize("message", ["", "   ", "\n\t", "x" * 8001])
def test_bad_input_is_answered_before_the_stream_begins(world: World, anyone: Caller, message: str) -> None:
    with world.nothing_left():
        answer = anyone.post("/chat", {"message": message})
    assert answer.error == (400, "INVALID_REQUEST")
    assert answer.json["message"].split(".")[1].strip() in ("Write a question", "Shorten it")


def test_the_longest_message_is_taken_and_the_title_is_its_beginning(ann: Caller) -> None:
    conversation, _ = ann.asked("왜 " * 4000)
    title = ann.get(f"/conversations/{conversation}").data["title"]
    assert title.startswith("왜 왜")
    assert title.endswith("…")


def test_without_documents_the_answer_says_so(ann: Caller) -> None:
    events = ann.ask("Is anything there?")
    assert [name for name, _ in events if name != "token"] == ["meta", "sources", "done"]
    assert events[1][1]["sources"] == []
    assert text_of(events)


def test_a_model_that_is_away_is_replaced_by_quoting(made_world: Callable[..., World]) -> None:
    with ScriptedModel(Script.error(503)) as model:
        world = made_world(llm_base_url=model.url, llm_model="m", llm_retries=0)
        ann = world.person()
        world.document(ann)
        events = ann.ask(QUESTION)
    meta, done = events[0][1], events[-1][1]
    assert (meta["model"], meta["degraded"]) == ("m", [])
    assert done["degraded"] == ["model"]
    assert done["model"] != "m"
    assert "seven in the morning" in text_of(events)
    stored = ann.get(f"/conversations/{meta['conversation_id']}/messages").data[1]
    assert (stored["degraded"], stored["status"], stored["model"]) == (["model"], "complete", done["model"])


def test_a_model_that_breaks_off_ends_the_stream_by_one_error(made_world: Callable[..., World]) -> None:
    script = Script([spoken("The ferry leaves"), Cut()])
    with ScriptedModel(script) as model:
        world = made_world(llm_base_url=model.url, llm_model="m", llm_retries=0)
        ann = world.person()
        world.document(ann)
        events = ann.ask(QUESTION)
    name, error = events[-1]
    assert name == "error"
    assert set(error) == {"error_code", "message", "retryable"}
    assert (error["error_code"], error["retryable"]) == ("MODEL_UNAVAILABLE", True)
    assert [name for name, _ in events].count("error") == 1
    stored = ann.get(f"/conversations/{events[0][1]['conversation_id']}/messages").data[1]
    assert (stored["status"], stored["text"]) == ("failed", "The ferry leaves")


@pytest.mark.parametrize("is_slow", [True, False], ids=["silent at first", "silent later"])
def test_a_model_that_is_long_silent_before_its_first_word_makes_a_slow_request(
    made_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, is_slow: bool
) -> None:
    monkeypatch.setattr(timing, "_SLOW_SECONDS", 2.0)  # a busy machine may take one for the search
    words = [spoken("At nine"), Pause(2.1), spoken(".")]
    with ScriptedModel(Script(words[1:] if is_slow else words)) as model:
        world = made_world(llm_base_url=model.url, llm_model="m")
        ann = world.person()
        world.document(ann)
        with capture_logs() as logs:
            ann.ask(QUESTION)
    slow = [entry for entry in logs if entry["event"] == "slow_request" and entry["route"] == "/api/v1/chat"]
    assert [entry["stages"]["first_token_ms"] > 2000 for entry in slow] == [True] * is_slow


def test_a_number_without_a_quote_is_no_citation(made_world: Callable[..., World]) -> None:
    with ScriptedModel(Script.answer("The ferry leaves at nine [1][7].")) as model:
        world = made_world(llm_base_url=model.url, llm_model="m")
        ann = world.person()
        world.document(ann)
        events = ann.ask(QUESTION)
    done = events[-1][1]
    assert all(citation["n"] == 1 for citation in done["citations"])
    assert done["usage"] == {"prompt_tokens": 7, "completion_tokens": 1}


@pytest.mark.parametrize("word", ["\ud83d", "a\0b", "\u2028", "line\nbreak", "data: x\n\nevent: done"])
def test_what_a_model_says_does_not_break_the_stream(made_world: Callable[..., World], word: str) -> None:
    with ScriptedModel(Script([spoken("before "), spoken_escaped(word), spoken(" after")])) as model:
        world = made_world(llm_base_url=model.url, llm_model="m", llm_retries=0)
        events = world.person().ask("Say something odd.")
    assert events[0][0] == "meta"
    assert [name for name, _ in events].count("done") + [name for name, _ in events].count("error") == 1
    assert text_of(events).startswith("before ")


def spoken_escaped(text: str) -> object:
    """Say a text in ASCII alone, as many servers do: half of a pair of surrogates among it."""
    import json

    from tests.fakes.scripted_model import Raw

    chunk = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
    return Raw(b"data: " + json.dumps(chunk).encode() + b"\n\n")


def test_a_document_that_is_named_is_summed_up_from_all_its_parts(world: World, ann: Caller) -> None:
    parts = [
        f"Part {n} is about the {thing}. " + f"The {thing} is kept dry. " * 30 for n, thing in enumerate(THINGS, 1)
    ]
    guide = world.document(ann, "harbour_guide.txt", "\n\n".join(parts))
    world.document(ann, "notes.txt", "What are the main points? The main points of a guide are its summary.")
    events = ann.ask("What are the main points of the harbour guide?")
    sources = next(data["sources"] for name, data in events if name == "sources")
    assert {source["document_id"] for source in sources} == {guide}
    assert sorted(source["start"] for source in sources) == [source["start"] for source in sources]
    assert "Part 1 is about the lamp. [1]" in text_of(events)
    assert events[-1][1]["citations"]


def test_whoever_lost_a_stream_asks_again_by_the_questions_id_and_has_it_once(ann: Caller) -> None:
    """Whether the server had stored it, was still writing, or had lost it with a worker."""
    conversation, _ = ann.asked("When does the ferry leave?")
    lost = {"regenerate": f"{7:032x}", "question_id": f"{6:032x}", "conversation_id": conversation}
    for _ in range(2):
        asked = ann.ask("And who sells tickets?", **lost)
        assert (asked[0][1]["question_id"], asked[-1][0]) == (lost["question_id"], "done")
    found = ann.get(f"/conversations/{conversation}/messages").data
    texts = [message["text"] for message in found if message["role"] == "user"]
    assert sorted(texts) == ["And who sells tickets?", "When does the ferry leave?"]
    assert len(found) == 4


def test_what_is_no_id_of_a_question_is_refused(ann: Caller) -> None:
    conversation, answer = ann.asked("When does the ferry leave?")
    body = {"message": "Again", "regenerate": answer, "conversation_id": conversation, "question_id": "../../etc"}
    assert ann.post("/chat", body).error == (400, "INVALID_REQUEST")
