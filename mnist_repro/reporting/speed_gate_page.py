"""The speed gate in words: for the page `speed-gate.md` and for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from mnist_repro.environment import Environment
from mnist_repro.gate.regression import Outcome
from mnist_repro.gate.speed_baseline import SpeedEntry, read_speed_baseline
from mnist_repro.gate.speed_gate import SpeedComparison
from mnist_repro.gate.speed_trials import TrialCount, count_outcomes, read_speed_trials
from mnist_repro.reporting.probe_tables import format_estimate
from mnist_repro.statistics import CONFIDENCE

_OUTCOMES = {Outcome.PASSED: "not slower", Outcome.FAILED: "SLOWER", Outcome.UNDECIDED: "inconclusive"}


@dataclass(frozen=True, kw_only=True)
class SpeedGateSummary:
    """All that the page says.

    Parameters
    ----------
    entries
        The baseline's launches, by experiment and processor.
    environment
        Where the trials were made; None where there are none.
    counts
        What the gate says of the trials.
    """

    entries: Mapping[tuple[str, str], SpeedEntry]
    environment: Environment | None
    counts: tuple[TrialCount, ...]


def summarize_speed_gate(folder: Path) -> SpeedGateSummary | None:
    """Gather what there is to say of the speed gate with the baseline in `folder`; None where there is no baseline.

    Raises
    ------
    ReproError
        If the baseline or the trials are broken.
    """
    entries, trials = read_speed_baseline(folder), read_speed_trials(folder)
    if not entries:
        return None
    return SpeedGateSummary(
        entries=entries,
        environment=trials.environment if trials else None,
        counts=tuple(count_outcomes(trials, baseline=entries)) if trials else (),
    )


def format_speed_comparison(found: SpeedComparison) -> str:
    """Return a line that says what the gate found of one experiment."""
    line = f"{found.experiment}: {_OUTCOMES[found.outcome]}: a step takes {format_estimate(found.ratio)} times as long"
    if found.confirmation:
        line += f", and {format_estimate(found.confirmation)} in a second launch"
    return f"{line}; {found.tolerance:g} is allowed"


def format_launch_ratios(entry: SpeedEntry) -> str:
    """Give the median ratio of each launch of the baseline."""
    return ", ".join(f"{np.median(launch.ratios):.3g}" for launch in entry.launches)


def format_speed_trials(gate: SpeedGateSummary) -> str:
    """Say in a sentence how often unchanged code was found slower, and code that was slowed down."""
    if not gate.counts:
        return "How often it errs was not measured with this baseline."
    slower: Counter[float] = Counter()
    made: Counter[float] = Counter()
    for count in gate.counts:
        slower[count.factor] += count.outcomes.get(Outcome.FAILED, 0)
        made[count.factor] += count.gate_runs
    parts = (f"{slower[factor]} of {made[factor]} gate runs of {_name_factor(factor)}" for factor in sorted(made))
    return f"It found a step slower in {', '.join(parts)}."


def _name_factor(factor: float) -> str:
    return "unchanged code" if factor == 1 else f"code that takes {factor:g} times as long"


def list_trial_cells(count: TrialCount) -> list[str]:
    """Return a row of the trials as cells: slower, inconclusive, not slower, and the ratios that the gate saw."""
    slower, undecided, passed = (
        count.outcomes.get(outcome, 0) for outcome in (Outcome.FAILED, Outcome.UNDECIDED, Outcome.PASSED)
    )
    interval = stats.binomtest(slower, count.gate_runs).proportion_ci(CONFIDENCE, method="exact")
    median, least, largest = count.ratios
    return [
        f"{slower} of {count.gate_runs} ({100 * interval.low:.0f} to {100 * interval.high:.0f} %)",
        str(undecided),
        str(passed),
        f"{median:.3g} ({least:.3g} to {largest:.3g})",
    ]
