"""The page in Chromium: Web Vitals on a slow processor, from page to page, a long conversation and a long list.

Each round is a visit with an empty cache by a person with 10,000 conversations, of which one has 1,000 messages.
Figures are medians of the rounds. The processor is slowed down by 4 where it says so.

    python benchmarks/page.py [--rounds 5]
"""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, StorageState

from benchmarks.support.browser import (
    chromium,
    drawn_after_click,
    fetched,
    frame_gaps,
    signed_in_state,
    typed,
    visit,
    vitals,
)
from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.figures import Result
from benchmarks.support.measures import percentile
from benchmarks.support.servers import measured_server, scripted_model
from tests.e2e.support.filling import fill_conversation, fill_conversations
from tests.services.client import EMAIL, Client

SLOW = 4.0
CONVERSATIONS, MESSAGES = 10_000, 1_000
LETTERS, SCROLLS, PIXELS = 10, 90, 400
QUESTION = "When does the ferry leave?"
TEXT = "The ferry to Marten Point leaves at seven in the morning, and at nine on Sundays.\n"
COMPOSER, LIST = "lo-composer textarea", ".conversation-box"
ANSWERED = '[data-testid="message"][data-role="assistant"][data-status="complete"]'
Found = dict[str, list[float]]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = begin(parser)

    found: Found = defaultdict(list)
    foreign: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="likeopt-bench-") as folder,
        scripted_model() as model,
        measured_server(Path(folder) / "data", LLM_BASE_URL=model) as server,
        chromium() as browser,
    ):
        conversation = _filled(server.url, server.data_dir, Path(folder))
        state = signed_in_state(browser, server.url)
        _measure_once(browser, server.url, state, conversation, 1.0)  # what a server does once is not a page's time
        for _ in range(options.rounds):
            for slowdown in (1.0, SLOW):
                measured, asked = _measure_once(browser, server.url, state, conversation, slowdown)
                for name, value in measured.items():
                    found[f"{name}_{slowdown:g}x"].append(value)
                foreign += [url for url in asked if urlsplit(url).netloc != urlsplit(server.url).netloc]
    result = Result("page", notes=[f"{options.rounds} visits each, in turn at full speed and slowed down."])
    tell(result, {name: statistics.median(values) for name, values in found.items()}, foreign)
    finish(result, options)


def _filled(url: str, data: Path, folder: Path) -> str:
    """Make the person, a document and the conversations; return the path of the long one, which is listed first."""
    client = Client(url)
    client.register()
    document = folder / "ferry.txt"
    document.write_text(TEXT * 3, "utf-8")
    client.upload(document)
    fill_conversations(data, EMAIL, CONVERSATIONS)
    path = f"/chat/{fill_conversation(data, EMAIL, MESSAGES)}"
    client.close()
    return path


def _measure_once(
    browser: Browser, url: str, state: StorageState, conversation: str, slowdown: float
) -> tuple[dict[str, float], list[str]]:
    """Do what a person does who comes back; return times, and the addresses that were asked."""
    found: dict[str, float] = {}
    asked: list[str] = []
    with visit(browser, url, state, slowdown) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/")
        page.locator(COMPOSER).wait_for()
        page.locator(f'{LIST} a[href="{conversation}"]').wait_for()
        page.wait_for_load_state("networkidle")
        first = vitals(page)  # what is painted later is other pages'
        found |= _bytes(page, first["lcp"])
        found["cold"] = drawn_after_click(page, 'a[href="/documents"]', "lo-documents-page h1")
        found["back"] = drawn_after_click(page, 'nav a[href="/"]', COMPOSER)
        found["warm"] = drawn_after_click(page, 'a[href="/documents"]', "lo-documents-page h1")
        found["open"] = drawn_after_click(page, f'a[href="{conversation}"]', ANSWERED)
        page.locator(COMPOSER).click()
        found["letter"] = statistics.median(typed(page, "a") for _ in range(LETTERS))
        found["scroll"] = percentile(sorted(frame_gaps(page, LIST, SCROLLS, PIXELS)), 0.95)
        before = vitals(page)["cls"]
        _ask(page)
        # What moves after the clicks by script would be excused after a person's.
        asking = vitals(page)
        found |= {**asking, "lcp": first["lcp"], "cls": first["cls"] + asking["cls"] - before}
    return found, asked


def _bytes(page: Page, stood: float) -> dict[str, float]:
    """Return the kilobytes that were asked for until the first screen stood."""
    first = [(sent, unpacked) for asked, sent, unpacked in fetched(page) if asked <= stood]
    return {"sent": sum(sent for sent, _ in first) / 1000, "unpacked": sum(unpacked for _, unpacked in first) / 1000}


def _ask(page: Page) -> None:
    """Ask in a new chat and wait for the answer: interactions, and text that grows."""
    page.locator('nav a[href="/"]').click()
    page.locator(COMPOSER).fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator(ANSWERED).wait_for(timeout=60_000)


def tell(result: Result, found: dict[str, float], foreign: list[str]) -> None:
    slow = f", processor {SLOW:g} times slower"
    for name, unit, aim in (
        ("lcp", "ms", "under 1,000"), ("inp", "ms", "under 100"), ("cls", "", "under 0.02"), ("ttfb", "ms", "under 200"),
    ):  # fmt: skip
        result.add(f"{name}_slow", f"{name.upper()}{slow}", found[f"{name}_4x"], unit, aim)
        result.add(f"{name}", name.upper(), found[f"{name}_1x"], unit, better="lower")
    result.add("fcp_slow", f"FCP{slow}", found["fcp_4x"], "ms", better="lower")
    long, many = f"conversation of {MESSAGES:,} messages", f"list of {CONVERSATIONS:,} conversations"
    for name, label, aim in (
        ("cold", "click to the next page drawn, its code not loaded", "under 500"),
        ("warm", "the same, loaded", "under 100"),
        ("open", f"{long}: open", "under 300"),
        ("letter", f"{long}: a letter typed", "under 50"),
        ("scroll", f"{many}: between frames while scrolling, p95", "under 50"),
    ):
        result.add(name, label, found[f"{name}_1x"], "ms", aim)
        result.add(f"{name}_slow", f"{label}{slow}", found[f"{name}_4x"], "ms", better="lower")
    result.add("sent", "scripts and styles of the first screen, as sent", found["sent_1x"], "KB", "under 60")
    result.add("unpacked", "the same, unpacked", found["unpacked_1x"], "KB", "under 500")
    result.add("foreign", "requests to others", len(foreign), "", "at most 0")


if __name__ == "__main__":
    main()
