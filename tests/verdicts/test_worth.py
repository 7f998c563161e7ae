"""A verdict that would have found little is called weak, whatever its word."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from made_up_claims import make_claim
from made_up_runs import make_unfinished
from recorded_runs import CATALOGUE, REFERENCE, judge_all, read_alternatives, read_runs
from scipy import special

from mnist_repro.documents.document import Material
from mnist_repro.documents.explanation import Explanation
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.explained_run import explain_run
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.reported_verdict import judge_reported_runs
from mnist_repro.verdicts.run_verdict import RunVerdict
from mnist_repro.verdicts.worth import Grade, Worth, assess_worth, grade_verdict

CLAIMS = [claim for document in CATALOGUE.documents.values() for claim in document.claims]
JULIA = ("julia-linear-lr0.02", "julia-linear-lr0.003", "julia-mlp-100x100")


def assess(verdict: RunVerdict, runs: dict[str, tuple[RunRecord, ...]] | None = None) -> Worth:
    """Return what a verdict is worth, by the recorded alternatives or by others."""
    recorded = read_alternatives() if runs is None else runs
    return assess_worth(verdict, claims=CLAIMS, alternatives=CATALOGUE.alternatives, runs=recorded)


def test_assess_worth_wide_run_is_weak_though_it_reproduces() -> None:
    """The linear model at rate 0.02 reproduces within several points, and most alternatives would have passed too."""
    verdict = judge_all()["julia-linear-lr0.02"]

    worth = assess(verdict)

    assert (verdict.word, worth.grade) == (Verdict.REPRODUCED, Grade.WEAK)
    assert worth.within > 0.03
    assert assess(judge_all()["julia-linear-lr0.003"]).grade is Grade.STRONG


@pytest.mark.parametrize("experiment", sorted(judge_all()))
def test_assess_worth_bound_is_the_widest_of_the_final_accuracies(experiment: str) -> None:
    """Every difference beyond the bound is refuted by one of two one-sided tests at 5 %."""
    verdict = judge_all()[experiment]
    finals = [claim for claim in verdict.reported.claims if claim.metric == "accuracy" and claim.period is None]
    bounds = []
    for claim in finals:
        ours = np.array([run.final_accuracy[claim.evaluation_set] for run in read_runs(REFERENCE)[experiment]])
        off = abs(claim.value - ours.mean()) + claim.half_unit
        reach = special.stdtrit(len(ours) - 1, 0.95) * ours.std(ddof=1) * math.sqrt(1 + 1 / len(ours))
        bounds.append(off + reach)

    assert assess(verdict).within == pytest.approx(max(bounds))


def widen(runs: Sequence[RunRecord], *, factor: float) -> tuple[RunRecord, ...]:
    """Return runs with `factor` times the standard deviation about the same means, of all losses and accuracies."""

    def move(values: Iterable[dict[str, float]]) -> list[dict[str, float]]:
        each = list(values)
        means = {name: np.mean([value[name] for value in each]) for name in each[0]}
        return [{name: float(means[name] + factor * (v - means[name])) for name, v in value.items()} for value in each]

    periods = [
        [
            replace(run.periods[place], loss=loss, accuracy=accuracy)
            for run, loss, accuracy in zip(
                runs,
                move(run.periods[place].loss for run in runs),
                move(run.periods[place].accuracy for run in runs),
                strict=True,
            )
        ]
        for place in range(len(runs[0].periods))
    ]
    return tuple(
        replace(run, final_loss=loss, final_accuracy=accuracy, periods=tuple(points))
        for run, loss, accuracy, *points in zip(
            runs, move(run.final_loss for run in runs), move(run.final_accuracy for run in runs), *periods, strict=True
        )
    )


def judge_widened(experiment: str, *, factor: float, most: int = 119) -> tuple[RunVerdict, Worth]:
    """Return the verdict on a reported run and its worth, all runs varying `factor` times as much.

    Where too few are recorded to refute, they are taken several times over.
    """
    (document,) = (d for d in CATALOGUE.documents.values() if any(c.experiment == experiment for c in d.claims))
    ours = []
    for name in dict.fromkeys(c.experiment for c in document.claims if c.experiment):
        recorded = widen(read_runs(REFERENCE)[name], factor=factor)
        ours += [replace(recorded[seed % len(recorded)], seed=seed) for seed in range(most)]
    verdicts = judge_reported_runs(document, measured=Measurements(ours), protocols=CATALOGUE.protocols)
    (verdict,) = (each for each in verdicts if each.reported.experiment == experiment)
    alternatives = {
        name: widen(runs, factor=factor)
        for name, runs in read_alternatives().items()
        if runs and name.startswith(f"{experiment}+")
    }
    return verdict, assess(verdict, alternatives)


@pytest.mark.parametrize("experiment", sorted(CATALOGUE.protocols))
def test_assess_worth_ten_times_the_deviation_is_never_worth_more(experiment: str) -> None:
    """A document whose runs vary ten times as much tells fewer alternatives apart, and its verdict is weaker."""
    (narrow_verdict, narrow), (verdict, wide) = (judge_widened(experiment, factor=factor) for factor in (1, 10))

    assert narrow_verdict.word is verdict.word is Verdict.REPRODUCED
    assert list(Grade).index(wide.grade) >= list(Grade).index(narrow.grade)
    assert wide.grade is Grade.WEAK
    assert set(wide.told_apart) <= set(narrow.told_apart)
    assert wide.within > 5 * narrow.within


def test_assess_worth_is_graded_by_what_is_material_to_the_document() -> None:
    """Within 7.3 points and two of nine told apart is weak whatever is material; within 1.1 points is strong or not."""
    wide, narrow = (judge_all()[name] for name in JULIA[:2])

    def grade(verdict: RunVerdict, **bounds: float) -> Grade:
        material = Material(**bounds)
        runs, alternatives = read_alternatives(), CATALOGUE.alternatives
        return assess_worth(verdict, claims=CLAIMS, alternatives=alternatives, runs=runs, material=material).grade

    assert grade(wide, weak_beyond=0.1, strong_within=0.1) is Grade.WEAK
    assert grade(narrow) is Grade.STRONG
    assert grade(narrow, strong_within=0.005) is Grade.MODERATE
    assert grade(narrow, strong_within=0.005, weak_beyond=0.01) is Grade.WEAK


def test_assess_worth_alternative_without_runs_is_not_told_apart() -> None:
    """What was not tried counts among the alternatives, and a verdict without any is weak."""
    worth = assess(judge_all()["julia-linear-lr0.003"], {})

    assert (worth.told_apart, worth.tried, worth.grade) == ((), 9, Grade.WEAK)


def test_assess_worth_two_alternatives_of_nine_are_few() -> None:
    """What tells two of nine alternatives apart is weak, however narrow its bound is."""
    verdict = judge_all()["julia-linear-lr0.003"]
    told = assess(verdict).told_apart[:2]

    worth = assess(verdict, {name: read_alternatives()[name] for name in told})

    assert (worth.told_apart, worth.grade) == (told, Grade.WEAK)


def test_assess_worth_verdict_that_could_not_refute_is_weak() -> None:
    """A narrow bound, and the one alternative told apart by its rates, make no verdict of too few runs."""
    late = [each for each in CATALOGUE.alternatives if each.id == "tf1-dropout-piecewise+late-schedule"]
    verdict = judge_all(most=40)["tf1-dropout-piecewise"]

    worth = assess_worth(verdict, claims=CLAIMS, alternatives=late, runs=read_alternatives())

    assert (len(worth.told_apart), worth.tried, worth.grade) == (1, 1, Grade.WEAK)
    assert grade_verdict(worth.within, Fraction(1)) is Grade.STRONG


def test_assess_worth_run_that_diverged_could_not_have_been_printed() -> None:
    """An alternative is told apart where at least 80 % of its runs are refuted or print nothing."""
    verdict = judge_all()["julia-linear-lr0.003"]
    name = "julia-linear-lr0.003+epsilon-1e-7"
    completed = read_alternatives()[name][:20]
    diverged = [make_unfinished(run) for run in completed]

    assert name not in assess(verdict, {name: completed}).told_apart
    assert assess(verdict, {name: (*completed, *diverged * 5)}).told_apart == (name,)


def test_assess_worth_other_learning_rates_are_told_apart_without_any_test() -> None:
    """The late schedule has other rates than are printed; with 40 runs that alone tells anything apart, and is weak."""
    worth = assess(judge_all(most=40)["tf1-dropout-piecewise"])

    assert worth.told_apart == ("tf1-dropout-piecewise+late-schedule",)
    assert worth.grade is Grade.WEAK


@pytest.mark.parametrize(
    ("within", "share", "grade"),
    [
        pytest.param(0.015, Fraction(2, 3), Grade.STRONG, id="narrow, and most told apart"),
        pytest.param(0.0151, Fraction(1), Grade.MODERATE, id="a little wider"),
        pytest.param(0.001, Fraction(5, 8), Grade.MODERATE, id="not as many told apart"),
        pytest.param(0.03, Fraction(1, 3), Grade.MODERATE, id="just not weak"),
        pytest.param(0.0301, Fraction(1), Grade.WEAK, id="wide"),
        pytest.param(0.001, Fraction(2, 9), Grade.WEAK, id="few told apart"),
        pytest.param(math.nan, Fraction(1), Grade.WEAK, id="no bound"),
    ],
)
def test_grade_verdict_needs_both_a_bound_and_alternatives(within: float, share: Fraction, grade: Grade) -> None:
    """A verdict is as weak as the weaker of the two says."""
    assert grade_verdict(within, share) is grade


@pytest.mark.parametrize(
    ("accuracies", "deviation", "runs", "word"),
    [
        pytest.param((0.95, 0.9), 0.005, 60, Verdict.EXPLAINED, id="the variant makes it possible"),
        pytest.param((0.95, 0.9), 0.005, 59, Verdict.NOT_REPRODUCED, id="it has fewer runs"),
        pytest.param((0.92, 0.9), 0.005, 60, Verdict.NOT_REPRODUCED, id="it makes it no more possible"),
        pytest.param((0.91, 0.9), 0.03, 60, Verdict.NOT_REPRODUCED, id="it is not told apart, so wide it is"),
        pytest.param((0.95, 0.95), 0.005, 60, Verdict.REPRODUCED, id="nothing is to be explained"),
    ],
)
def test_explain_run_variant_has_to_differ_and_to_make_it_possible(
    make_runs: Callable[..., list[RunRecord]],
    accuracies: tuple[float, float],
    deviation: float,
    runs: int,
    word: Verdict,
) -> None:
    """A document that prints 0.95 is explained by a variant that gives 0.95, if it has as many runs as the verdict."""
    noise = np.random.default_rng(7).normal(size=60)
    theirs, ours = (
        make_runs("tf1-basic", (mean + spread * noise).tolist())
        for mean, spread in zip(accuracies, (deviation, 0.005), strict=True)
    )
    relu = [each for each in CATALOGUE.alternatives if each.id == "tf1-basic+relu"]
    named = Explanation(family="tf1-basic.test-accuracy", date=date(2025, 1, 31), variant="tf1-basic+relu", text="ReLU")
    document = replace(CATALOGUE.documents["tf1-notebook"], claims=(make_claim("0.9500", experiment="tf1-basic"),))
    (verdict,) = judge_reported_runs(document, measured=Measurements(ours), protocols=CATALOGUE.protocols)
    tried = {"tf1-basic+relu": tuple(theirs[:runs])}
    worth = assess(verdict, tried)

    found, unnamed = (
        explain_run(verdict, names, worth=worth, alternatives=relu, runs=tried) for names in ([named], [])
    )

    assert found.word is word
    assert unnamed.word is verdict.word
    assert bool(found.named) == (word is not Verdict.REPRODUCED)
