"""The page judges a moved mark as the package does: on every value of every reported run, at several places of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from importlib import resources
from typing import Any

import numpy as np
import pytest
from browser_pages import REPORTS

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.claim import Claim
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.html.run_rows import describe_rule
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.reported_verdict import judge_reported_runs
from mnist_repro.verdicts.run_verdict import RunVerdict
from mnist_repro.verdicts.worth import assess_worth, grade_verdict

RULE = (resources.files("mnist_repro.reporting.html") / "templates" / "rule.js").read_text("utf-8")
JUDGE = (
    "const [rule, moves] = JSON.parse(arguments[0]);"
    "return moves.map(([point, value]) => judge(rule, moveValue(rule, point, value)));"
)
# Of the values of our runs, and beyond them.
SHARES = (-0.5, 0.0, 0.03, 0.5, 0.9, 1.0, 1.5)

CATALOGUE = load_catalogue()
RUNS = tuple(dict.fromkeys(c.experiment for d in CATALOGUE.documents.values() for c in d.claims if c.metric == "loss"))


@pytest.fixture(scope="module")
def published() -> EnvironmentResult:
    """Return the results of the environment with the most runs."""
    return summarize_environment(
        RecordStore(REPORTS / "records" / "py311-tf221"),
        documents=CATALOGUE.documents,
        protocols=CATALOGUE.protocols,
        alternatives=CATALOGUE.alternatives,
        labels={},
    )


def list_moves(run: JudgedRun) -> Iterator[tuple[int, Claim, str]]:
    """Return places for each value of a run, as the document would print them."""
    standing = run.verdict.standing
    assert standing is not None
    for point, claim in enumerate(standing.claims):
        digits = int(standing.printing.decimals[point])
        low, high = np.quantile(standing.ours[:, point], [0, 1])
        yield from ((point, claim, f"{low + share * (high - low):.{digits}f}") for share in SHARES)


def judge_moved(run: JudgedRun, claim: Claim, printed: str, *, measured: Measurements) -> RunVerdict:
    """Return the package's verdict on a run that printed something else in one place."""
    document = CATALOGUE.documents[run.document]
    claims = tuple(replace(each, printed=printed) if each.id == claim.id else each for each in document.claims)
    moved = replace(document, claims=claims)
    verdicts = judge_reported_runs(moved, measured=measured, protocols=CATALOGUE.protocols)
    return next(each for each in verdicts if each.reported.experiment == run.id)


@pytest.mark.parametrize("experiment", RUNS)
def test_rule_moved_value_is_judged_as_by_the_package(
    chromium: Any, published: EnvironmentResult, experiment: str
) -> None:
    """Place, p, bound, verdict and grade are the package's, wherever a value of the run is moved."""
    run = next(each for each in published.runs if each.id == experiment)
    measured = Measurements(published.records)
    moves = list(list_moves(run))
    share = Fraction(len(run.worth.told_apart), run.worth.tried)

    text = json.dumps([describe_rule(run), [[point, float(printed)] for point, _, printed in moves]])
    found = chromium.execute_script(RULE + JUDGE, text)

    words = set()
    for (_, claim, printed), answer in zip(moves, found, strict=True):
        verdict = judge_moved(run, claim, printed, measured=measured)
        assert verdict.p is not None
        worth = assess_worth(verdict, claims=(), alternatives=(), runs={})
        assert [answer["place"], answer["all"]] == [int(verdict.p * (verdict.runs + 1)), verdict.runs + 1]
        assert answer["word"] == verdict.word.value
        assert answer["within"] == pytest.approx(worth.within, rel=1e-9, nan_ok=True)
        grade = grade_verdict(worth.within, share).value if verdict.word is Verdict.REPRODUCED else None
        assert answer["grade"] == grade
        words.add(verdict.word)
    assert len(words) > 1
