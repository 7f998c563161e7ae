"""What differs between two sets of records: environments, accuracies, times and bits; and what got worse."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import make_unfinished, write_store
from made_up_studies import SPREAD, make_study

from mnist_repro.comparison.environments import Differences, Fact, compare_stores
from mnist_repro.comparison.experiments import Change
from mnist_repro.datasets.dataset import MNIST_SHA256
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord

FIRST, SECOND, THIRD = "julia-linear-lr0.02", "tf1-basic", "julia-mlp-100x100"

Make = Callable[..., list[RunRecord]]
Compare = Callable[[Iterable[RunRecord], Iterable[RunRecord]], Differences]


@pytest.fixture
def make(protocols: dict[str, Protocol], environment: Environment) -> Make:
    """Return a function that makes runs of an experiment with a natural spread."""

    def make_runs(seeds: Iterable[int], experiment: str = FIRST, **changes: Any) -> list[RunRecord]:
        return make_study(protocols[experiment], seeds, environment=environment, **changes)

    return make_runs


@pytest.fixture
def compare(protocols: dict[str, Protocol], tmp_path: Path) -> Compare:
    """Return a function that writes two sets of records, each time in a place of their own, and compares them."""
    number = count()

    def compare_runs(before: Iterable[RunRecord], after: Iterable[RunRecord]) -> Differences:
        place = tmp_path / str(next(number))
        stores = [write_store(place / name, runs) for name, runs in (("before", before), ("after", after))]
        return compare_stores(*stores, protocols=protocols)

    return compare_runs


def slow_down(runs: Iterable[RunRecord], factor: float) -> list[RunRecord]:
    """Return runs that took so many times as long, each a little differently."""
    return [
        replace(
            run, periods=tuple(replace(p, seconds=p.seconds * factor * (1 + run.seed / 1_000)) for p in run.periods)
        )
        for run in runs
    ]


def test_compare_same_records_differ_in_nothing(make: Make, compare: Compare) -> None:
    """Against themselves runs are bit-equal, no accuracy moved, no fact differs, and nothing is worse or undecided."""
    runs = make(range(20))

    found = compare(runs, runs)

    (experiment,) = found.experiments
    (accuracy,) = experiment.accuracies
    assert (len(experiment.runs.same_seeds), experiment.runs.bit_equal) == (20, 20)
    assert (accuracy.difference.value, accuracy.p, accuracy.change) == (0, 1, Change.NONE_FOUND)
    assert (found.facts, found.only_before, found.only_after, found.is_stand_in) == ((), (), (), False)
    assert found.find_worse(slower_than=1.0) == found.find_undecided(slower_than=1.0) == []


@pytest.mark.parametrize(("shift", "change"), [(-4 * SPREAD, Change.LOWER), (4 * SPREAD, Change.HIGHER)])
@pytest.mark.parametrize("seeds", [range(20), range(20, 45)], ids=["same seeds", "other seeds"])
def test_compare_moved_accuracy_is_found(
    make: Make, compare: Compare, shift: float, change: Change, seeds: range
) -> None:
    """An accuracy that moved is lower or higher, with its difference, and only the lower one is worse."""
    found = compare(make(range(20)), make(seeds, shift=shift, stream=1))

    (experiment,) = found.experiments
    (accuracy,) = experiment.accuracies
    assert accuracy.evaluation_set == "validation"
    assert accuracy.change is change
    assert accuracy.difference.interval.low < shift < accuracy.difference.interval.high
    assert experiment.runs.is_paired == (seeds == range(20))
    assert experiment.runs.bit_equal == 0
    assert found.find_worse() == ([f"{FIRST}: validation accuracy is lower"] if change is Change.LOWER else [])


def test_compare_small_change_of_the_same_runs_is_found_in_pairs(make: Make, compare: Compare) -> None:
    """Runs that all lost a tenth of their spread are lower, though no two groups of them could tell."""
    before = make(range(20))

    paired = compare(before, make(range(20), shift=-SPREAD / 10))
    apart = compare(before, make(range(21), shift=-SPREAD / 10))

    assert paired.experiments[0].accuracies[0].change is Change.LOWER
    assert apart.experiments[0].accuracies[0].change is Change.NONE_FOUND


def test_compare_few_runs_with_the_same_seeds_are_compared_as_groups(make: Make, compare: Compare) -> None:
    """Five pairs could never tell a difference, two groups of five can."""
    found = compare(make(range(5)), make(range(5), shift=-0.5))

    assert not found.experiments[0].runs.is_paired
    assert found.experiments[0].accuracies[0].p == pytest.approx(2 / 252)
    assert found.experiments[0].accuracies[0].change is Change.LOWER


def test_compare_accuracies_of_all_experiments_are_adjusted_together(make: Make, compare: Compare) -> None:
    """Holm's adjustment is over all: the smallest p-value counts as many times as there are tests."""
    before = [run for name in (FIRST, SECOND, THIRD) for run in make(range(20), name)]
    after = [run for name in (FIRST, SECOND, THIRD) for run in make(range(20, 40), name, stream=1)]

    found = compare(before, after)

    accuracies = [accuracy for experiment in found.experiments for accuracy in experiment.accuracies]
    assert len(accuracies) == 4
    smallest = min(accuracies, key=lambda accuracy: accuracy.p)
    assert smallest.adjusted_p == pytest.approx(min(1.0, 4 * smallest.p))
    assert all(accuracy.adjusted_p >= accuracy.p for accuracy in accuracies)


def test_compare_too_few_runs_are_undecided(make: Make, compare: Compare) -> None:
    """Two runs against two decide nothing, however far apart they are, and that is said."""
    found = compare(make(range(2)), make(range(2, 4), shift=-0.5))

    assert found.experiments[0].accuracies[0].change is Change.UNDECIDED
    assert found.find_worse() == []
    assert found.find_undecided() == [f"{FIRST}: too few runs, 2 and 2"]


def test_compare_runs_that_did_not_complete_are_worse(make: Make, compare: Compare) -> None:
    """A larger fraction of diverged runs is worse; a smaller fraction is not, and neither are fewer runs."""
    whole, broken = make(range(20)), make(range(20, 40))
    broken[3] = make_unfinished(broken[3])

    assert compare(whole, broken).find_worse() == [f"{FIRST}: a larger fraction of runs did not complete"]
    assert compare(whole, make(range(20, 25))).find_worse() == []
    assert compare(broken[:4], [*whole, make_unfinished(make([77])[0])]).find_worse() == []


def test_compare_no_run_that_completed_passes_nothing(make: Make, compare: Compare) -> None:
    """Where every run of one side diverged there is no accuracy: it is worse, and nothing was compared."""
    found = compare(make(range(20)), [make_unfinished(run) for run in make(range(20))])

    (experiment,) = found.experiments
    assert (experiment.accuracies, experiment.runs.seconds, experiment.runs.slowdown) == ((), None, None)
    assert found.find_worse() == [f"{FIRST}: a larger fraction of runs did not complete"]
    assert found.find_undecided(slower_than=1.5) == [
        f"{FIRST}: no accuracy was measured on both sides",
        f"{FIRST}: too few runs to compare training times",
    ]


def test_compare_slower_runs_are_worse_only_where_asked(make: Make, compare: Compare) -> None:
    """A training that takes half as long again is told, and is worse where the limit lies below its interval."""
    runs = make(range(20))

    found = compare(slow_down(runs, 1.0), slow_down(runs, 1.5))

    slowdown = found.experiments[0].runs.slowdown
    assert slowdown is not None
    assert slowdown.value == pytest.approx(1.5)
    assert slowdown.interval.low < 1.5 < slowdown.interval.high
    assert found.find_worse() == []
    assert found.find_worse(slower_than=1.6) == []
    assert found.find_worse(slower_than=1.499) == [], "the ratio is above it, its interval is not"
    assert found.find_worse(slower_than=1.4) == [f"{FIRST}: training takes more than 1.4 times as long"]


def test_compare_facts_name_what_is_not_the_same(make: Make, compare: Compare, environment: Environment) -> None:
    """Versions, flags and the state of the code are told where they differ, with all that a side has."""
    changed = replace(environment, tensorflow="2.20.0", dirty=True, flags={})
    other = replace(changed, tensorflow="2.19.1")
    after = make(range(3))

    found = compare(
        make(range(3)),
        [replace(run, environment=env, training_sha256="d" * 64) for run, env in zip(after, [changed] * 3, strict=True)]
        + [replace(run, environment=other, training_sha256="d" * 64) for run in make(range(3), SECOND)],
    )

    assert found.facts == (
        Fact(name="TensorFlow", before="2.19.1", after="2.20.0"),
        Fact(name="flags", before='{"TF_ENABLE_ONEDNN_OPTS": "0"}', after="none"),
        Fact(name="commit", before="0123456789ab", after="0123456789ab with changes"),
        Fact(name="training code", before="b" * 12, after="d" * 12),
    )
    assert found.only_after == (SECOND,)


def test_compare_other_arithmetic_is_a_fact(make: Make, compare: Compare) -> None:
    """Where the first steps end in other weights, that is named, and not where one side tells of none."""
    unknown = make(range(20))
    before, after = ([replace(run, arithmetic_sha256=sha256) for run in unknown] for sha256 in ("a" * 64, "b" * 64))

    assert compare(before, after).facts == (
        Fact(name=f"weights after the first steps of {FIRST}", before="a" * 12, after="b" * 12),
    )
    assert compare(before, unknown).facts == ()


def test_compare_other_protocol_is_a_fact(make: Make, compare: Compare) -> None:
    """The newest protocol of each side counts, also where it is not today's, and is told."""
    old = [replace(run, protocol_sha256="e" * 64) for run in make(range(20))]

    found = compare(old, make(range(20), shift=-4 * SPREAD))

    assert [(fact.name, fact.before) for fact in found.facts] == [(f"protocol of {FIRST}", "e" * 12)]
    assert found.find_worse() == [f"{FIRST}: validation accuracy is lower"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda run: replace(run, final_loss={**run.final_loss, "validation": 0.5}), id="loss"),
        pytest.param(lambda run: replace(run, final_accuracy={**run.final_accuracy, "test": 0.5}), id="accuracy"),
        pytest.param(
            lambda run: replace(run, confusion_matrix=tuple(zip(*run.confusion_matrix, strict=True))), id="confusion"
        ),
        pytest.param(
            lambda run: replace(run, periods=(*run.periods[:-1], replace(run.periods[-1], learning_rate=0.25))),
            id="rate",
        ),
        pytest.param(
            lambda run: replace(run, periods=(replace(run.periods[0], loss={"training": 1.0}), *run.periods[1:])),
            id="curve",
        ),
    ],
)
def test_compare_one_changed_bit_is_not_bit_equal(
    make: Make, compare: Compare, change: Callable[[RunRecord], RunRecord]
) -> None:
    """A run that measured anything else is not the same run; its seconds do not count."""
    runs = make(range(6))
    altered = [replace(change(runs[0]), protocol_sha256=runs[0].protocol_sha256), *slow_down(runs[1:], 3.0)]

    # Of another protocol: what it lacks is nobody's business.
    found = compare(*([replace(run, protocol_sha256="f" * 64) for run in side] for side in (runs, altered)))

    assert (len(found.experiments[0].runs.same_seeds), found.experiments[0].runs.bit_equal) == (6, 5)


def test_compare_more_evaluation_sets_are_still_bit_equal(make: Make, compare: Compare) -> None:
    """What one side alone measured does not count against it."""
    runs = make(range(2))
    more = [replace(run, final_accuracy={**run.final_accuracy, "more": 0.5}, protocol_sha256="f" * 64) for run in runs]

    assert compare(runs, more).experiments[0].runs.bit_equal == 2


def test_compare_nothing_in_common_is_refused(make: Make, compare: Compare) -> None:
    """Records that share no experiment are named with what they have."""
    with pytest.raises(
        ReproError, match=f"these have none in common. .*before.* has: {FIRST}; .*after.* has: {SECOND}"
    ):
        compare(make(range(2)), make(range(2), SECOND))


def test_compare_other_images_are_refused(make: Make, compare: Compare) -> None:
    """An accuracy on the stand-in is not held against one on MNIST."""
    digits = [replace(run, dataset="digits", dataset_sha256="d" * 64) for run in make(range(2))]

    with pytest.raises(
        ReproError, match=f"on the same images; those of {FIRST} are mnist, {MNIST_SHA256[:12]}, and digits"
    ):
        compare(make(range(2)), digits)


def test_compare_stand_in_on_both_sides_says_so(make: Make, compare: Compare) -> None:
    """Runs on the stand-in may be compared with each other, and are called what they are."""
    digits = [replace(run, dataset="digits", dataset_sha256="d" * 64) for run in make(range(2))]

    assert compare(digits, digits).is_stand_in


def test_compare_damaged_record_is_refused(make: Make, compare: Compare) -> None:
    """A completed run that lacks what today's protocol measures is named."""
    runs = make(range(3))
    runs[1] = replace(runs[1], final_accuracy={})

    with pytest.raises(ReproError, match=r"line 2: .*, seed 1: it is evaluated on .*, validation; received \."):
        compare(runs, make(range(3)))


def test_compare_same_records_give_the_same_numbers(make: Make, compare: Compare) -> None:
    """Splits and resamples are drawn from fixed seeds: two comparisons are equal in every number."""
    before, after = make(range(30)), slow_down(make(range(30, 60), stream=1), 1.1)

    first, second = compare(before, after), compare(before, after)

    assert first.experiments[0].accuracies == second.experiments[0].accuracies
    assert first.experiments[0].runs.slowdown == second.experiments[0].runs.slowdown
