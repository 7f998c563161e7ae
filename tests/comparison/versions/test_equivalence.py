"""What "no difference" between versions is worth: the bound by hand, and shifts that the tests then see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up_studies import SPREAD, Study
from scipy import stats

from mnist_repro.comparison.runs import find_losses
from mnist_repro.comparison.versions.equivalence import measure_equivalence
from mnist_repro.comparison.versions.pairwise import find_drift_p, measure_drift
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord

NAME = "tf1-basic"


def read_accuracies(records: list[RunRecord]) -> np.ndarray:
    """Return the final test accuracies."""
    return np.array([record.final_accuracy["test"] for record in records])


def test_measure_equivalence_bound_is_two_one_sided_tests(protocol: Protocol, study: Study) -> None:
    """The largest mean difference with its error, one-sided at 5 % over all classes; a copy changes nothing."""
    versions = {str(n): {NAME: study(stream=n)} for n in range(4)}

    found = [
        measure_equivalence(measure_drift(each, protocols={NAME: protocol}))
        for each in (versions, {**versions, "copy": versions["2"]})
    ]

    reference, *others = (read_accuracies(runs[NAME]) for runs in versions.values())
    quantile = stats.t.ppf(1 - 0.05 / 4, 19)
    bounds = [abs(np.mean(v - reference)) + quantile * stats.sem(v - reference) for v in others]
    assert found[0] == found[1]
    assert found[0][0].bound == pytest.approx(max(bounds))
    assert (found[0][0].experiment, found[0][0].classes) == (NAME, 4)


def test_measure_equivalence_visible_shift_is_seen_in_four_of_five(protocol: Protocol, study: Study) -> None:
    """The versions themselves, shifted up and down by what is visible, differ in 80 % of cases, by less in fewer."""
    versions = {str(n): {NAME: study(stream=n)} for n in range(6)}
    drift = measure_drift(versions, protocols={NAME: protocol})
    (found,) = measure_equivalence(drift)
    reference, *others = drift.experiments[NAME].runs.values()
    deviations = reference.values.std(axis=0, ddof=1)
    worse = np.where(find_losses(reference.quantities), deviations, -deviations)

    def count_seen(size: float) -> int:
        moved = [replace(v, values=v.values + way * size * worse) for v in others for way in (-1, 1)]
        return sum(find_drift_p(reference, each, stream="") * len(drift.pairs) <= 0.05 for each in moved)

    assert count_seen(1.02 * found.visible_run) >= 8 > count_seen(0.85 * found.visible_run)
    # A final accuracy alone has to move farther than all values together.
    assert found.visible_run < found.visible_accuracy
    assert found.standard_deviation == pytest.approx(SPREAD, rel=0.4)


def test_measure_equivalence_equal_versions_move_nothing(protocol: Protocol, study: Study) -> None:
    """Where all versions are the reference's copies the bound is 0, and any shift would be seen."""
    versions = {name: {NAME: study()} for name in "abc"}

    (found,) = measure_equivalence(measure_drift(versions, protocols={NAME: protocol}))

    assert (found.classes, found.bound, found.visible_run, found.visible_accuracy) == (1, 0.0, 0.0, 0.0)


def test_measure_equivalence_single_seed_bounds_nothing(protocol: Protocol, study: Study) -> None:
    """One seed has no error: no bound is known, and no shift is ever seen. Without another version there is nothing."""
    one = {name: {NAME: [replace(run) for run in study(range(1), stream=n)]} for n, name in enumerate("ab")}

    (found,) = measure_equivalence(measure_drift(one, protocols={NAME: protocol}))

    assert np.isnan(found.bound)
    assert np.isinf(found.visible_run)
    assert measure_equivalence(measure_drift({"a": one["a"]}, protocols={NAME: protocol})) == ()
