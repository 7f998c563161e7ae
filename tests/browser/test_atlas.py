"""The runs of all documents can be filtered; without a script all of them stand in a plain table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser_pages import Open, wait, write_page
from made_up_pages import make_results

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment

POST, NOTEBOOK = 3, 3


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, protocols: dict[str, Protocol], environment: Environment) -> Path:
    """Return a page whose atlas has the runs of two documents of two frameworks."""
    folder = tmp_path_factory.mktemp("atlas")
    results = make_results(folder, protocols=protocols, environment=environment)
    return write_page(results, folder)


def count_shown(browser: Any) -> int:
    """Return how many rows are seen."""
    rows = browser.find_elements("css selector", "#atlas tbody > tr")
    return sum(row.is_displayed() for row in rows)


def choose(browser: Any, name: str, value: str) -> None:
    """Choose a value in one of the fields, as a reader does."""
    field = browser.find_element("css selector", f"#atlas [name='{name}']")
    field.find_element("css selector", f"option[value='{value}']").click()


def test_atlas_filters_leave_what_they_name(open_page: Open, page: Path) -> None:
    """Each field leaves the rows of its choice, two together those of both, and a reset all."""
    browser = open_page(page)
    status = browser.find_element("css selector", "#atlas [role='status']")

    assert count_shown(browser) == POST + NOTEBOOK
    choose(browser, "framework", "TensorFlow.jl")
    assert (count_shown(browser), status.text) == (POST, "3 of 6 runs shown")
    choose(browser, "document", "TensorFlow 1 notebook")
    assert (count_shown(browser), status.text) == (0, "No run matches. Reset shows all.")
    choose(browser, "framework", "")
    assert count_shown(browser) == NOTEBOOK
    browser.find_element("css selector", "#atlas [type='reset']").click()
    wait(browser)
    assert (count_shown(browser), status.text) == (6, "6 of 6 runs shown")


def test_atlas_filter_leaves_the_claims_alone(open_page: Open, page: Path) -> None:
    """Two tables have a filter each."""
    browser = open_page(page)
    claims = browser.find_elements("css selector", ".claims > tbody")

    choose(browser, "document", "Julia blog post")

    assert all(claim.is_displayed() for claim in (claims[0], claims[-1]))


def test_atlas_without_scripts_is_a_plain_table(open_page: Open, page: Path) -> None:
    """All rows are seen, and the fields, which would do nothing, are not."""
    browser = open_page(page, scripts=False)

    assert count_shown(browser) == POST + NOTEBOOK
    assert not browser.find_element("css selector", "#atlas form").is_displayed()
