"""A headless Chromium for the tests of the page: without one they are skipped, or fail where it is demanded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_pages import DEMANDED, Open

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support.wait import WebDriverWait
except ImportError:
    webdriver = None  # type: ignore[assignment]

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_DRIVERS = ("chromedriver", "chromium.chromedriver")
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars"),
)
_HEIGHT = 1000
# Seconds: a machine that does other work too may be slow.
_PATIENCE = 300


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Return the driver of a headless Chromium that knows no network."""
    browser, driver = (next(filter(None, map(shutil.which, names)), None) for names in (_BROWSERS, _DRIVERS))
    lacking = [
        what
        for what, found in {"selenium": webdriver, "Chromium": browser, "its chromedriver": driver}.items()
        if not found
    ]
    if lacking:
        reason = f"No {' and no '.join(lacking)}: install Chromium with its driver, and run `tox run -e browser`."
        if os.environ.get(DEMANDED):
            pytest.fail(f"{DEMANDED} is set. {reason}")
        pytest.skip(reason)
    options = webdriver.ChromeOptions()
    options.binary_location = browser or ""
    for option in _OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options=options, service=Service(driver))
    found.set_script_timeout(_PATIENCE)
    found.set_page_load_timeout(_PATIENCE)
    yield found
    found.quit()


@pytest.fixture
def open_page(chromium: Any) -> Open:
    """Return a function that opens a page at a width of the window, in light or dark, with or without scripts."""

    def open_one(page: Path, *, query: str = "", width: int = 1400, dark: bool = False, scripts: bool = True) -> Any:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        size = {"width": width, "height": _HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": [scheme]})
        chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        # What earlier pages said is not this one's.
        chromium.get_log("browser")
        chromium.get(f"{page.as_uri()}?{query}".rstrip("?"))
        WebDriverWait(chromium, _PATIENCE).until(lambda driver: driver.title)
        return chromium

    return open_one
