"""The document's mark among our runs can be moved, on the page of results and within another page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser_pages import PUBLISHED, REPORTS, Open, find

from mnist_repro.reporting.html.page import PLAY_FILE

RUN = "julia-linear-lr0.003"
VIEWS = [
    pytest.param({"page": PUBLISHED}, id="page of results"),
    pytest.param({"page": REPORTS / PLAY_FILE, "query": RUN}, id="a run alone"),
]
LEFT, END, ESCAPE = "\ue012", "\ue010", "\ue00c"


def move(browser: Any, keys: str) -> tuple[Any, str]:
    """Press keys on the mark of the first run; return its row, and what the mark says."""
    row = find(browser, ".runs [data-rule]")
    mark = row.find_element("css selector", "[role='slider']")
    for key in keys:
        mark.send_keys(key)
    return row, mark.get_dom_attribute("aria-valuetext")


@pytest.mark.parametrize("view", VIEWS)
def test_page_mark_moved_by_keys_is_judged_again(open_page: Open, view: dict[str, Any]) -> None:
    """Far off, the run is not reproduced; the row, and the mark for readers of screens, say so; Escape puts it back."""
    browser = open_page(**view)
    row, before = move(browser, "")
    text = row.text
    assert "if it had printed that" not in text

    _, far = move(browser, END)

    assert "not reproduced" in far
    assert "not reproduced" in row.text
    assert "if it had printed that" in row.text
    assert "1 of 201" in row.text
    assert move(browser, ESCAPE) == (row, before)
    assert row.text == text
    move(browser, LEFT)
    row.find_element("css selector", "button").click()
    assert row.text == text


@pytest.mark.parametrize("view", VIEWS)
def test_page_mark_follows_the_pointer(open_page: Open, view: dict[str, Any]) -> None:
    """Pressed and dragged, the mark stays under the pointer, and what it says follows."""
    browser = open_page(**view)
    row, before = move(browser, "")
    strip = row.find_element("css selector", ".strip")
    browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", strip)
    left, top, width = browser.execute_script(
        "const r = arguments[0].getBoundingClientRect(); return [r.left, r.top, r.width]", strip
    )
    for kind, share in (("mousePressed", 0.5), ("mouseMoved", 0.25), ("mouseReleased", 0.25), ("mouseMoved", 0.9)):
        event = {"type": kind, "x": left + share * width, "y": top + 20, "button": "left", "clickCount": 1}
        browser.execute_cdp_cmd("Input.dispatchMouseEvent", event)

    place = row.find_element("css selector", "[role='slider']").get_dom_attribute("x")

    assert float(place.rstrip("%")) == pytest.approx(25, abs=1)
    assert move(browser, "")[1] != before
    assert "moved" in row.get_dom_attribute("class")


@pytest.mark.parametrize("view", VIEWS)
def test_page_without_scripts_has_no_marks_to_move(open_page: Open, view: dict[str, Any]) -> None:
    """Where nothing follows a mark, nothing says that it can be moved."""
    browser = open_page(**view, scripts=False)

    assert browser.find_elements("css selector", "[role='slider'], .movable") == []
    assert not find(browser, ".hint").is_displayed()
    assert find(browser, ".runs .strip").is_displayed()


def test_page_within_another_shows_one_run_and_scrolls_nothing(open_page: Open, tmp_path: Path) -> None:
    """The page that a run stands in stays where it is, and the run is judged as on the page of results."""
    browser = open_page(PUBLISHED)
    expected = find(browser, f"tr:has([href='#made-{RUN}'])").text
    outer = tmp_path / "outer.html"
    frame = f'<iframe src="{(REPORTS / PLAY_FILE).as_uri()}?{RUN}"></iframe>'
    outer.write_text(f'<title>Outer</title><div style="height: 5000px"></div>{frame}', encoding="utf-8")

    open_page(outer)
    browser.switch_to.frame(0)
    rows = [row.text for row in browser.find_elements("css selector", "tbody tr")]
    browser.switch_to.default_content()

    assert [row.split() for row in rows] == [expected.split()]
    assert browser.execute_script("return scrollY") == 0
