from __future__ import annotations

from pathlib import Path

import pytest

from backend.app.services.evaluation.beir import read_folder
from benchmarks.quality import headings


@pytest.mark.parametrize(
    ("html", "heading"),
    [
        ("<title>Site</title><h1>3.2. Limits <em>of</em> files¶</h1><h1>Second</h1>", "Limits of files"),
        ("<title>Chapter 7. Das &amp; Ende</title><p>x</p>", "Das & Ende"),
        ("<h1> </h1><h2>책갈피 관리</h2>", "책갈피 관리"),
        ("<p>nothing</p>", ""),
    ],
)
def test_the_heading_is_the_highest_that_says_something(html: str, heading: str) -> None:
    assert headings.heading_of(html) == heading


def test_each_page_is_looked_for_by_its_heading_which_it_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "The kernel keeps a list of devices and walks it when one of them goes away. " * 10
    pages = {"a": f"<h1>Lost devices</h1><p>On Lost devices: {said}</p>", "b": "<h1>Short</h1>", "c": f"<p>{said}</p>"}
    for name, html in pages.items():
        (tmp_path / f"{name}.html").write_text(html, "utf-8")
    monkeypatch.setattr(headings, "pages_of", lambda package: tmp_path.glob("*.html"))
    assert headings.write(tmp_path / "set", ["one", "two"]) == 1
    found = read_folder(tmp_path / "set")
    assert [question.text for question in found.questions] == ["Lost devices"]
    assert found.questions[0].relevance == {found.documents[0].id: 1}
    assert "Lost devices" not in found.documents[0].text
    assert "The kernel keeps a list" in found.documents[0].text
