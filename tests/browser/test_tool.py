"""The page as a tool: what is chosen is in its address, and what is seen can be saved."""

from __future__ import annotations

import base64
import csv
import io
import struct
from typing import Any

import pytest
from browser_pages import PUBLISHED, Open, find, wait

ENTER = "\ue007"
SAVED = """
const [name, done] = arguments;
const create = URL.createObjectURL;
URL.createObjectURL = (blob) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result);
  reader.readAsDataURL(blob);
  return create.call(URL, blob);
};
document.querySelector(`[name="${name}"]`).click();
"""


def go(browser: Any, state: str) -> None:
    """Follow a link within the page."""
    browser.execute_script("location.hash = arguments[0]", state)
    wait(browser)


def look(browser: Any) -> dict[str, Any]:
    """Return what is filtered, sorted and opened, as it is seen."""
    seen: dict[str, Any] = browser.execute_script(
        "const shown = [...document.querySelectorAll('.claims > tbody')].filter((each) => each.checkVisibility());"
        "return {"
        "shown: shown.map((each) => each.id),"
        "opened: shown.filter((each) => !each.querySelector('.detail').hidden).map((each) => each.id),"
        "sorted: [...document.querySelectorAll('[aria-sort]')].map((each) => [each.innerText, each.ariaSort]),"
        "}"
    )
    return seen


def save(browser: Any, name: str) -> bytes:
    """Press a button that saves a file, and return the file."""
    url: str = browser.execute_async_script(SAVED, name)
    return base64.b64decode(url.partition(",")[2])


def test_page_address_gives_the_same_view_again(open_page: Open) -> None:
    """What a reader filters, sorts and opens is in the address; opened elsewhere, it shows the same."""
    browser = open_page(PUBLISHED)
    find(browser, "[name='text']").send_keys("accuracy")
    (p,) = [each for each in browser.find_elements("css selector", ".claims > thead button") if each.text == "p"]
    p.click()
    p.click()
    find(browser, ".claims > tbody:not([hidden]) .name button").click()
    wait(browser)
    expected, address = look(browser), browser.current_url

    browser.get("about:blank")
    open_page(PUBLISHED)
    assert look(browser) != expected
    go(browser, address.partition("#")[2])

    assert look(browser) == expected
    assert expected["sorted"] == [["p", "descending"]]
    assert len(expected["opened"]) == 1


def test_page_link_to_contradicted_only_shows_these(open_page: Open) -> None:
    """The form of the address is one that can be written by hand."""
    browser = open_page(PUBLISHED)

    go(browser, "verdict=contradicted")

    shown = browser.execute_script(
        "return [...document.querySelectorAll('.claims > [data-verdict=contradicted]')].map((e) => e.id)"
    )
    assert look(browser)["shown"] == shown
    assert find(browser, "[name='verdict']").get_property("value") == "contradicted"


@pytest.mark.parametrize("state", ["verdict=none", "sort=none", "opened=none", "=&&=%", "claim-none", "%"])
def test_page_address_that_names_nothing_does_nothing(open_page: Open, state: str) -> None:
    """An address from another report, or one that was cut off, raises no error."""
    browser = open_page(PUBLISHED)

    go(browser, state)

    assert browser.get_log("browser") == []


def test_page_csv_is_what_is_seen(open_page: Open) -> None:
    """The CSV has the rows that are shown, in their order, with the heading's columns, the source and the reason."""
    browser = open_page(PUBLISHED, width=1600)
    go(browser, "verdict=contradicted&sort=-Claim")

    heading, *rows = csv.reader(io.StringIO(save(browser, "csv").decode("utf-8"), newline=""))

    assert heading[:4] == ["Claim", "Experiment", "Verdict", "Reported"]
    assert heading[-2:] == ["Source", "Reason"]
    names = browser.execute_script(
        "return [...document.querySelectorAll('.claims > tbody:not([hidden]) .name')].map((each) => each.innerText)"
    )
    assert [row[0] for row in rows] == names
    assert all(len(row) == len(heading) and "line" in row[-2] and "Contradicted." in row[-1] for row in rows)


def test_page_png_is_what_is_seen(open_page: Open) -> None:
    """The PNG has the shape of the table as it is shown, and something is drawn in it."""
    browser = open_page(PUBLISHED)
    go(browser, "verdict=contradicted")
    box = find(browser, ".scroll:has(> .claims)").size

    png = save(browser, "png")

    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width / height == pytest.approx(box["width"] / box["height"], rel=0.02)
    assert len(png) > 20_000
    assert browser.get_log("browser") == []


def test_page_boxes_are_stops_where_they_scroll(open_page: Open) -> None:
    """The keyboard stops at a box that is wider than its window, and at no other."""
    browser = open_page(PUBLISHED, width=380)
    browser.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    wait(browser)

    boxes = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')]"
        ".map((box) => [box.scrollWidth > box.clientWidth, box.tabIndex === 0])"
    )

    assert all(scrolls == is_stop for scrolls, is_stop in boxes)
    assert {scrolls for scrolls, _ in boxes} == {True, False}


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("Claim", "cells[0].innerText"),
        ("Experiment", "cells[1].innerText"),
        ("Verdict", "`${cells[2].dataset.unit ?? ''}|${cells[2].dataset.key}`"),
        ("Reported", "`${cells[3].dataset.unit ?? ''}|${cells[3].dataset.key}`"),
        ("Our mean (95 %)", "`${cells[4].dataset.unit ?? ''}|${cells[4].dataset.key}`"),
        ("Runs", "`${cells[5].dataset.unit ?? ''}|${cells[5].dataset.key}`"),
        ("p", "`${cells[6].dataset.unit ?? ''}|${cells[6].dataset.key}`"),
        ("Document", "cells[7].innerText"),
    ],
)
def test_page_sorts_by_every_column(open_page: Open, heading: str, key: str) -> None:
    """A heading sorts up and, pressed again, down, unit by unit; it alone says so; what has no number comes last."""
    browser = open_page(PUBLISHED, width=1600)
    (button,) = (
        each for each in browser.find_elements("css selector", ".claims > thead button") if each.text == heading
    )

    def read() -> list[str]:
        script = f"return [...document.querySelectorAll('.claims > tbody')].map(({{ rows: [{{ cells }}] }}) => {key})"
        values: list[str] = browser.execute_script(script)
        return values

    def sorted_by() -> list[str]:
        return [each.get_dom_attribute("aria-sort") for each in browser.find_elements("css selector", "th[aria-sort]")]

    button.click()
    up, said_up = read(), sorted_by()
    button.send_keys(ENTER)
    down, said_down = read(), sorted_by()

    assert (said_up, said_down) == (["ascending"], ["descending"])
    assert up != down
    if "dataset" in key:
        for values, is_up in ((up, True), (down, False)):
            cells = [value.split("|") for value in values]
            numbers = [(unit, float(number) * (1 if is_up else -1)) for unit, number in cells if number]
            assert numbers == sorted(numbers)
            assert not any(number for _, number in cells[len(numbers) :])
    else:
        assert [value.lower() for value in dict.fromkeys(up)] == [value.lower() for value in dict.fromkeys(down)][::-1]
