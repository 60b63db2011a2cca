"""Two test sets by which nothing was chosen: the headings of documentation, each a query for the page below it.

    python -m benchmarks.quality.headings FOLDER

writes FOLDER/european (most of it English) and FOLDER/korean in BEIR's layout, from Debian's packages (support/documentation.py). The other
sets ask whole questions about paragraphs; here people type two or three words, which the page itself need not say: its
heading is taken out of it.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

from benchmarks.support import corpus
from benchmarks.support.documentation import pages_of, paragraphs_of

SETS = {
    "european": ("apache2-doc", "debian-handbook", "git-doc", "postgresql-doc-15", "python3.11-doc"),
    "korean": ("gimp-help-ko", "libreoffice-help-ko"),
}
MOST = 1_250  # pages of a language
_CHARS = range(300, 2_500)  # of a page; more of it is left out
_HEADING_CHARS = range(4, 90)
_HEADINGS = ("h1", "h2", "title")  # the first of these that there is
_NUMBER = re.compile(r"^(?:(?:Chapter|Appendix) )?[\dA-Z]+(?:\.\d+)*\.? (?=\S)")


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    for name, packages in SETS.items():
        print(f"{name}: {write(Path(sys.argv[1]) / name, packages):,} pages")


def write(folder: Path, packages: Sequence[str]) -> int:
    """Write one set, of as many pages of each package, and return how many."""
    found: dict[str, str] = {}
    for package in packages:
        paths = sorted(pages_of(package))
        random.Random(corpus.SEED).shuffle(paths)
        taken = MOST // len(packages)
        for heading, text in headed(paths):
            if taken and heading not in found:
                found[heading] = text
                taken -= 1
    folder.mkdir(parents=True, exist_ok=True)
    with (
        (folder / "corpus.jsonl").open("w", encoding="utf-8") as documents,
        (folder / "queries.jsonl").open("w", encoding="utf-8") as queries,
        (folder / "qrels.tsv").open("w", encoding="utf-8") as judgements,
    ):
        print("query-id\tcorpus-id\tscore", file=judgements)
        for number, (heading, text) in enumerate(found.items()):
            print(json.dumps({"_id": f"p{number}", "title": "", "text": text}), file=documents)
            print(json.dumps({"_id": f"h{number}", "text": heading}), file=queries)
            print(f"h{number}\tp{number}\t1", file=judgements)
    return len(found)


def headed(paths: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Yield heading and text of the pages that have both."""
    for path in paths:
        heading = heading_of(path.read_text("utf-8", errors="replace"))
        text = "\n\n".join(paragraphs_of(path)).replace(heading, " ") if heading else ""
        if len(text) >= _CHARS.start and len(heading) in _HEADING_CHARS:
            yield heading, text[: _CHARS.stop]


def heading_of(html: str) -> str:
    """Return what a page is headed with, without its number; empty where nothing heads it."""
    page = _Headings()
    page.feed(html)
    texts = (" ".join("".join(page.words[name]).replace("¶", " ").split()) for name in _HEADINGS)
    return _NUMBER.sub("", next(filter(None, texts), ""))


class _Headings(HTMLParser):
    """Collects the first heading of each kind."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: dict[str, list[str]] = {name: [] for name in _HEADINGS}
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.words and not "".join(self.words[tag]).strip():
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.words[self._inside].append(data)


if __name__ == "__main__":
    main()
