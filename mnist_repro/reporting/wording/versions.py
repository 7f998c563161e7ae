"""The comparison of versions in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mnist_repro.comparison.versions.defaults import Default, count_followed, measure_horizon
from mnist_repro.comparison.versions.equivalence import Equivalence
from mnist_repro.comparison.versions.pairwise import ExperimentDrift, Pair, Relation
from mnist_repro.comparison.versions.probes import Probe
from mnist_repro.comparison.versions.sensitivity import SimulatedVersion, VersionSensitivity
from mnist_repro.comparison.versions.summary import Column, State, VersionsResult
from mnist_repro.documents.document import Document
from mnist_repro.reporting.wording.digits import NOISE, UNKNOWN, format_estimate, format_fraction, format_p, name_p
from mnist_repro.reporting.wording.reported_runs import format_verdicts
from mnist_repro.stats.estimates import Estimate
from mnist_repro.stats.summary import count_interval
from mnist_repro.verdicts.finding import Verdict


def format_state(column: Column) -> str:
    """Format whether an environment has all its runs, and what is missing."""
    detail = f": {column.detail}" if column.detail else ""
    return column.state.value if column.state is State.COMPLETE else f"**{column.state.value}**{detail}"


def format_backend(column: Column) -> str:
    """Name the backend that trained the runs of an environment."""
    if column.result is None:
        return ""
    return "graph session" if column.is_session else f"Keras {column.result.environment.keras}"


def format_counts(column: Column, document: Document) -> str:
    """Count the verdicts of an environment on a document."""
    if column.result is None:
        return ""
    return format_verdicts(column.result.outcome(document.id))


def format_agreement(pair: Pair | None) -> str:
    """Format the comparison of a version with the reference in one experiment."""
    if pair is None:
        return "not compared"
    agreement = pair.agreement
    match agreement.relation:
        case Relation.EQUAL:
            return "equal"
        case Relation.TOGETHER:
            return f"within {max(agreement.largest, NOISE):.0e}"
    text = f"diverged; {name_p(pair.p)}"
    return f"**{text}**" if pair.differs else text


def list_class_cells(drift: ExperimentDrift) -> list[str]:
    """Return cells: numbers of versions, classes and tests; the smallest p-value, raw and adjusted."""
    least = min(drift.pairs, key=lambda pair: pair.p, default=None)
    values = (format_p(least.p), format_p(least.adjusted_p)) if least else ("", "")
    counts = (sum(map(len, drift.classes)), len(drift.classes), len(drift.pairs))
    return [*map(str, counts), *values]


def list_equivalence_cells(found: Equivalence) -> list[str]:
    """Return cells: the bound, and the shift of a whole run, and of its final accuracy alone, that would be seen."""
    return [
        _format_points(found.bound),
        *(_format_visible(size, found) for size in (found.visible_run, found.visible_accuracy)),
    ]


def _format_visible(size: float, found: Equivalence) -> str:
    if not size or not math.isfinite(size):
        return "none, with so few seeds" if size else "any but rounding"
    return f"{size:.2g} sd, {_format_points(size * found.standard_deviation)}"


def _format_points(fraction: float) -> str:
    return f"{100 * fraction:.2f} points" if math.isfinite(fraction) else UNKNOWN


def format_loss_difference(pair: Pair | None) -> str:
    """Format the mean difference of the final loss over seeds, in nats, with its interval."""
    if pair is None:
        return ""
    loss = pair.agreement.loss
    if pair.agreement.relation is Relation.EQUAL:
        return "0"
    return format_estimate(Estimate(loss.mean, loss.mean_interval), signed=True)


def format_drift(column: Column, versions: VersionsResult) -> str:
    """Format the comparison of a version with the reference over all experiments."""
    if column.result is None:
        return ""
    if column.name == versions.reference.name:
        return "the reference"
    pairs = versions.drift.beside(column.name)
    if not pairs:
        return "not compared"
    different = [experiment for experiment, pair in pairs.items() if pair.differs]
    if different:
        return f"**different** in {', '.join(different)}"
    relations = {pair.agreement.relation for pair in pairs.values()}
    if Relation.PARTED in relations:
        return "no difference seen"
    return "equal up to rounding" if Relation.TOGETHER in relations else "equal bit for bit"


def summarize_versions(versions: VersionsResult) -> str:
    """Say what is known of all versions: how far they move an accuracy, how many are different, and their verdicts."""
    numbers = {column.result.environment.tensorflow for column in versions.compared if column.result}
    complete = sum(column.state is State.COMPLETE for column in versions.columns)
    counted = (
        f"These are {len(versions.compared)} environments with {len(numbers)} "
        f"version{'s' * (len(numbers) != 1)} of TensorFlow; "
        f"{complete} of {len(versions.columns)} have all their runs. "
        f"The compared runs of an experiment were made on one kind of processor ({'; '.join(versions.processors)})."
    )
    return " ".join([_bound_all(versions), counted, _summarize_tests(versions), _summarize_departures(versions)])


def _bound_all(versions: VersionsResult) -> str:
    bound = max((found.bound for found in versions.equivalences), default=math.nan)
    if math.isnan(bound):
        return "How far a version moves a final accuracy is not known: too few seeds ran on two."
    return f"No version moves a final accuracy by more than {100 * bound:.2g} points (95 %, all together)."


def _summarize_tests(versions: VersionsResult) -> str:
    numbers = {len(each.classes) for each in versions.drift.experiments.values()}
    classes = " to ".join(map(str, sorted({min(numbers, default=0), max(numbers, default=0)})))
    tests = versions.drift.pairs
    if not tests:
        return "Up to rounding, the runs of all are equal." if versions.equivalences else "No two share a seed."
    different = sum(pair.differs for pair in tests)
    verdict = f"{different} differ significantly" if different else "no difference is significant"
    return (
        f"Up to rounding they are {classes} classes of equal runs in an experiment, whose "
        f"{len(tests)} pairs are tested: {verdict} (Holm, 5 %)."
    )


def _summarize_departures(versions: VersionsResult) -> str:
    departed = sum(history.first_departure is not None for history in versions.histories)
    if departed:
        return f"Of {len(versions.histories)} verdicts, {departed} differ from the reference's on a version."
    few = sum(
        any(run.word is Verdict.CONSISTENT for run in column.result.runs) and column.name != versions.reference.name
        for column in versions.compared
        if column.result
    )
    same = "No version decides a verdict otherwise than the reference"
    return (
        f"{same}; those of {few} are consistent and no more: so few runs could refute nothing." if few else f"{same}."
    )


def format_trial(trial: SimulatedVersion) -> str:
    """Format whether a planted difference was found."""
    found = "flagged" if trial.flagged else "**not flagged**"
    return f"{found} ({name_p(trial.p)}, in {len(trial.unadjusted)} experiments)"


def format_same_version(sensitivity: VersionSensitivity) -> str:
    """Return a sentence on how often runs of the same version were flagged."""
    if not sensitivity.same:
        return "The reference has too few seeds to be split into two versions."
    flagged = sum(trial.flagged for trial in sensitivity.same)
    low, tests = sensitivity.low, len(sensitivity.single_tests)
    fraction = format_fraction(low / tests, count_interval(low, of=tests))
    return (
        f"Of {len(sensitivity.same)} pairs of disjoint sets of the reference's own runs, {flagged} were flagged; of "
        f"their {tests} single tests, {low} have p <= 5 % before adjustment, {fraction}."
    )


_GIB = 2**30
# Up to two versions are named one by one; of more, the first and the last.
_FEW_VERSIONS = 2


def format_step(probe: Probe, backend: str, experiment: str) -> str:
    """Format the time of a step relative to the control."""
    steps = probe.steps.get(backend, {}).get(experiment)
    return format_estimate(steps.ratio) if steps else ""


def format_memory(probe: Probe, backend: str) -> str:
    """Format the peak memory of training relative to the control, over all experiments."""
    return f"{max(probe.memory_ratios[backend].values()):.1f}"


def format_first_call(probe: Probe, backend: str) -> str:
    """Format the time to build, trace and compile, over all experiments timed."""
    seconds = [steps.first_call_seconds for steps in probe.steps[backend].values()]
    return f"{min(seconds):.1f} to {max(seconds):.1f} s"


def list_probed_experiments(probes: Mapping[str, Probe]) -> list[str]:
    """Return the experiments whose steps were timed; empty without probes."""
    return next((list(steps) for probe in probes.values() for steps in probe.steps.values()), [])


def list_probe_rows(probes: Mapping[str, Probe]) -> list[list[str]]:
    """Return a row for each environment and backend: steps, first call, memory, import, size, same seed again."""
    experiments = list_probed_experiments(probes)
    return [
        [
            name,
            backend,
            *(format_step(probe, backend, experiment) for experiment in experiments),
            format_first_call(probe, backend),
            format_memory(probe, backend),
            format_estimate(probe.import_seconds.ratio),
            format_size(probe),
            format_repetition(probe, backend),
        ]
        for name, probe in probes.items()
        for backend in probe.steps
    ]


def format_size(probe: Probe) -> str:
    """Format the size of the installed packages."""
    return f"{probe.installed_bytes / _GIB:.2f} GiB"


def format_repetition(probe: Probe, backend: str) -> str:
    """Format whether the same seed gave the same first steps again."""
    different = [
        f"{name} ({'another process' if run.in_one_process else 'the same process'})"
        for name, run in probe.repeated[backend].items()
        if not (run.in_one_process and run.in_two_processes)
    ]
    if not probe.repeated[backend]:
        return UNKNOWN
    return f"**not in {', '.join(different)}**" if different else "equal"


def format_horizon(versions: VersionsResult, name: str, experiment: str) -> str:
    """Format the number of steps for which the runs of a version agree with the reference."""
    probes = versions.probed
    reference = probes.get(versions.reference.name)
    if reference is None:
        return UNKNOWN
    steps = measure_horizon(probes[name], reference, experiment=experiment)
    if math.isnan(steps):
        return UNKNOWN
    return f"{steps:g}" if math.isfinite(steps) else f"more than {count_followed(list(probes.values()))}"


def list_horizon_rows(versions: VersionsResult) -> list[list[str]]:
    """Return a row for each version but the reference, with `format_horizon` of each experiment; empty without it."""
    if versions.reference.name not in versions.probed:
        return []
    experiments = [experiment.protocol.id for experiment in versions.reference.experiments]
    return [
        [name, *(format_horizon(versions, name, experiment) for experiment in experiments)]
        for name in versions.probed
        if name != versions.reference.name
    ]


def format_default(default: Default) -> str:
    """Format the values of a default with the versions that have them."""
    return "; ".join(f"`{value}` {_format_versions(names)}" for value, names in default.values)


def _format_versions(names: tuple[str, ...]) -> str:
    if len(names) <= _FEW_VERSIONS:
        return f"on {' and '.join(names)}"
    return f"from {names[0]} to {names[-1]}"
