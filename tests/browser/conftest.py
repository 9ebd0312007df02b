"""Chromium against a live server under the real content policy, with a simulator over HTTP and a real worker."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from calls.osvi.client import get_client
from osvi_simulator.server import SimulatorServer
from tests.browser.cast import Cast, make_cast
from tests.browser.windows import DESKTOP, listen, log_in
from tests.support.nudges import shared_queue
from tests.support.processes import Worker

# Without the windows that nobody sees Chromium takes two thirds of the processor's time.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# How long a page may take to show what is expected of it, in milliseconds.
PATIENCE = 30_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one module, so that other tests run without the event loop that drives it."""
    options: dict[str, Any] = {"args": ["--no-sandbox", "--disable-gpu"]}
    if found := next(filter(None, map(shutil.which, CHROMIUMS)), None):
        options["executable_path"] = found
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # The loop runs in this thread, in which tests look into the database.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(**options)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about; a test that expects a complaint takes it out."""
    return []


@pytest.fixture
def page(chromium: Browser, live_server: Any, complaints: list[str]) -> Iterator[Page]:
    """A fresh browser window. The test fails on any console error, script error or breach of the policy."""
    context = chromium.new_context(base_url=live_server.url, viewport=DESKTOP)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    listen(page, complaints)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """One row of every kind."""
    return make_cast()


@pytest.fixture
def boss_page(page: Page, cast: Cast, live_server: Any) -> Page:
    """A window in which the boss is logged in."""
    log_in(page.context, cast.boss, live_server.url)
    return page


@pytest.fixture
def simulator(settings: Any) -> Iterator[SimulatorServer]:
    with SimulatorServer(speed=5) as server:
        settings.OSVI_API_URL = server.url
        settings.OSVI_API_TOKEN = server.api.options.token
        get_client.cache_clear()
        yield server
    get_client.cache_clear()


@pytest.fixture
def worker(
    simulator: SimulatorServer,
    live_server: Any,
    transactional_db: None,
    tmp_path: Path,
) -> Iterator[Worker]:
    """A worker process that shares database and queue with the live server."""
    queue_url = f"sqlite:///{tmp_path / 'queue.sqlite3'}"
    process = Worker(
        queue_url=queue_url,
        OSVI_API_URL=simulator.url,
        OSVI_API_TOKEN=simulator.api.options.token,
        PUBLIC_BASE_URL=live_server.url,
        CALL_FIRST_POLL="1",
    )
    with shared_queue(queue_url), process:
        yield process
