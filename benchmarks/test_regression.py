"""The runs of every experiment still come from the distribution of the baseline's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mnist_repro.comparison.gate.baseline import read_baseline, write_baseline
from mnist_repro.comparison.gate.reasons import format_comparison, list_changes, list_reasons
from mnist_repro.comparison.gate.regression import Outcome, RegressionResult, judge_runs
from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.run import RunRecord

PROTOCOLS = load_catalogue().protocols


@pytest.fixture(scope="module")
def result(study: dict[str, list[RunRecord]], dataset: Dataset, pytestconfig: pytest.Config) -> RegressionResult | None:
    """Test the session's runs against the baseline; None where there was none, and they became it."""
    if dataset.is_stand_in:
        pytest.skip("the baseline is of MNIST, and this is the stand-in")
    folder = pytestconfig.option.baseline
    baseline = read_baseline(folder, protocols=PROTOCOLS)
    # Documents of the atlas alone have no baseline: exact verdicts show what changes their runs.
    today = {name: runs for name, runs in study.items() if name in PROTOCOLS}
    if not baseline:
        records = [record for runs in today.values() for record in runs]
        # With a run that did not complete there is no baseline: that is an error, and fails every case.
        write_baseline(records, folder=folder)
        return None
    return judge_runs(today, baseline=baseline, protocols={name: PROTOCOLS[name] for name in today})


@pytest.mark.parametrize("experiment", PROTOCOLS)
def test_runs_are_as_in_the_baseline(
    experiment: str,
    result: RegressionResult | None,
    study: dict[str, list[RunRecord]],
    pytestconfig: pytest.Config,
    record_property: Callable[[str, object], None],
) -> None:
    """The same seeds give the same runs, or no curve and no final value has moved; every run completed.

    Too few runs, or none to compare with, skip it.
    """
    folder = pytestconfig.option.baseline
    if result is None:
        runs = len(study[experiment])
        said = f"{experiment}: nothing compared: {folder} had no baseline, and these {runs} runs are it from now on"
        record_property("regression gate", said)
        pytest.skip(said)
    (found,) = (entry for entry in result.experiments if entry.protocol.id == experiment)
    said = "; ".join([f"{experiment}: {format_comparison(found)}", *list_reasons(found), *list_changes(found)])
    record_property("regression gate", said)
    if found.outcome is Outcome.UNDECIDED:
        pytest.skip(said)
    assert found.outcome is Outcome.PASSED, said


def test_every_experiment_of_the_baseline_is_still_there(pytestconfig: pytest.Config) -> None:
    """An experiment that was renamed or lost would not be compared with anything."""
    baseline = read_baseline(pytestconfig.option.baseline, protocols=PROTOCOLS)
    if not baseline:
        pytest.skip(f"{pytestconfig.option.baseline} has no baseline")
    lost = set(baseline) - set(PROTOCOLS)
    assert not lost, "record a new baseline if these were meant to go: mnist-repro baseline"
