from __future__ import annotations

from pathlib import Path

from benchmarks.support.documentation import paragraphs_of


def paragraphs(folder: Path, html: str) -> list[str]:
    page = folder / "page.html"
    page.write_text(html, "utf-8")
    return list(paragraphs_of(page))


def test_a_page_is_what_it_says_without_its_frame(tmp_path: Path) -> None:
    said = "The kernel keeps a list of all devices and walks it when one of them goes away for good. "
    found = paragraphs(
        tmp_path, f"<head><title>No</title></head><nav>No</nav><script>no()</script><p>{said}</p><footer>No</footer>"
    )
    assert found == [said.strip()]


def test_short_blocks_are_joined_and_long_ones_stand_alone(tmp_path: Path) -> None:
    blocks = ["짧은 글 " * 30, "긴 글 " * 200, "끝 " * 60]
    found = paragraphs(tmp_path, "".join(f"<li>{block}</li>" for block in blocks))
    assert found == [" ".join(" ".join(blocks[:2]).split()), blocks[2].strip()]


def test_a_page_without_a_sentence_says_nothing(tmp_path: Path) -> None:
    assert paragraphs(tmp_path, "<p>Next</p><p>Previous &amp; up</p>") == []
