"""Reported runs in words: a row for each, and a sentence that counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from made_up_claims import make_claim
from recorded_runs import CATALOGUE, judge_all, read_alternatives

from mnist_repro.documents.document import Material
from mnist_repro.reporting.wording.reported_runs import (
    format_kept,
    format_told_apart,
    list_notes,
    list_run_cells,
    summarize_runs,
)
from mnist_repro.studies.stopping import StoppingRule
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.exact import Replayed, compare_exactly
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.reported_run import ReportedRun
from mnist_repro.verdicts.run_verdict import RunVerdict
from mnist_repro.verdicts.worth import Grade, Worth, assess_worth


def make_judged(word: Verdict, *, grade: Grade = Grade.WEAK, ran: int = 9, runs: int = 200) -> JudgedRun:
    """Return a run with this verdict."""
    reported = ReportedRun(document="a-document", experiment="a-run", families=(), chose=(), derived={})
    verdict = RunVerdict(reported=reported, word=word, runs=runs, p=Fraction(1, 2) if runs else None)
    return JudgedRun(verdict=verdict, worth=Worth(within=0.0732, told_apart=("a", "b"), tried=9, ran=ran, grade=grade))


@pytest.mark.parametrize(("made_as", "expected"), [("", "19"), ("best of 3 runs", "19, best of 3 runs")])
def test_list_run_cells_says_what_several_runs_make(made_as: str, expected: str) -> None:
    """Beside the number stands what it counts, unless that is a run."""
    run = make_judged(Verdict.REPRODUCED, runs=19)
    reported = replace(run.verdict.reported, made_as=made_as)

    assert list_run_cells(replace(run, verdict=replace(run.verdict, reported=reported)))[-1] == expected


@pytest.mark.parametrize(
    ("runs", "beside", "expected"),
    [
        pytest.param(
            [
                *(make_judged(Verdict.REPRODUCED, grade=grade) for grade in (Grade.WEAK, Grade.STRONG, Grade.MODERATE)),
                *(make_judged(Verdict.CONSISTENT) for _ in range(3)),
            ],
            {Verdict.CONTRADICTED: 2, Verdict.REPRODUCED: 1},
            "Of 6 reported runs 3 reproduce (1 strong, 1 moderate, 1 weak); 3 are consistent: too few of our runs to "
            "refute them. Beside them, of 3 claims: 1 reproduced, 2 contradicted by their own document.",
            id="some of each",
        ),
        pytest.param([make_judged(Verdict.REPRODUCED)], {}, "Of 1 reported run 1 reproduces (1 weak).", id="one"),
        pytest.param(
            [make_judged(Verdict.NOT_REPRODUCED), make_judged(Verdict.DOUBTFUL)],
            {},
            "Of 2 reported runs none reproduces; 1 is not reproduced; 1 is doubtful.",
            id="none reproduces",
        ),
        pytest.param(
            [make_judged(Verdict.CONSISTENT)],
            {},
            "Of 1 reported run 1 is consistent: too few of our runs to refute it.",
            id="nothing decided",
        ),
        pytest.param([], {Verdict.NOT_RUN: 1}, "Of 1 claim: 1 not run.", id="no run is reported"),
        pytest.param([], {}, "Nothing is judged.", id="nothing"),
    ],
)
def test_summarize_runs_counts_runs_first(runs: Sequence[JudgedRun], beside: dict[Verdict, int], expected: str) -> None:
    """Runs that reproduce come first, with their grades; then all others, and what is said beside the runs."""
    assert summarize_runs(runs, beside=Counter(beside)) == expected


@pytest.mark.parametrize(
    "word", [word for word in Verdict if word not in {Verdict.CONTRADICTED, Verdict.NOT_COMPARABLE}]
)
def test_summarize_runs_loses_no_verdict(word: Verdict) -> None:
    """Whatever the verdict on a run is, the sentence names it."""
    sentence = summarize_runs([make_judged(word)], beside=Counter())

    assert sentence.count("1 ") >= 2


def test_list_run_cells_wide_run_looks_weak() -> None:
    """The recorded run at rate 0.02 reproduces, weakly, within 7.3 points."""
    verdict = judge_all()["julia-linear-lr0.02"]
    claims = CATALOGUE.documents["julia-blog"].claims
    worth = assess_worth(verdict, claims=claims, alternatives=CATALOGUE.alternatives, runs=read_alternatives())

    cells = list_run_cells(JudgedRun(verdict=verdict, worth=worth))

    assert cells[:4] == ("julia-blog", "julia-linear-lr0.02", "reproduced, weak", "7.3 points")
    assert cells[-1] == "200"


def test_list_notes_says_how_to_run_them() -> None:
    """Where no alternative was run, that is said, with the command, in place of a count of none."""
    alone, tried = make_judged(Verdict.REPRODUCED, ran=0), make_judged(Verdict.REPRODUCED)

    assert (format_told_apart(alone), format_told_apart(tried)) == ("none was run", "2 of 9")
    assert "mnist-repro explain" in "".join(list_notes([alone, tried]))
    assert list_notes([tried, make_judged(Verdict.NOT_RUN, ran=0, runs=0)]) == []


def test_list_notes_own_material_and_stopping_rules_are_said() -> None:
    """A reader learns by what a verdict was graded, and how its runs were made; runs with one rule share a sentence."""
    plain = make_judged(Verdict.REPRODUCED)
    worth = replace(plain.worth, material=Material(strong_within=0.002, weak_beyond=0.01))
    rule = StoppingRule(planned=119)
    rules = (None, rule, rule, replace(rule, is_fixed=True))

    notes = list_notes(replace(plain, worth=worth, verdict=replace(plain.verdict, rule=rule)) for rule in rules)

    assert [note.partition(" ")[0] for note in notes] == ["The", "The", "a-document"]
    assert "Then 119 were planned, 200 are made, and the fixed test" in notes[0]
    assert notes[1].startswith("The runs of a-run, a-run were made until they decide: the first 20 set the scale")
    assert notes[2].endswith("a strong verdict is within 0.2, and one not within 1 is weak.")
    assert list_notes([plain]) == []


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        pytest.param(0.9702, "exact, all printed digits are equal.", id="equal"),
        pytest.param(0.9712, "not exact, 0 of 1 printed values are equal; the first that differs is", id="a digit"),
    ],
)
def test_list_notes_replay_stands_beside_the_verdict(ours: float, said: str) -> None:
    """What a document's own seed gives is said by the digits, with the library's version, also without our runs."""
    exact = compare_exactly([(make_claim("0.970"),)], measure=lambda _: np.array([ours]))
    assert exact is not None
    run = replace(make_judged(Verdict.NOT_RUN, runs=0), replay=Replayed(made_with="a-library 1.2", exact=exact))

    (note,) = list_notes([run])

    assert note.startswith(f"Replay of a-run from its own seed with a-library 1.2: {said}")


def test_list_run_cells_sequential_run_says_so() -> None:
    """Neither a grade nor a count of alternatives stands where the runs that would give them were saved."""
    plain = make_judged(Verdict.REPRODUCED)

    cells = list_run_cells(replace(plain, verdict=replace(plain.verdict, rule=StoppingRule(planned=119))))

    assert cells[2:] == ("reproduced", "7.3 points", "unknown", "0.50", "200, sequential")


def test_format_kept_holds_the_printed_value_of_a_run_that_reproduces() -> None:
    """The values that would not be refuted agree with the verdict; where nothing could be, there are none."""
    verdicts = judge_all()["julia-linear-lr0.003"], judge_all(most=40)["tf1-basic"]
    kept, nothing = (replace(make_judged(verdict.word), verdict=verdict) for verdict in verdicts)
    claim = next(each for each in kept.verdict.reported.claims if each.metric == "accuracy")

    low, high = (float(end) for end in format_kept([nothing, kept], claim).removesuffix(" %").split(" to "))

    assert low < 100 * claim.value < high
    assert format_kept([nothing], nothing.verdict.reported.claims[0]) == ""
