"""What tests in a browser share: the published pages, pages of made-up results, and how elements are found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from made_up_pages import render

from mnist_repro.comparison.results import Results
from mnist_repro.reporting.html.page import PAGE_FILE

REPORTS = Path(__file__).parents[2] / "reports"
PUBLISHED = REPORTS / PAGE_FILE
# Names the variable by which tox and the CI demand these tests: where it is set, they may not vanish.
DEMANDED = "MNIST_REPRO_BROWSER"

# What the fixture `open_page` gives: a function that opens a page and returns the browser.
Open = Callable[..., Any]


def write_page(results: Results, folder: Path) -> Path:
    """Write the page of these results, and return its file."""
    (folder / PAGE_FILE).write_text(render(results, folder), encoding="utf-8")
    return folder / PAGE_FILE


def find(browser: Any, selector: str) -> Any:
    """Return the first element that a selector of CSS finds."""
    return browser.find_element("css selector", selector)


def find_all(browser: Any, selector: str) -> list[Any]:
    """Return the elements that a selector of CSS finds."""
    return list(browser.find_elements("css selector", selector))


def wait(browser: Any) -> None:
    """Let the page do what it does after an event."""
    assert browser.execute_async_script("setTimeout(arguments[0], 50)") is None
