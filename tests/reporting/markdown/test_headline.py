"""What every page says first, counts once, and never writes: headline, surprises, counts, and forms of numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from mnist_repro.comparison.results import Results
from mnist_repro.reporting.figures.report import FigureFiles
from mnist_repro.reporting.html.page import render_page
from mnist_repro.reporting.markdown.pages import render_pages
from mnist_repro.reporting.markdown.readme import render_front_page
from mnist_repro.reporting.templating import load_templates
from mnist_repro.reporting.wording.counts import count_claims, format_count

# A value, and the ends of its interval.
_ESTIMATE = re.compile(r"(?<![\w.,])([+−]?\d[\d,]*(?:\.\d+)?)(?: %| s)? \(([+−]?[\d,.]+) to ([+−]?[\d,.]+)(?: %| s)?\)")
FORBIDDEN = {
    "an interval that looks like a point": re.compile(r"\(([+−]?[\d,.]+) to \1(?: %| s| points| nats)?\)"),
    "a zero with a sign": re.compile(r"(?<![\w.])[-+−]0(?:\.0+)?(?![\d.,]|\s*\w-)"),
    "rounding noise": re.compile(r"\d[eE][-−](?!12\b)[1-9]\d"),
    "a p-value of another form": re.compile(r"\bp\s*=\s*(?!\d\.\d\d\b)\S+"),
    "a hyphen for a minus": re.compile(r"(?<=[( ])-\d+\.\d+(?= |\)|$)"),
}


def find_mixed(text: str) -> list[str]:
    """Return values whose decimals are not those of their interval."""
    found = _ESTIMATE.finditer(text)
    return [each[0] for each in found if len({len(number.partition(".")[2]) for number in each.groups()}) > 1]


@pytest.fixture(scope="module")
def pages(results: Results, folder: Path) -> dict[str, str]:
    """Return every page of a report with something in every part, by name."""
    drawn: dict[str, str] = defaultdict(lambda: "figure.svg", overview="figure.svg")
    (folder / "figure.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    figures = FigureFiles(environments=defaultdict(lambda: drawn), versions=drawn, speed="figure.svg")
    readme = folder / "README.md"
    readme.write_text("<!-- results -->\n<!-- end of results -->\n", encoding="utf-8")
    templates = load_templates()
    page = render_page(results, figures=figures, folder=folder, templates=templates)
    return {
        **render_pages(results, figures=figures, templates=templates),
        "index.html": re.sub("<script.*?</script>", "", page, flags=re.DOTALL),
        "front page": render_front_page(readme, results, figures=figures, output=folder, templates=templates),
    }


@pytest.mark.parametrize("name", ["front page", "README.md"])
def test_page_begins_with_documents_outcome_and_figure(pages: dict[str, str], results: Results, name: str) -> None:
    """The first sentence names each document with its address, the next the outcome; a figure comes before tables."""
    text = pages[name]
    first = next(line for line in text.splitlines() if line.startswith("We trained"))

    for document in results.documents.values():
        assert document.title in first
        assert f"]({document.url})" in first if document.url else "(no address is known)" in first
    assert re.search(r"runs in all\. \*\*Of 6 reported runs .*\*\*$", first)
    assert text.index("We trained") < text.index("![Final accuracy") < text.index("\n|")


@pytest.mark.parametrize("name", ["front page", "README.md"])
def test_page_says_what_surprised_before_any_table(pages: dict[str, str], name: str) -> None:
    """What the documents themselves refute stands on top: that the set called training is of test images, first."""
    text = pages[name]
    surprises = text[text.index("What surprised:") : text.index("\n|")]

    assert "**By the code the set called training is test images 1 to 7,500.**" in surprises
    assert "0.1101 %" in surprises


def test_front_page_has_no_engine_race_no_gate_and_no_seeds_an_hour(pages: dict[str, str]) -> None:
    """What is for developers has pages of its own."""
    for word in ("per hour", "matrix products", "gate"):
        assert word not in pages["front page"]


def test_claims_are_counted_once(pages: dict[str, str], results: Results) -> None:
    """Both first pages say the same number of numbers and claims, and the page of one has a row for each claim."""
    documents = results.documents.values()
    numbers, claims = count_claims(documents)

    assert numbers == sum(len(document.claims) for document in documents)
    assert all(claims == len(result.judged) for result in results.environments)
    assert f"{numbers} numbers, {claims} claims" == format_count(documents)
    assert all(format_count(documents) in pages[name] for name in ("front page", "README.md"))
    assert f">{claims * len(results.shown)} claims<" in pages["index.html"]


def test_versions_are_counted_apart_from_environments(pages: dict[str, str]) -> None:
    """Two environments with one version of TensorFlow are not called two versions."""
    assert "<summary>1 version in 2 environments</summary>" in pages["README.md"]


def test_value_with_a_wrong_unit_is_shown_as_printed(pages: dict[str, str]) -> None:
    """The notebook printed a fraction with a percent sign; no page makes 11.01 % of it, nor gives it a p-value."""
    for name in ("README.md", "a.md", "index.html"):
        assert "11.01 %" not in pages[name]
    rows = [line for line in pages["README.md"].splitlines() if "| test error | 0.1101 % |" in line]
    assert rows
    assert all(row.endswith("| contradicted |") for row in rows)


def test_tables_follow_a_blank_line(pages: dict[str, str]) -> None:
    """A table that follows a line of text is no table where the page is read."""
    glued = re.compile(r"^(?!\||\s*$).*\n\|.*\n\|[-:| ]+$", re.MULTILINE)

    assert glued.search("- An item\n| a | b |\n|---|--:|")
    assert not {name: match[0] for name, text in pages.items() if (match := glued.search(text))}


def test_pages_have_no_forbidden_form_of_a_number(pages: dict[str, str]) -> None:
    """On no page does a number look surer, or less sure, than it is."""
    found = [
        f"{name}: {what}: {match[0]!r} in {line[:120]!r}"
        for name, text in pages.items()
        for line in text.splitlines()
        for what, form in FORBIDDEN.items()
        for match in form.finditer(line)
    ]
    mixed = [f"{name}: {each}" for name, text in pages.items() for each in find_mixed(text)]

    assert not [*found, *mixed]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("0.9 s (0.9 to 0.9 s)", id="a point"),
        pytest.param("| 1 (1 to 1) |", id="ones"),
        pytest.param("-0.00 points", id="a sign"),
        pytest.param("+0 (-2.4e-17 to +2.4e-17)", id="noise"),
        pytest.param("reproduced (p = 0.1; inside)", id="one decimal"),
        pytest.param("| -0.50 (-1.00 to 0.00) |", id="a hyphen"),
        pytest.param("| 1.2 (1.19 to 1.20) |", id="mixed decimals"),
    ],
)
def test_forbidden_forms_are_found(text: str) -> None:
    """The rules find what they are for."""
    assert find_mixed(text) or any(form.search(text) for form in FORBIDDEN.values())


@pytest.mark.parametrize(("name", "times"), [("front page", 1), ("README.md", 2), ("a.md", 3), ("index.html", 2)])
def test_page_says_that_numbers_are_older_than_the_source(pages: dict[str, str], name: str, times: int) -> None:
    """A document whose source was changed says so once an environment, on an environment's page by each experiment."""
    sentence = (
        "The numbers are older than the source: printed on 2018-03-17, the source was changed on 2018-09-15, the "
        "numbers were not (the loss is a sum)."
    )

    assert pages[name].count(sentence) == times
