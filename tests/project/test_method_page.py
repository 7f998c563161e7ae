"""The page of the method says what its code prints, and what it says of that is true."""

from __future__ import annotations

import re

import pytest
from method_page import PAGE, ROOT, renew

from mnist_repro.comparison.versions.pairwise import measure_drift
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.environment import is_own
from mnist_repro.records.pooling import pool_runs
from mnist_repro.records.store import open_stores
from mnist_repro.reporting.html.page import PLAY_FILE
from mnist_repro.reporting.wording.reported_runs import GRADES
from mnist_repro.verdicts.finding import Verdict


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the page, from where its code runs."""
    monkeypatch.chdir(ROOT)
    return PAGE.read_text(encoding="utf-8")


def test_method_page_code_prints_what_stands_below_it(page: str) -> None:
    """All figures are those of the records; `python tests/support/method_page.py` writes them again."""
    assert renew(page) == page


def test_method_page_worked_example_is_what_its_words_say(page: str) -> None:
    """The run that is followed step by step is reproduced, with the same p-value by hand and by the package."""
    (p,) = re.findall(r"^julia-linear-lr0\.003 +(\S+) -> \S+  reproduced$", page, re.MULTILINE)

    assert float(p) > 0.05
    assert f"\n{p}, says the package\n" in page
    assert f" / 60 = {p}\n" in page


def test_method_page_run_to_play_with_is_the_one_it_follows(page: str) -> None:
    """The run whose mark can be moved is the one that is judged by hand, and the report has it."""
    (run,) = re.findall(r'\(\.\./reports/play\.html "(.+?)"\)', page)

    assert f'c.experiment == "{run}"]' in page
    assert f'<tr id="{run}" data-rule=' in (ROOT / "reports" / PLAY_FILE).read_text(encoding="utf-8")


def test_method_page_names_every_verdict(page: str) -> None:
    """The table has a row for each verdict that there is, and no other."""
    table = page.partition("| verdict | when |")[2]

    assert sorted(re.findall(r"^\| \*(.+?)\* \|", table, re.MULTILINE)) == sorted(v.value for v in Verdict)


def test_method_page_grades_are_those_of_the_package(page: str) -> None:
    """What makes a verdict strong or weak has one home, and the page says the same."""
    assert GRADES in " ".join(page.split())


def test_method_page_divides_by_the_number_of_classes_of_versions(page: str) -> None:
    """The bound of a version is at 5 % over all classes of the published environments."""
    protocols, versions = load_catalogue().protocols, {}
    # The kind of processor that all environments have runs of.
    processor = "AMD EPYC"
    for store in sorted(
        open_stores(ROOT / "reports" / "records"), key=lambda store: store.environment != "py311-tf221"
    ):
        if not is_own(store.environment):
            records = store.read()
            versions[store.environment] = {
                name: pool_runs(records, protocol=protocol, store=store, processor=processor).records
                for name, protocol in protocols.items()
            }

    drift = measure_drift(versions, protocols=protocols)

    classes = sum(len(each.classes) for each in drift.experiments.values())
    assert f"1 - 0.05 / {classes}, " in page


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("12 / 60", "13 / 60", id="another figure"),
        pytest.param("0.200, says the package\n```", "```", id="figure left out"),
        pytest.param("1 of 35 splits\n", "1 of 35 splits\n0.5\n", id="figure too many"),
    ],
)
def test_renew_altered_page_gives_the_true_one(page: str, old: str, new: str) -> None:
    """A figure that was altered, left out or added is put right, and nothing else is touched."""
    assert old in page

    assert renew(page.replace(old, new)) == page


def test_renew_code_that_fails_is_not_hidden() -> None:
    """An error in a page's code is raised."""
    with pytest.raises(ZeroDivisionError):
        renew("```pycon\n>>> 1 / 0\n```\n")


def test_renew_statement_of_several_lines_keeps_its_form() -> None:
    """Lines that go on keep their dots, and what a value alone would show is printed below it."""
    text = "```pycon\n>>> for i in range(2):\n...     print(i)\n0\n1\n>>> 'a'\n'a'\n```\n\nWords: 3.\n"

    assert renew(text) == text
