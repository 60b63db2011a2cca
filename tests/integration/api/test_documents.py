"""Documents once they are there: lists, contents, passages, deletion, and trying again."""

from __future__ import annotations

from pathlib import Path

import brotli
import pytest

from tests.integration.api.calls import Caller, pages
from tests.integration.api.conftest import TREES, World

DOCUMENTS = Path(__file__).parents[2] / "fixtures" / "documents"
SHAPE = {
    "id", "title", "filename", "collection_id", "media_type", "status",
    "progress", "error", "pages", "passages", "bytes", "job_id", "left", "created_at",
}  # fmt: skip


def test_a_document_has_its_shape_before_and_after_it_is_indexed(world: World, ann: Caller) -> None:
    upload = ann.upload(("harbour.txt", TREES.encode()))
    (item,) = upload.data
    queued = item["document"]
    assert set(queued) == SHAPE
    assert ann.get(f"/documents/{queued['id']}").data == queued
    assert (queued["status"], queued["progress"], queued["passages"], queued["pages"]) == ("queued", 0, 0, None)
    assert (queued["title"], queued["filename"], queued["media_type"]) == ("harbour", "harbour.txt", "text/plain")
    assert (queued["bytes"], queued["error"]) == (len(TREES.encode()), None)
    assert queued["collection_id"] == ann.collection_id
    assert queued["job_id"] == item["job"]["id"]
    assert queued["created_at"].endswith("Z")
    world.index(upload)
    ready = ann.get(f"/documents/{queued['id']}").data
    assert (ready["status"], ready["progress"], ready["error"]) == ("ready", 1, None)
    assert ready["passages"] > 0
    assert ann.get("/indexing/status").data == {
        "queued": 0, "extracting": 0, "searchable": 0, "ready": 1, "failed": 0, "cancelled": 0,
    }  # fmt: skip
    collection = ann.get("/collections").data[0]
    assert (collection["documents"], collection["version"] > 0) == (1, True)


def test_a_list_is_filtered_by_collection_status_and_words(world: World, ann: Caller) -> None:
    other = ann.post("/collections", {"name": "Other"}).data["id"]
    harbour = world.document(ann)
    garden = world.document(ann, "정원 100%.md", "# 정원\n\n사과나무는 봄에 꽃이 핀다.", collection_id=other)
    waiting = ann.upload(("waiting.txt", b"later")).data[0]["document"]["id"]
    assert ann.get("/documents").ids == [waiting, garden, harbour]
    assert ann.get(f"/documents?collection_id={other}").ids == [garden]
    assert ann.get("/documents?status=ready").ids == [garden, harbour]
    assert ann.get("/documents?status=queued&q=WAIT").ids == [waiting]
    assert ann.get("/documents?status=queued,ready").ids == [waiting, garden, harbour]
    assert ann.get("/documents?q=정원").ids == [garden]
    assert ann.get("/documents?q=%25").ids == [garden], "a per cent sign is a per cent sign"
    assert ann.get("/documents?q=_").ids == []
    assert ann.get("/documents?q=%00").status == 200
    assert ann.get("/documents?collection_id=unknown").ids == []
    assert ann.get(f"/indexing/status?collection_id={other}").data["ready"] == 1
    assert set(ann.get("/indexing/status?collection_id=unknown").data.values()) == {0}
    refused = ann.get("/documents?status=ready,perfect")
    assert refused.error == (400, "INVALID_REQUEST")
    assert "queued, extracting, searchable, ready, failed, cancelled" in refused.json["message"]


def test_a_list_is_sorted_and_each_part_goes_on_where_the_last_ended(world: World, ann: Caller) -> None:
    for name in ("나무.md", "Zebra.txt", "apple.md", "Birch.txt"):
        world.document(ann, name, f"{name} " * len(name))
    orders = {
        "newest": ["Birch", "apple", "Zebra", "나무"],
        "oldest": ["나무", "Zebra", "apple", "Birch"],
        "name": ["apple", "Birch", "Zebra", "나무"],
        "largest": ["Birch", "Zebra", "apple", "나무"],
    }
    for sort, expected in orders.items():
        assert [item["title"] for item in ann.get(f"/documents?sort={sort}").data] == expected
        assert [item["title"] for part in pages(ann, f"/documents?sort={sort}", 1) for item in part] == expected
    for sort in ("name", "largest"):
        for cursor in ("x", "WyJ6eiIsImEiXQ", "WyItMSIsImEiXQ", "W10"):
            assert ann.get(f"/documents?sort={sort}&cursor={cursor}").error == (400, "INVALID_REQUEST")
    assert ann.get("/documents?sort=colour").error == (400, "INVALID_REQUEST")


def test_a_document_tried_again_names_its_latest_job(world: World, ann: Caller) -> None:
    (item,) = ann.upload(("waiting.txt", b"waiting")).data
    document = f"/documents/{item['document']['id']}"
    assert ann.post(f"/jobs/{item['job']['id']}/cancel").data["status"] == "cancelled"
    again = ann.post(f"{document}/retry").data["id"]
    assert again != item["job"]["id"]
    assert ann.get(document).data["job_id"] == ann.get("/documents").data[0]["job_id"] == again


def test_passages_are_in_the_order_of_the_text_and_are_its_parts(world: World, ann: Caller) -> None:
    text = "\n\n".join(f"# Chapter {n}\n\n" + f"Sentence {n} 🌊 of the long tale. " * 40 for n in range(9))
    document = world.document(ann, "tale.md", text)
    read = ann.get(f"/documents/{document}/content?format=text").body.decode()
    found = [passage for part in pages(ann, f"/documents/{document}/passages", 4) for passage in part]
    assert len(found) == ann.get(f"/documents/{document}").data["passages"] > 8
    assert [passage["ordinal"] for passage in found] == list(range(len(found)))
    for passage in found:
        assert set(passage) == {"id", "document_id", "ordinal", "text", "start", "end", "page", "heading"}
        assert read[passage["start"] : passage["end"]] == passage["text"], "places count code points"
    centre = found[5]
    around = ann.get(f"/documents/{document}/passages?around={centre['id']}&limit=3")
    assert around.ids == [passage["id"] for passage in found[4:7]]
    first = ann.get(f"/documents/{document}/passages?around={found[0]['id']}&limit=3")
    assert first.ids == [passage["id"] for passage in found[:3]]
    assert around.json["next_cursor"] is None


def test_no_passage_is_around_one_of_another_document(world: World, ann: Caller, ben: Caller) -> None:
    document, strange = world.document(ann), world.document(ben)
    theirs = ben.get(f"/documents/{strange}/passages").ids[0]
    for number in (str(theirs), "0", "-1", "999999999", "9" * 18):
        assert ann.get(f"/documents/{document}/passages?around={number}").ids == []
    for number in ("x", "1.0", "9" * 19, "1_0", "0x1"):
        assert ann.get(f"/documents/{document}/passages?around={number}").error == (400, "INVALID_REQUEST")


def test_a_text_is_shown_and_harmless(world: World, ann: Caller) -> None:
    document = world.document(ann)
    answer = ann.get(f"/documents/{document}/content")
    assert (answer.status, answer.body) == (200, TREES.encode())
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "inline; filename=harbour.txt"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    etag = {"If-None-Match": answer.headers["ETag"], "Accept-Encoding": "br"}
    assert ann.get(f"/documents/{document}/content", headers=etag).status == 304
    text = ann.get(f"/documents/{document}/content?format=text", headers=etag)
    assert text.status == 200, "another form has another ETag"
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.headers["Content-Disposition"] == "inline; filename=harbour.txt.txt"


@pytest.mark.parametrize("name", ["page.html", "page.xhtml", "notes.md", "table.csv", "data.json"])
def test_markup_is_only_offered_for_saving(world: World, ann: Caller, name: str) -> None:
    content = b"<html><body><script>alert(document.cookie)</script><p>The ferry leaves at seven.</p></body></html>"
    if name.endswith(".json"):
        content = b'{"text": "The ferry leaves at seven."}'
    document = world.document(ann, name, content)
    answer = ann.get(f"/documents/{document}/content")
    assert answer.body == content
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_pdf_is_shown_and_read_in_ranges(world: World, ann: Caller) -> None:
    content = (DOCUMENTS / "english.pdf").read_bytes()
    document = world.document(ann, "english.pdf", content)
    path = f"/documents/{document}/content"
    whole = ann.get(path)
    assert (whole.body, whole.headers["Content-Type"]) == (content, "application/pdf")
    assert whole.headers["Content-Disposition"].startswith("inline")
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = ann.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, content[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(content)}"
    assert ann.get(path, headers={"Range": "bytes=-5"}).body == content[-5:]
    beyond = ann.get(path, headers={"Range": f"bytes={len(content) + 1}-"})
    assert beyond.status == 416
    assert beyond.headers["Content-Range"] == f"bytes */{len(content)}"
    assert ann.get(path, headers={"If-None-Match": whole.headers["ETag"]}).status == 304
    head = ann.call("HEAD", path)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(content)))
    text = ann.get(f"{path}?format=text")
    assert "Marten Point" in text.body.decode()
    assert ann.get(f"/documents/{document}").data["pages"] == 2


def test_a_range_of_a_text_is_not_compressed(world: World, ann: Caller) -> None:
    text = "The ferry leaves at seven. " * 400
    document = world.document(ann, "long.txt", text)
    headers = {"Range": "bytes=0-999", "Accept-Encoding": "br, gzip"}
    for form in ("", "?format=text"):
        part = ann.get(f"/documents/{document}/content{form}", headers=headers)
        assert (part.status, part.body) == (206, text.encode()[:1000])
        assert "Content-Encoding" not in part.headers


def test_json_that_is_large_is_compressed(world: World, ann: Caller) -> None:
    document = world.document(ann, "long.txt", "The ferry leaves at seven. " * 400)
    answer = ann.get(f"/documents/{document}/passages", headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "br"
    assert b"ferry" in brotli.decompress(answer.body)


def test_another_form_of_content_is_refused_and_a_text_that_is_not_there_yet_is_a_404(ann: Caller) -> None:
    document = ann.upload(("note.txt", b"a note")).data[0]["document"]["id"]
    assert ann.get(f"/documents/{document}/content?format=pdf").error == (400, "INVALID_REQUEST")
    missing = ann.get(f"/documents/{document}/content?format=text")
    assert missing.error == (404, "DOCUMENT_NOT_FOUND")
    assert "not there yet" in missing.json["message"]


def test_deleting_takes_file_passages_vectors_and_postings_away(world: World, ann: Caller) -> None:
    document = world.document(ann)
    path = world.parts.files.path(document)
    assert path.is_file()
    answer = ann.delete(f"/documents/{document}")
    assert (answer.status, answer.data) == (200, None)
    assert not path.exists()
    assert not world.parts.files.text_path(document).exists()
    assert ann.get("/search?q=ferry").data == []
    for where in ("", "/content", "/passages"):
        assert ann.get(f"/documents/{document}{where}").error == (404, "DOCUMENT_NOT_FOUND")
    assert ann.delete(f"/documents/{document}").error == (404, "DOCUMENT_NOT_FOUND")
    world.indexing.remove_leftovers()
    assert world.parts.lexical.count(ann.collection_id) == 0
    assert world.parts.vectors.count(ann.collection_id) == 0


def test_a_failed_document_says_why_and_is_tried_again(world: World, ann: Caller) -> None:
    upload = ann.upload(("scan.pdf", (DOCUMENTS / "scanned.pdf").read_bytes()))
    (document,) = world.index(upload)
    failed = ann.get(f"/documents/{document['id']}").data
    assert (failed["status"], failed["error"]["error_code"], failed["passages"]) == ("failed", "NO_TEXT_LAYER", 0)
    assert "text recognition" in failed["error"]["message"]
    assert ann.get("/indexing/status").data["failed"] == 1
    again = ann.post(f"/documents/{document['id']}/retry")
    assert (again.status, again.data["status"], again.data["document_id"]) == (202, "queued", document["id"])
    assert again.data["id"] != upload.data[0]["job"]["id"]
    assert ann.get(f"/documents/{document['id']}").data["status"] == "queued"
    twice = ann.post(f"/documents/{document['id']}/retry")
    assert twice.error == (409, "CONFLICT")
    assert "has not failed" in twice.json["message"]


@pytest.mark.parametrize("path", ["", "/content", "/passages", "/retry"])
@pytest.mark.parametrize("identity", ["0" * 32, "x", "%00", "🦆", "a" * 3000, "..", "1 or 1=1"])
def test_an_unknown_document_is_a_404(anyone: Caller, path: str, identity: str) -> None:
    method = "POST" if path == "/retry" else "GET"
    assert anyone.call(method, f"/documents/{identity}{path}").error == (404, "DOCUMENT_NOT_FOUND")
