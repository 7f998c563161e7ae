"""An alternative is possible where the document's values lie among its runs, excluded where any lies far off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from made_up_claims import make_claim
from made_up_runs import MakeRecord, make_unfinished
from scipy import stats

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.variant import Variant, read_otherwise, vary
from mnist_repro.records.run import Period, RunRecord
from mnist_repro.verdicts.causes.alternatives import (
    Answer,
    Cause,
    judge_alternative,
    judge_reconstruction,
    read_instead,
)

MakeRuns = Callable[..., list[RunRecord]]
BASIC = load_catalogue().protocols["tf1-basic"]
CLAIMS = [
    make_claim("0.70", quantity="validation-loss.1", metric="loss", unit="nat", evaluation_set="validation", period=1),
    make_claim("0.900"),
]
RATE = make_claim("0.5", quantity="learning-rate.1", metric="learning_rate", unit="1", evaluation_set=None, period=1)
ALTERNATIVE = vary(BASIC, "other", choice="a choice", change="made otherwise", seeds=19)


@pytest.fixture
def make_runs(make_record: MakeRecord) -> MakeRuns:
    """Return what makes runs whose losses and accuracies scatter about given values."""

    def make(
        *, n: int = 40, loss: float = 0.70, accuracy: float = 0.90, rate: float = 0.5, seed: int = 0
    ) -> list[RunRecord]:
        noise = np.random.default_rng(seed).normal(0, 0.01, size=(n, 2))
        return [
            make_record(
                experiment="tf1-basic",
                dataset="mnist",
                seed=number,
                final_accuracy={"test": accuracy + a, "read instead": accuracy + a - 0.2},
                periods=(
                    Period(
                        step=1,
                        learning_rate=rate,
                        loss={"validation": loss + b},
                        accuracy={"validation": 0.8},
                        seconds=1.0,
                    ),
                ),
            )
            for number, (a, b) in enumerate(noise)
        ]

    return make


def _judge(
    runs: Sequence[RunRecord],
    base: Sequence[RunRecord],
    *,
    claims: Sequence[Claim] = CLAIMS,
    variant: Variant = ALTERNATIVE,
) -> Cause:
    reported = [(claim,) for claim in claims if claim.metric in {"loss", "accuracy"}]
    reconstruction = judge_reconstruction(claims, records=base, reported=reported)
    return judge_alternative(variant, claims, records=runs, reported=reported, ours=base, reconstruction=reconstruction)


def test_judge_reconstruction_document_among_the_runs_is_possible(make_runs: MakeRuns) -> None:
    """A document whose values lie among the runs could have been made so; there is no effect to report."""
    cause = judge_reconstruction(CLAIMS, records=make_runs(), reported=[(claim,) for claim in CLAIMS])

    assert (cause.answer, cause.runs, cause.variant, cause.effects) == (Answer.POSSIBLE, 40, None, ())
    assert cause.p is not None
    assert cause.p > 0.05


@pytest.mark.parametrize(
    "shift",
    [
        pytest.param({"loss": 0.9}, id="the loss alone is far off"),
        pytest.param({"accuracy": 0.8}, id="the accuracy alone is far off"),
    ],
)
def test_judge_alternative_one_value_far_off_excludes(make_runs: MakeRuns, shift: dict[str, float]) -> None:
    """All values are ranked together: where any lies far from all runs, the alternative is excluded."""
    cause = _judge(make_runs(n=19, **shift), make_runs())

    assert (cause.answer, cause.p) == (Answer.EXCLUDED, pytest.approx(1 / 20))
    assert cause.reason.startswith("0 of its 19 runs")


def test_judge_alternative_nothing_reported_cannot_tell(make_runs: MakeRuns) -> None:
    """Of an experiment without a reported loss or accuracy there is nothing to rank, however many runs there are."""
    cause = _judge(make_runs(), make_runs(), claims=())

    assert (cause.answer, cause.p) == (Answer.UNKNOWN, None)
    assert "reports no loss and no accuracy" in cause.reason


def test_judge_alternative_eighteen_runs_cannot_tell(make_runs: MakeRuns) -> None:
    """With 18 runs no p-value is as small as 5 %, however far off they lie."""
    cause = _judge(make_runs(n=18, loss=9.0), make_runs())

    assert (cause.answer, cause.p) == (Answer.UNKNOWN, None)


@pytest.mark.parametrize("completed", [0, 1, 19])
def test_judge_alternative_unfinished_runs_are_counted(make_runs: MakeRuns, completed: int) -> None:
    """Runs that diverged are counted beside the others; where none of 19 completes, the alternative is excluded."""
    runs = make_runs(n=38)
    mixed = [run if run.seed < completed else make_unfinished(run) for run in runs]

    cause = _judge(mixed, make_runs())

    assert (cause.runs, cause.unfinished) == (completed, 38 - completed)
    assert cause.answer is {0: Answer.EXCLUDED, 1: Answer.UNKNOWN, 19: Answer.ALIKE}[completed]


@pytest.mark.parametrize(("loss", "answer"), [(0.705, Answer.ALIKE), (0.73, Answer.POSSIBLE)])
def test_judge_alternative_that_excludes_none_of_our_runs_cannot_be_told_apart(
    make_runs: MakeRuns, loss: float, answer: Answer
) -> None:
    """An alternative that leaves the document possible answers something only where it would exclude runs of ours."""
    between = [replace(CLAIMS[0], printed=f"{loss:.3f}"), CLAIMS[1]]

    cause = _judge(make_runs(loss=loss, seed=1), make_runs(), claims=between)

    assert cause.answer is answer
    assert cause.excludes is not None
    assert (cause.excludes < 0.2) == (answer is Answer.ALIKE)


def test_judge_alternative_no_run_at_all_cannot_tell() -> None:
    """Without any run nothing is said."""
    assert _judge([], []).answer is Answer.UNKNOWN


def test_judge_alternative_another_printed_rate_excludes_without_chance(make_runs: MakeRuns) -> None:
    """A printed learning rate that a run did not have excludes the alternative, by a single run."""
    cause = _judge(make_runs(n=1, rate=0.46), make_runs(), claims=[*CLAIMS, RATE])

    assert (cause.answer, cause.p) == (Answer.EXCLUDED, None)
    assert "after period 1" in cause.reason


def test_judge_alternative_effects_are_welchs(make_runs: MakeRuns) -> None:
    """Effects on accuracy and loss are differences of means with Welch's interval, as SciPy computes it."""
    runs, base = make_runs(n=25, loss=0.75, accuracy=0.88, seed=1), make_runs()

    effects = {effect.claim.metric: effect for effect in _judge(runs, base).effects}

    for metric, read in (
        ("accuracy", lambda run: run.final_accuracy["test"]),
        ("loss", lambda run: run.periods[0].loss["validation"]),
    ):
        theirs, ours = [read(run) for run in runs], [read(run) for run in base]
        expected = stats.ttest_ind(theirs, ours, equal_var=False).confidence_interval(0.95)
        assert effects[metric].difference == pytest.approx(np.mean(theirs) - np.mean(ours))
        assert (effects[metric].interval.low, effects[metric].interval.high) == pytest.approx(tuple(expected))


def test_judge_alternative_same_runs_read_otherwise_are_paired(make_runs: MakeRuns) -> None:
    """Where the experiment's own runs are read on another set, each run is its own partner."""
    base = make_runs()
    variant = read_otherwise(BASIC, "read", choice="set", change="another", seeds=19, reads={"test": "read instead"})

    cause = _judge(base, base, variant=variant)

    effect = next(effect for effect in cause.effects if effect.claim.metric == "accuracy")
    assert effect.difference == pytest.approx(-0.2)
    assert effect.interval.high - effect.interval.low < 1e-9
    assert cause.answer is Answer.EXCLUDED


def test_read_instead_takes_the_other_set_for_the_best_period_too() -> None:
    """Where a variant reads another set, its best period is chosen on that; other sets stay."""
    variant = read_otherwise(BASIC, "read", choice="set", change="another", seeds=19, reads={"test": "read instead"})
    claim = make_claim(evaluation_set="validation", at_best="test")

    assert read_instead(claim, variant) == replace(claim, at_best="read instead")
    assert read_instead(claim, None) == claim


def test_judge_alternative_single_run_has_no_effect(make_runs: MakeRuns) -> None:
    """An effect needs a standard deviation, and one run has none."""
    assert _judge(make_runs(n=1), make_runs()).effects == ()


def test_judge_alternative_effects_are_of_the_last_values(make_runs: MakeRuns) -> None:
    """The effects are on the last of several accuracies and losses."""
    earlier = replace(CLAIMS[1], id="tf1-basic.validation-accuracy.1", evaluation_set="validation", period=1)

    cause = _judge(make_runs(n=19), make_runs(), claims=[earlier, *CLAIMS])

    assert [effect.claim.id for effect in cause.effects] == [claim.id for claim in CLAIMS]
