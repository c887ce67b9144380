"""A browser and a server for the tests of this folder."""

import importlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.browsing import CHROMIUM, Docs
from tests.browser.document import DOCUMENT, Json
from tests.serving import ServerProcess

OpenDocs = Callable[..., Docs]
SAMPLE = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The system's Chromium, without a window."""
    with importlib.import_module("playwright.sync_api").sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server over a copy of the sample data; a test that writes takes names of its own."""
    data = tmp_path_factory.mktemp("data") / "data"
    shutil.copytree(SAMPLE, data)
    with ServerProcess(data) as process:
        yield process


@pytest.fixture
def docs(chromium: Any, server: ServerProcess) -> Iterator[OpenDocs]:  # noqa: ANN401
    """Opens the page, in a window of its own each time; at the end, nothing was wrong with it."""
    windows = []

    def opened(
        address: str = "",
        description: Json | str | None = DOCUMENT,
        *,
        size: tuple[int, int] = (1280, 900),
        **context: object,
    ) -> Docs:
        viewport = {"width": size[0], "height": size[1]}
        page = chromium.new_context(viewport=viewport, **context).new_page()
        page.set_default_timeout(10_000)
        assert server.address is not None
        origin = f"http://{server.address.host}:{server.address.port}"
        window = Docs(page, origin, description)
        windows.append(window)
        return window.open(address)

    yield opened
    for window in windows:
        window.close()
