"""Hostile text in every field of records, claims, protocols and measurements stays text in every medium.

What is poisoned is found by the dataclasses' own fields, so that a new field is covered too. `html/test_page.py` does
the same for the page.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hostile import COMMAND, HOSTILE, UNSEEN, poison
from made_up_pages import poison_results
from markdown_it import MarkdownIt
from rich.console import Console

from mnist_repro.comparison.environments import compare_stores
from mnist_repro.comparison.results import Results
from mnist_repro.documents.protocol import Protocol
from mnist_repro.reporting.escaping import escape_line
from mnist_repro.reporting.exports.benchmark_json import format_benchmark
from mnist_repro.reporting.exports.claims_json import format_claims
from mnist_repro.reporting.exports.junit import describe_finding
from mnist_repro.reporting.figures.engines import draw_speed
from mnist_repro.reporting.figures.report import FigureFiles, list_environment_figures, list_version_figures
from mnist_repro.reporting.html.inline_figures import FigureSheet
from mnist_repro.reporting.markdown.job_summary import format_summary
from mnist_repro.reporting.markdown.pages import render_pages
from mnist_repro.reporting.markdown.readme import render_front_page
from mnist_repro.reporting.templating import load_templates
from mnist_repro.reporting.terminal.causes import print_causes
from mnist_repro.reporting.terminal.claims import print_claims
from mnist_repro.reporting.terminal.console import make_console
from mnist_repro.reporting.terminal.differences import print_differences
from mnist_repro.reporting.terminal.plan import print_plan
from mnist_repro.reporting.terminal.verdicts import print_verdicts
from mnist_repro.verdicts.planning import plan_experiments

# What Rich itself writes to a terminal.
STYLE = re.compile(r"\x1b\[[\d;]*m")
# Blocks and marks that hostile text must neither add nor take; our own short Markdown may have code and strong words.
TEXTUAL = {"text", "code_inline", "strong_open", "strong_close"}


@pytest.fixture(scope="module")
def hostile(results: Results) -> Results:
    """Return the same with hostile text in every field."""
    return poison_results(results)


def list_pages(results: Results, folder: Path) -> dict[str, str]:
    """Return every Markdown page of a report, the block of the README and the summary of a job, by name."""
    drawn: dict[str, str] = defaultdict(lambda: "figure.svg")
    files = FigureFiles(environments=defaultdict(lambda: drawn), versions=drawn, speed="speed.svg")
    templates = load_templates()
    readme = folder / "README.md"
    readme.write_text("<!-- results -->\n<!-- end of results -->\n", encoding="utf-8")
    return {
        **render_pages(results, figures=files, templates=templates),
        "the README": render_front_page(readme, results, figures=files, output=folder, templates=templates),
        "the job's summary": format_summary(results.shown, documents=results.documents),
    }


def list_structure(page: str) -> list[str]:
    """Return what a Markdown reader finds on a page besides its words."""
    blocks = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)
    found = [token for block in blocks for token in (block, *(block.children or []))]
    return [f"{each.type} {each.tag}" for each in found if each.type not in TEXTUAL]


def test_markdown_hostile_text_stays_text(results: Results, hostile: Results, folder: Path) -> None:
    """No page gets another block, link, image, cell or tag by it, and none has a letter that is not seen."""
    pages, before = list_pages(hostile, folder), list_pages(results, folder)

    assert len(pages) == len(before) >= 10
    # Pages of documents are called by their ids, which are poisoned too.
    for (name, page), harmless in zip(pages.items(), before.values(), strict=True):
        assert list_structure(page) == list_structure(harmless), name
        assert "alert" in page
        assert not UNSEEN.search(page)
        page.encode()


def draw_everything(results: Results, folder: Path) -> Iterator[Path]:
    """Draw every figure of a report, and yield the files."""
    result = replace(results.shown[0], causes=())
    figures = [*list_environment_figures(result, artifacts=results.artifacts[result.name]).values()]
    assert results.versions is not None
    assert results.timed is not None
    times = results.artifacts[results.timed.name].times
    figures += [*list_version_figures(results.versions).values(), lambda path: draw_speed(path, times=times)]
    for number, draw in enumerate(figures):
        file = folder / f"{number}.svg"
        draw(file)
        yield file


@pytest.mark.filterwarnings("ignore:Glyph")
def test_svg_hostile_text_stays_text(hostile: Results, tmp_path: Path) -> None:
    """Every figure is XML without a program or a letter that is not seen, and has a place on the page."""
    files = list(draw_everything(hostile, tmp_path))

    sheet = FigureSheet(tmp_path, most_bytes=1 << 30)
    for file in files:
        text = file.read_text(encoding="utf-8")
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(text).iter()}  # noqa: S314 - our own
        assert not tags & {"script", "img", "a", "foreignObject"}
        assert not UNSEEN.search(text)
        # A plain text, since MarkupSafe before 3 escapes what it looks for.
        embedded = str(sheet.embed(file.name, label="a figure")).partition("-->")[2].rpartition("<!--")[0]
        elements = ET.fromstring(embedded).iter()  # noqa: S314 - our own
        hostile_parts = [e.tag for e in elements if "alert" in f"{e.text}{e.tail}{[*e.attrib.values()]}"]
        assert {*hostile_parts} <= {"text"}
    assert len(files) > 10


@pytest.fixture
def differences(protocols: dict[str, Protocol], results: Results) -> Callable[..., None]:
    """Return a function that prints the comparison of both environments with every text in it poisoned."""
    found = compare_stores(*(result.store for result in results.shown), protocols=protocols)

    def show(console: Console, form: str) -> None:
        print_differences(
            poison(found),
            before=HOSTILE,
            after=HOSTILE,
            form=form,
            console=console,
            slower_than=0.001,  # type: ignore[arg-type] # one of the forms
        )

    return show


@pytest.mark.parametrize("is_terminal", [False, True], ids=["a log", "a terminal"])
@pytest.mark.parametrize("form", ["table", "markdown"])
def test_terminal_hostile_text_stays_text(
    hostile: Results, results: Results, differences: Callable[..., None], *, form: str, is_terminal: bool
) -> None:
    """Every table and sentence has visible letters and Rich's own colours alone, and no line is a command of a CI."""
    text = StringIO()
    console = make_console(text, is_terminal=is_terminal)
    result = hostile.shown[0]
    plans = plan_experiments(
        {each.protocol.id: each.protocol for each in results.shown[0].experiments},
        profile="quick",
        records=results.shown[0].store.folder.parent,
        environment="a",
        documents=results.documents.values(),
    )

    differences(console, form)
    print_verdicts(result, documents=hostile.documents, form=form, console=console)  # type: ignore[arg-type] # one of them
    print_claims(result, console=console)
    print_causes(result.causes, console=console)
    print_plan(poison(plans), profile="quick", environment=HOSTILE, workers=2, console=console)
    console.print(HOSTILE)

    shown = STYLE.sub("", text.getvalue()) if is_terminal else text.getvalue()
    assert shown.count("alert") > 100
    assert "[red]" in shown or "\\[red" in shown
    assert not UNSEEN.search(shown)
    assert not COMMAND.search(shown)
    shown.encode()


def test_json_hostile_text_comes_back(hostile: Results, results: Results, differences: Callable[..., None]) -> None:
    """Other programs read the very text, in the same places, and a log that shows the file has no command in it."""
    shown = StringIO()
    differences(make_console(shown, is_terminal=False), "json")
    texts = [
        format_claims(hostile.environments, documents=hostile.documents),
        format_benchmark(hostile.shown[0], measure="seconds"),
        shown.getvalue(),
    ]

    for text in texts:
        assert any(HOSTILE in part for part in list_texts(json.loads(text)))
        assert text.isascii()
        assert not UNSEEN.search(text)
        assert not COMMAND.search(text)
    plain = json.loads(format_claims(results.environments, documents=results.documents))
    assert json.loads(texts[0]).keys() == plain.keys()


def list_texts(content: object) -> Iterator[str]:
    """Yield every text in parsed JSON, names too."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for name, value in content.items():
            yield from (name, *list_texts(value))
    elif isinstance(content, list):
        for value in content:
            yield from list_texts(value)


def test_junit_hostile_text_is_an_attribute(hostile: Results, tmp_path: Path) -> None:
    """The properties of a case are attributes of an XML file that can be read."""
    described = describe_finding(hostile.shown[0].families[0].finding)
    case = tmp_path / "test_case.py"
    case.write_text(f"def test_it(record_property):\n    for pair in {described!r}.items(): record_property(*pair)\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    # In this process, as a session of its own.
    assert pytest.main([str(case), "-q", f"--junitxml={tmp_path / 'out.xml'}", f"-c{tmp_path / 'pytest.ini'}"]) == 0

    tree = ET.fromstring((tmp_path / "out.xml").read_bytes())  # noqa: S314 - made here
    values = {each.attrib["name"]: each.attrib["value"] for each in tree.iter("property")}
    assert values.keys() == described.keys()
    assert "alert(1)" in values["claim"]


def test_escape_line_commands_are_broken_and_words_are_not() -> None:
    """What only looks like a command is left as it is: addresses, names of C++, headings."""
    assert escape_line("::error::a ##[error]b ##vso[c]") == "\\x3a:error\\x3a:a \\x23#[error]b \\x23#vso[c]"
    assert escape_line("tcp://[::1]:80 ## a [b] C#") == "tcp://[::1]:80 ## a [b] C#"
    assert escape_line("a\n\t\rb\x1b[0m\u2028c") == "a b\\x1b[0m c"
