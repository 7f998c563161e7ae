"""A training step takes no longer, beside a control that takes turns with it, than it did in the baseline."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from launch import measure_launch

from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.comparison.speed.baseline import (
    BASELINE_LAUNCHES,
    add_to_speed_baseline,
    launches_on,
    read_speed_baseline,
)
from mnist_repro.comparison.speed.gate import TOLERANCE, Launch, judge_speed
from mnist_repro.comparison.speed.trials import read_speed_trials
from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.environment import describe_environment
from mnist_repro.records.store import LOCAL_ENVIRONMENT
from mnist_repro.reporting.wording.gates import format_speed_comparison, format_untried

PROTOCOLS = load_catalogue().protocols
# It launches engines anew, and takes half a minute for an experiment.
pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module", autouse=True)
def _tolerances_are_of_experiments(pytestconfig: pytest.Config) -> None:
    unknown = set(pytestconfig.option.speed_tolerance) - {*PROTOCOLS, ""}
    assert not unknown, f"--speed-tolerance names no experiment: {sorted(unknown)}; there are {list(PROTOCOLS)}"


@pytest.mark.parametrize("experiment", PROTOCOLS)
def test_a_step_is_as_quick_as_in_the_baseline(
    experiment: str, dataset: Dataset, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    """Two launches in a row are not slower than the tolerance allows.

    Where there is no baseline of this processor, three launches become this machine's own, beside its own records.
    """
    if dataset.is_stand_in:
        pytest.skip("the baseline is of MNIST, and this is the stand-in")
    options = pytestconfig.option
    environment = describe_environment(threads=1)

    def measure() -> Launch:
        return measure_launch(PROTOCOLS[experiment], dataset=dataset, data=options.data)

    # The published baseline is changed on demand alone.
    own = options.records / LOCAL_ENVIRONMENT / "baseline"
    entries = {**read_speed_baseline(own), **read_speed_baseline(options.baseline)}
    baseline = launches_on(environment.processor, entries)
    if experiment not in baseline or options.new_speed_baseline:
        folder = options.baseline if options.new_speed_baseline else own
        launches = [measure() for _ in range(BASELINE_LAUNCHES)]
        add_to_speed_baseline(folder, environment=environment, launches=launches)
        said = (
            f"{experiment}: nothing compared: these {BASELINE_LAUNCHES} launches are the baseline in "
            f"{folder} for {environment.processor} from now on"
        )
        record_property("speed gate", said)
        pytest.skip(said)
    tolerance = options.speed_tolerance.get(experiment, options.speed_tolerance.get("", TOLERANCE))
    launch = measure()
    found = judge_speed(launch, baseline=baseline, tolerance=tolerance)
    if found.needs_confirmation:
        found = judge_speed(launch, baseline=baseline, second=measure(), tolerance=tolerance)
    trials = read_speed_trials(options.baseline)
    if trials is None or trials.environment.processor != environment.processor:
        record_property("speed gate", format_untried(environment.processor))
    line = format_speed_comparison(found)
    record_property("speed gate", line)
    if not found.can_decide:
        pytest.skip(line)
    assert found.outcome is not Outcome.FAILED, line
