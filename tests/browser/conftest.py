"""Debian's Chromium, driven without a window: `make test-browser`. Nothing here is collected by `make test`."""

import os
import shutil

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from percorsi.quality.page import write_report
from quality_findings import BAD, HOSTILE, findings

WIDTHS = {"desktop": 1280, "phone": 390}
LONG = "Dipartimentodisalutementaleedipendenzepatologichedellaziendasanitariaprovinciale " + HOSTILE


@pytest.fixture(scope="session")
def chromium():
    """The browser. Where there is none the tests fail: they are not passed by being left out."""
    named = os.environ.get("CHROMIUM")
    path = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path, "no Chromium: install it (package chromium on Debian), or name it with CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A judging with a department of a long name, one of whose words is longer than a phone is wide."""
    folder = tmp_path_factory.mktemp("site")
    names = {**findings().dsm_names, BAD: LONG}
    write_report(folder, findings(dsm_names=names))
    return folder


@pytest.fixture(params=WIDTHS, scope="module")
def width(request) -> int:
    return WIDTHS[request.param]


@pytest.fixture
def opened(chromium: Browser, width: int, site):
    """A page that opens files of the site by name, without a network; complaints and requests are kept."""
    with _context(chromium, width) as context:
        page = context.new_page()
        page.complaints, page.asked = [], []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.open = lambda name: page.goto((site / name).as_uri())
        yield page


@pytest.fixture
def without_scripts(chromium: Browser, site) -> Page:
    with _context(chromium, 1280, java_script_enabled=False) as context:
        yield context.new_page()


def _context(chromium: Browser, width: int, **options):
    return chromium.new_context(
        viewport={"width": width, "height": 850}, is_mobile=width < 600, has_touch=width < 600, offline=True, **options
    )
