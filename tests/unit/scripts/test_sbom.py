"""`make sbom` lists what the page is made of, and takes nothing else for a list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.licences import page_packages
from scripts.sbom import count, page_list


def test_the_page_is_made_of_what_is_bundled_and_of_no_tool(tmp_path: Path) -> None:
    page_list(tmp_path / "page.json")
    listed = json.loads((tmp_path / "page.json").read_text("utf-8"))["components"]
    assert {component["name"]: component["version"] for component in listed} == {
        package.name: package.version
        for package in page_packages()
        if not package.name.startswith("@types/")  # npm lists none that is optional for anybody; types are not bundled
    }
    assert count(tmp_path / "page.json") == len(listed) > 10


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"bomFormat": "CycloneDX", "components": []}',
        '{"bomFormat": "CycloneDX", "components": [{"name": "a"}]}',
        '{"bomFormat": "other", "components": [{"name": "a", "version": "1"}]}',
        "no JSON",
    ],
)
def test_what_lists_nothing_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011  what json says of it is json's
        count(tmp_path / "list.json")
