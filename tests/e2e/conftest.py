"""A real Chromium on a real server. Both are a module's own, so that nothing of them outlives it:
while Playwright runs, its event loop would be in the way of other tests' loops."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.window import Window
from tests.fakes.scripted_model import ScriptedModel
from tests.services.client import Client
from tests.services.likeopt import Server, likeopt_server

expect.set_options(timeout=30_000)  # how long a busy machine may take; nothing waits it out when all is well


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # The shell is the same engine without windows of its own around the page: two thirds of the processor time.
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert chromium, "Chromium is one of the packages that scripts/system_packages.sh installs"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--in-process-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a language model, with an administrator, where anybody may make an account."""
    folder = tmp_path_factory.mktemp("site")
    settings = {"LIKEOPT_OPEN_REGISTRATION": "true", "LIKEOPT_WATCH_ROOTS": str(folder), "LIKEOPT_WATCH_SECONDS": "0.5"}
    with likeopt_server(folder / "data", **settings) as server:
        client = Client(server.url)
        client.register()
        client.close()
        yield server


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    """A language model that says what a test wants it to."""
    with ScriptedModel() as model:
        yield model


@pytest.fixture(scope="module")
def modelled_site(tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel) -> Iterator[Server]:
    """A server with that model, where anybody may make an account. A module that wants it names it ``site``."""
    with likeopt_server(
        tmp_path_factory.mktemp("modelled"), LIKEOPT_OPEN_REGISTRATION="true", LIKEOPT_LLM_BASE_URL=model.url
    ) as server:
        yield server


@pytest.fixture
def open_window(browser: Browser, site: Server) -> Iterator[Callable[..., Window]]:
    """Open windows; when the test has ended, each must have had nothing to complain of."""
    windows: list[Window] = []

    def opened(url: str = "", **options: object) -> Window:
        windows.append(Window(browser, url or site.url, **options))
        windows[-1].page.set_default_timeout(30_000)
        return windows[-1]

    yield opened
    for window in windows:
        window.close()


@pytest.fixture
def language() -> str:
    """The language of the page, where a test does not name its own."""
    return "en"


@pytest.fixture
def window(open_window: Callable[..., Window], language: str) -> Window:
    """A person who has an account of their own."""
    window = open_window(language=language)
    window.register()
    return window
