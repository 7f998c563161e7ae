"""The page in a real browser: it can be read, opened, sorted, filtered and printed, by keys too, on any screen."""

from __future__ import annotations

import base64
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser_pages import PUBLISHED, Open, find_all, wait, write_page
from made_up_pages import HOSTILE_NAME, make_results, poison_results

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment

# Wide enough for all columns of the table of claims.
WIDE = 1600
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
LEAST_CONTRAST = 4.5
WIDTHS = (380, 1400)
ALL_WIDTHS = (320, 380, 600, 768, 961, 1024, 1200, 1280, 1335, 1600, 1920)
ENTER, SPACE = "\ue007", " "


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, protocols: dict[str, Protocol], environment: Environment) -> Path:
    """Return a page with two environments and hostile text in every field."""
    folder = tmp_path_factory.mktemp("hostile")
    return write_page(poison_results(make_results(folder, protocols=protocols, environment=environment)), folder)


@pytest.fixture(scope="module")
def untried(tmp_path_factory: pytest.TempPathFactory, protocols: dict[str, Protocol], environment: Environment) -> Path:
    """Return a page of runs beside which no alternative was run, as a newcomer's is."""
    folder = tmp_path_factory.mktemp("untried")
    results = make_results(folder, protocols=protocols, environment=environment)
    alone = [replace(results.environments[0], causes=())]
    return write_page(replace(results, environments=alone, shown=alone), folder)


def claims_of_documents() -> list[Claim]:
    """Return all that the documents report in numbers."""
    return [claim for document in load_catalogue().documents.values() for claim in document.claims]


def shown(browser: Any) -> list[str]:
    """Return the ids of the claims that are shown, from the top."""
    ids: list[str] = browser.execute_script(
        "return [...document.querySelectorAll('.claims > tbody')].filter((e) => e.checkVisibility()).map((e) => e.id)"
    )
    return ids


def choose(browser: Any, name: str, value: str) -> None:
    """Set a filter as a user does."""
    field = find_all(browser, f".filters [name='{name}']")[0]
    if field.tag_name == "select":
        options = field.find_elements("css selector", "option")
        (option,) = (each for each in options if each.get_dom_attribute("value") == value)
        option.click()
    else:
        field.clear()
        field.send_keys(value)


def print_page(browser: Any) -> bytes:
    """Return the PDF that the page would be printed as."""
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    return base64.b64decode(printed["data"])


def open_all(browser: Any) -> None:
    """Open every claim and everything that is folded."""
    find_all(browser, "[name='open']")[0].click()
    browser.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


@pytest.mark.parametrize("width", ALL_WIDTHS)
@pytest.mark.parametrize("tried", [True, False], ids=["published", "no alternatives"])
def test_page_columns_are_not_clipped(open_page: Open, untried: Path, width: int, *, tried: bool) -> None:
    """No table of runs, of claims, or in an opened claim is wider than its box, on any screen."""
    browser = open_page(PUBLISHED if tried else untried, width=width)
    find_all(browser, "[name='open']")[0].click()

    clipped = browser.execute_script(
        "return [...document.querySelectorAll('.scroll:has(> .runs, > .claims, > .numbers)')]"
        ".filter((box) => box.clientWidth && box.scrollWidth > box.clientWidth)"
        ".map((box) => [box.ariaLabel, box.scrollWidth, box.clientWidth])"
    )

    assert clipped == []
    assert browser.execute_script("return document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", WIDTHS)
def test_page_has_no_errors_and_no_sideways_scrolling(open_page: Open, width: int) -> None:
    """The console stays empty, and with everything opened nothing is wider than the window but within its own box."""
    browser = open_page(PUBLISHED, width=width)

    open_all(browser)

    assert browser.get_log("browser") == []
    wide = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide == [width, width]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_page_every_text_is_legible(open_page: Open, width: int, *, dark: bool) -> None:
    """Every text has a contrast of 4.5 at least with what is behind it."""
    browser = open_page(PUBLISHED, width=width, dark=dark)
    open_all(browser)

    result = browser.execute_script(CONTRAST, LEAST_CONTRAST)

    assert result["found"] == []
    assert result["count"] > 1000


def test_page_dark_is_dark(open_page: Open) -> None:
    """The page follows the reader's scheme, and figures turn with it."""

    def look(*, dark: bool) -> tuple[int, str]:
        browser = open_page(PUBLISHED, dark=dark)
        background, turned = browser.execute_script(
            "return [getComputedStyle(document.body).backgroundColor, "
            "getComputedStyle(document.querySelector('.drawn')).filter]"
        )
        return int(re.findall(r"\d+", background)[0]), turned

    assert look(dark=False) == (252, "none")
    brightness, turned = look(dark=True)
    assert brightness < 40
    assert turned.startswith("invert")


def test_page_hostile_text_runs_nothing(open_page: Open, hostile: Path) -> None:
    """Hostile text in every field raises no alert, no error and no element, and filters work with it."""
    browser = open_page(hostile)

    assert browser.get_log("browser") == []
    assert len(find_all(browser, "script")) == 1
    assert find_all(browser, "img, iframe, object, embed, [onerror], [onload]") == []
    both = len(shown(browser))
    choose(browser, "environment", HOSTILE_NAME)
    assert len(shown(browser)) == both / 2
    assert browser.get_log("browser") == []


def test_page_filters_leave_what_they_name(open_page: Open) -> None:
    """Verdict, document and text each leave the claims that have it, together those that have all, and it is told."""
    browser = open_page(PUBLISHED)
    everything = shown(browser)
    assert everything
    rows = browser.execute_script(
        "return [...document.querySelectorAll('.claims > tbody')]"
        ".map(({ id, dataset }) => [id, dataset.verdict, dataset.document])"
    )

    choose(browser, "verdict", "contradicted")
    assert shown(browser) == [id_ for id_, verdict, _ in rows if verdict == "contradicted"]
    choose(browser, "document", "julia-blog")
    both = [id_ for id_, verdict, document in rows if (verdict, document) == ("contradicted", "julia-blog")]
    assert shown(browser) == both
    assert find_all(browser, "#shown")[0].text == f"{len(both)} of {len(rows)} claims shown"
    choose(browser, "text", "  (TARGET) ")
    assert shown(browser) == ["claim-1-julia-mlp-100x100.accuracy-target"]
    choose(browser, "text", "no such words")
    assert shown(browser) == []
    assert find_all(browser, "#shown")[0].text == "No claim matches. Reset shows all."
    find_all(browser, "[type='reset']")[0].click()
    wait(browser)
    assert shown(browser) == everything


@pytest.mark.parametrize("key", [ENTER, SPACE], ids=["enter", "space"])
def test_page_claim_opens_by_keys(open_page: Open, key: str) -> None:
    """A claim's name is a button that opens and closes it by keys, says which, and shows runs, place and protocol."""
    browser = open_page(PUBLISHED)
    (button,) = find_all(browser, "#claim-1-tf1-basic\\.test-accuracy .name button")
    (detail,) = find_all(browser, "#claim-1-tf1-basic\\.test-accuracy-detail")
    assert not detail.is_displayed()
    assert button.get_dom_attribute("aria-expanded") == "false"
    assert button.get_dom_attribute("aria-controls") == detail.get_dom_attribute("id")

    button.send_keys(key)

    assert detail.is_displayed()
    assert button.get_dom_attribute("aria-expanded") == "true"
    assert browser.switch_to.active_element == button
    (strip,) = detail.find_elements("css selector", "td .strip[role='img']")
    assert strip.size["width"] > 200
    claim = next(each for each in claims_of_documents() if each.id == "tf1-basic.test-accuracy")
    for words in (
        f"line {claim.line}, {claim.cell}",
        claim.printed,
        "784 pixels → 16 sigmoid → 10 softmax",
        "hidden activation",
    ):
        assert words in detail.text
    button.send_keys(key)
    assert not detail.is_displayed()
    assert button.get_dom_attribute("aria-expanded") == "false"


def test_page_keys_reach_everything_in_order(open_page: Open) -> None:
    """From the top the first stop is the way past the list, then the parts, the filters, the headings, the claims."""
    browser = open_page(PUBLISHED, width=WIDE)
    reached = []
    for _ in range(70):
        browser.switch_to.active_element.send_keys("\ue004")
        stop = browser.switch_to.active_element
        assert stop.get_dom_attribute("tabindex") != "-1"
        reached.append(stop.get_dom_attribute("name") or stop.text)

    named = (
        "Skip to the claims",
        "Results",
        "verdict",
        "text",
        "Claim",
        "Document",
        "final validation loss (10-point curve)",
    )
    places = [reached.index(name) for name in named]

    assert places == sorted(places)
    assert places[0] == 0


def test_page_link_to_a_claim_opens_it(open_page: Open) -> None:
    """What surprises leads to its claim, also where a filter had hidden it."""
    browser = open_page(PUBLISHED)
    choose(browser, "verdict", "reproduced")

    find_all(browser, ".reasons a")[0].click()
    wait(browser)

    (claim,) = find_all(browser, ".claims > tbody:target")
    assert claim.find_element("css selector", ".detail").is_displayed()
    assert len(shown(browser)) > len(find_all(browser, ".claims > [data-verdict='reproduced']"))


def test_page_without_scripts_shows_everything(open_page: Open) -> None:
    """Where scripts are off every claim is open, and what would need them is not there."""
    browser = open_page(PUBLISHED, scripts=False)

    claims = find_all(browser, ".claims > tbody > .detail")

    assert len(claims) >= 40
    assert all(claim.is_displayed() for claim in (claims[0], claims[-1]))
    assert not find_all(browser, ".filters")[0].is_displayed()
    assert find_all(browser, ".claims button") == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_page_prints_what_is_folded(open_page: Open, *, scripts: bool) -> None:
    """Ten pages at most have the reason and source of every claim and what the words mean, and no strips of claims."""
    browser = open_page(PUBLISHED, scripts=scripts)

    pages = len(re.findall(rb"/Type\s*/Page\b", print_page(browser)))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})

    assert 5 < pages <= 10
    seen = "return [...document.querySelectorAll(arguments[0])].map((each) => each.checkVisibility())"
    assert Counter(browser.execute_script(seen, ".claims .reason, .claims .source")) == {True: 2 * len(shown(browser))}
    assert set(browser.execute_script(seen, ".meanings dd")) == {True}
    assert set(browser.execute_script(seen, ".claims .numbers")) == {False}


def test_page_prints(open_page: Open) -> None:
    """On paper the page is light, has no controls, and ten pages at most; what is opened is printed too."""
    browser = open_page(PUBLISHED, dark=True)
    closed = print_page(browser)
    open_all(browser)

    opened = print_page(browser)

    counts = [len(re.findall(rb"/Type\s*/Page\b", text)) for text in (closed, opened)]
    assert all(text.startswith(b"%PDF") for text in (closed, opened))
    assert counts[0] <= 10
    assert counts[0] < counts[1]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert not find_all(browser, ".filters")[0].is_displayed()
    assert not find_all(browser, "nav")[0].is_displayed()
    colour = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert colour == "rgb(252, 252, 251)"
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
