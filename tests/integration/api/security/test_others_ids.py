"""Ids that a client names: of somebody else's conversation or stream, or made up to lead elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.api.calls import API, Caller
from tests.integration.api.conftest import World

MADE_UP = (
    "../../../etc/passwd", "..%2f..%2fetc", "%00", "*", "?", "' OR 1=1 --", "{{7*7}}", "${jndi:ldap://x}", "a" * 3000,
    "-1", "0", "None", "null", "[]", "__init__", "CON", "\u202e", "İ", "\r\nX: y",
)  # fmt: skip


@pytest.fixture(scope="module")
def asking(made_world_administrator: Caller) -> Caller:
    return made_world_administrator


def folders(world: World) -> set[Path]:
    """Return all folders but those of files, whose names are of ids that the server makes."""
    files = world.settings.files_dir
    return {path for path in world.settings.data_dir.rglob("*") if path.is_dir() and path.parent != files}


@pytest.mark.parametrize("name", MADE_UP, ids=lambda name: ascii(name)[:20])
def test_a_collections_name_by_the_client_makes_no_folder_and_no_index(
    sturdy: World, asking: Caller, name: str
) -> None:
    asking.get("/search?q=x")
    asking.upload(("warm.txt", b"Makes the folders that any upload needs."))
    before = folders(sturdy)
    with sturdy.nothing_left():
        for answer in (
            asking.get("/search", query_string={"q": "x", "collection_id": name}),
            asking.get("/documents", query_string={"collection_id": name}),
            asking.post("/chat", {"message": "x", "collection_ids": [name]}),
            asking.upload(("a.txt", b"text"), collection_id=name),
            asking.post("/documents", {"url": "https://example.org/", "collection_id": name}),
            asking.get("/evaluation", query_string={"collection_id": name}),
        ):
            assert answer.status in (200, 400, 404), answer.body
            assert answer.status != 200 or answer.data == [], "there are none in a collection that is not there"
    assert folders(sturdy) == before


def test_a_conversation_is_neither_read_nor_continued_by_its_id(sturdy: World) -> None:
    ann, eve = sturdy.person("ann"), sturdy.person("eve")
    sturdy.document(ann, "vault.txt", "The vault of Oakhaven opens with the number 74205.")
    conversation, answer = ann.asked("How does the vault open?")
    before = ann.get(f"/conversations/{conversation}/messages").data
    with sturdy.nothing_left():
        for attempt in (
            eve.post("/chat", {"message": "And again?", "conversation_id": conversation}),
            eve.post("/chat", {"message": "", "regenerate": answer}),
            eve.post("/chat", {"message": "Mine", "conversation_id": conversation, "regenerate": answer}),
            eve.get(f"/conversations/{conversation}/messages"),
            eve.get(f"/conversations/{conversation}/export"),
        ):
            assert attempt.status == 404, attempt.body
            assert b"74205" not in attempt.body
    own, _ = eve.asked("Hello?")
    mixed = eve.post("/chat", {"message": "x", "conversation_id": own, "regenerate": answer})
    assert mixed.error[0] == 404, "one's own conversation opens nobody else's answer"
    assert ann.get(f"/conversations/{conversation}/messages").data == before


def test_a_stream_of_progress_ends_for_who_is_taken_out(sturdy: World) -> None:
    ann, ben = sturdy.person("ann"), sturdy.person("ben")
    members = f"/collections/{ann.collection_id}/members"
    ann.put(members, {"email": ben.user["email"], "access": "reader"})
    job = ann.upload(("waits.txt", b"It waits for an indexer.")).data[0]["job"]["id"]
    with ben.flask.open(f"{API}/jobs/{job}/events", buffered=False) as response:
        blocks = iter(response.response)
        first = next(block for block in blocks if b"event: job" in bytes(block))
        assert b'"status":"queued"' in bytes(first)
        ann.delete(f"{members}/{ben.user['id']}")
        assert not any(b"event: job" in bytes(block) for block in blocks), "it has ended, and told no more"
    with ann.flask.open(f"{API}/jobs/{job}/events", buffered=False) as response:
        assert b"event: job" in bytes(next(iter(response.response)))


@pytest.mark.parametrize(
    "name", ["a\r\nSet-Cookie: x=y.txt", 'a"; filename="b.html', "a\u2028b.txt", "%0d%0aX: y.txt", "a\x00b.txt"]
)
def test_no_file_name_writes_a_header(sturdy: World, name: str) -> None:
    ann = sturdy.person("ann")
    quoted = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22").encode()
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="' + quoted + b'"\r\n\r\ntext\r\n--x--\r\n'
    made = ann.call("POST", "/documents", data=body, content_type="multipart/form-data; boundary=x")
    if made.status != 202:
        assert made.status in (400, 415)
        return
    document = made.data[0]["document"]
    served = ann.get(f"/documents/{document['id']}/content")
    assert served.status == 200
    assert served.cookie("x") is None
    assert "X" not in served.headers
    for value in served.headers.values():
        assert "\r" not in value
        assert "\n" not in value
    conversation, _ = ann.asked("Hello?")
    ann.patch(f"/conversations/{conversation}", {"title": name.replace("\x00", "")})
    exported = ann.get(f"/conversations/{conversation}/export")
    assert exported.status == 200
    assert exported.cookie("x") is None
