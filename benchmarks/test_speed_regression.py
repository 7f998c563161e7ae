"""A training step takes no longer, beside a control that takes turns with it, than in the baseline or a revision."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from launch import measure_launch

from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.comparison.speed.baseline import (
    BASELINE_LAUNCHES,
    add_to_speed_baseline,
    launches_on,
    read_speed_baseline,
)
from mnist_repro.comparison.speed.gate import TOLERANCE, Launch, SpeedComparison, judge_revisions, judge_speed
from mnist_repro.comparison.speed.trials import read_speed_trials
from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.environment import LOCAL_ENVIRONMENT, Environment, describe_environment
from mnist_repro.reporting.wording.gates import format_speed_comparison, format_untried
from mnist_repro.studies.revision import check_out, read_protocol_hashes

PROTOCOLS = load_catalogue().protocols
# It launches engines anew, and takes half a minute for an experiment.
pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module", autouse=True)
def _tolerances_are_of_experiments(pytestconfig: pytest.Config) -> None:
    unknown = set(pytestconfig.option.speed_tolerance) - {*PROTOCOLS, ""}
    assert not unknown, f"--speed-tolerance names no experiment: {sorted(unknown)}; there are {list(PROTOCOLS)}"


@pytest.fixture(scope="module")
def revision(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """Check out the revision with which steps are compared; None where that is the baseline."""
    if pytestconfig.option.against is None:
        yield None
        return
    with check_out(pytestconfig.option.against, tree=tmp_path_factory.mktemp("revision") / "tree") as tree:
        yield tree


@pytest.mark.parametrize("experiment", PROTOCOLS)
def test_a_step_is_as_quick_as_before(
    experiment: str,
    dataset: Dataset,
    revision: Path | None,
    pytestconfig: pytest.Config,
    record_property: Callable[[str, object], None],
) -> None:
    """Two launches in a row are not slower than the tolerance allows, or those beside a revision's are not.

    Where there is no baseline of this processor, three launches become this machine's own, beside its own records.
    """
    if dataset.is_stand_in:
        pytest.skip("the baseline is of MNIST, and this is the stand-in")
    options = pytestconfig.option
    environment = describe_environment(threads=1)
    measure = partial(measure_launch, PROTOCOLS[experiment], dataset=dataset, data=options.data)
    tolerance = options.speed_tolerance.get(experiment, options.speed_tolerance.get("", TOLERANCE))
    if revision:
        found = _compare_with_revision(revision, experiment, measure=measure, tolerance=tolerance)
    else:
        found = _compare_with_baseline(
            experiment, options=options, environment=environment, measure=measure, tolerance=tolerance
        )
        trials = read_speed_trials(options.baseline)
        if trials is None or trials.environment.processor != environment.processor:
            record_property("speed gate", format_untried(environment.processor))
    line = found if isinstance(found, str) else format_speed_comparison(found)
    if revision:
        line += f" (beside {options.against})"
    record_property("speed gate", line)
    if isinstance(found, str) or not found.can_decide:
        pytest.skip(line)
    assert found.outcome is not Outcome.FAILED, line


def _compare_with_baseline(
    experiment: str,
    *,
    options: argparse.Namespace,
    environment: Environment,
    measure: Callable[[], Launch],
    tolerance: float,
) -> SpeedComparison | str:
    """Return what a launch shows, or a second one; a sentence where launches become the baseline."""
    # The published baseline is changed on demand alone.
    own = options.records / LOCAL_ENVIRONMENT / "baseline"
    entries = {**read_speed_baseline(own), **read_speed_baseline(options.baseline)}
    baseline = launches_on(environment.processor, entries)
    if experiment not in baseline or options.new_speed_baseline:
        folder = options.baseline if options.new_speed_baseline else own
        add_to_speed_baseline(folder, environment=environment, launches=[measure() for _ in range(BASELINE_LAUNCHES)])
        return (
            f"{experiment}: nothing compared: these {BASELINE_LAUNCHES} launches are the baseline in "
            f"{folder} for {environment.processor} from now on"
        )
    launch = measure()
    found = judge_speed(launch, baseline=baseline, tolerance=tolerance)
    if found.needs_confirmation:
        found = judge_speed(launch, baseline=baseline, second=measure(), tolerance=tolerance)
    return found


def _compare_with_revision(
    revision: Path, experiment: str, *, measure: Callable[..., Launch], tolerance: float
) -> SpeedComparison | str:
    """Return what launches of both in turn show; a sentence where the revision has no such experiment."""
    if read_protocol_hashes(revision).get(experiment) != PROTOCOLS[experiment].sha256:
        return f"{experiment}: nothing compared: the revision does not have this experiment, or with another protocol"
    pairs = [(measure(checkout=revision), measure()) for _ in range(BASELINE_LAUNCHES)]
    before, launches = zip(*pairs, strict=True)
    return judge_revisions(launches, before=before, tolerance=tolerance)
