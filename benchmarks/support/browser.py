"""A Chromium whose page tells its own times: what people wait for, measured where they wait.

with chromium() as browser:
    state = signed_in_state(browser, url)
    with visit(browser, url, state, slowdown=4) as page:
        page.goto("/")
        vitals(page)
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

from tests.services.client import EMAIL, PASSWORD

# Before anything of the page runs: the observers get what was before them too, but a long page's
# first events may have left the buffer by then.
_OBSERVE = """
window.__seen = { lcp: 0, cls: 0, inp: 0 };
const see = (type, take, more = {}) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
see('largest-contentful-paint', (entry) => { window.__seen.lcp = entry.startTime; });
see('layout-shift', (entry) => { if (!entry.hadRecentInput) window.__seen.cls += entry.value; });
see('event', (entry) => {
  if (entry.interactionId) window.__seen.inp = Math.max(window.__seen.inp, entry.duration);
}, { durationThreshold: 16 });
"""

_VITALS = """() => {
  const [navigation] = performance.getEntriesByType('navigation');
  const paints = performance.getEntriesByName('first-contentful-paint');
  return { ...window.__seen, ttfb: navigation.responseStart, fcp: paints.length ? paints[0].startTime : 0 };
}"""

# Clicked by script: no pointer passes over the link before, which would have its page fetched.
_CLICKED = """([link, wanted]) => new Promise((resolve, reject) => {
  const target = document.querySelector(link);
  const began = performance.now();
  const look = () => {
    if (document.querySelector(wanted)) requestAnimationFrame(() => resolve(performance.now() - began));
    else if (performance.now() - began > 20000) reject(new Error(`${wanted} did not come`));
    else requestAnimationFrame(look);
  };
  target.click();
  requestAnimationFrame(look);
})"""

_SCROLLED = """([selector, steps, pixels]) => new Promise((resolve) => {
  const box = document.querySelector(selector);
  const gaps = [];
  let before = performance.now();
  const step = (now) => {
    gaps.push(now - before);
    before = now;
    if (gaps.length > steps) resolve(gaps.slice(1));
    else { box.scrollTop += pixels; requestAnimationFrame(step); }
  };
  requestAnimationFrame(step);
})"""

_TYPED = """() => new Promise((resolve) => {
  document.addEventListener('keydown', () => {
    const began = performance.now();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
  }, { once: true, capture: true });
})"""

_FETCHED = """() => performance.getEntriesByType('resource')
  .filter((entry) => /\\.(js|css)$/.test(new URL(entry.name).pathname))
  .map((entry) => [entry.startTime, entry.encodedBodySize, entry.decodedBodySize])"""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium.

    Raises:
        RuntimeError: there is none.
    """
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("there is no Chromium: `make test` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def signed_in_state(browser: Browser, url: str) -> StorageState:
    """Sign in as people do, once; return what their browser keeps of it."""
    context = browser.new_context(base_url=url, locale="en-US")
    try:
        page = context.new_page()
        page.goto("/sign-in")
        page.locator('input[type="email"]').fill(EMAIL)
        page.locator('input[type="password"]').fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{url}/")
        page.wait_for_load_state("networkidle")  # what it remembers for the next visit
        return context.storage_state()
    finally:
        context.close()


@contextlib.contextmanager
def visit(browser: Browser, url: str, state: StorageState, slowdown: float = 1.0) -> Iterator[Page]:
    """Open a page with an empty cache, signed in, on a processor that is so many times slower."""
    size: ViewportSize = {"width": 1280, "height": 800}
    context = browser.new_context(base_url=url, locale="en-US", viewport=size, storage_state=state)
    try:
        context.add_init_script(_OBSERVE)
        page = context.new_page()
        if slowdown > 1:
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        yield page
    finally:
        context.close()


def vitals(page: Page) -> dict[str, float]:
    """Return ``lcp``, ``fcp``, ``ttfb`` and ``inp`` in milliseconds and ``cls``, of this visit until now.

    ``inp`` is the longest interaction, ``cls`` the sum of all shifts: neither is below its Web Vital.
    """
    found: dict[str, float] = page.evaluate(_VITALS)
    return found


def drawn_after_click(page: Page, link: str, wanted: str) -> float:
    """Return the milliseconds from a click until what is wanted has been drawn; both are CSS selectors."""
    return float(page.evaluate(_CLICKED, [link, wanted]))


def frame_gaps(page: Page, selector: str, steps: int, pixels: int) -> Sequence[float]:
    """Scroll a box a step a frame; return the milliseconds between the frames."""
    found: list[float] = page.evaluate(_SCROLLED, [selector, steps, pixels])
    return found


def typed(page: Page, letter: str) -> float:
    """Press a key where the focus is; return the milliseconds until what it changed was drawn."""
    waiting = page.evaluate_handle(f"() => ({{ took: ({_TYPED})() }})")
    page.keyboard.press(letter)
    return float(waiting.evaluate("async ({ took }) => await took"))


def fetched(page: Page) -> list[tuple[float, float, float]]:
    """Return of each script and style sheet when it was asked for, its bytes as sent and as unpacked."""
    found: list[Any] = page.evaluate(_FETCHED)
    return [(asked, sent, unpacked) for asked, sent, unpacked in found]
