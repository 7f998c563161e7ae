"""The comparison of versions in words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from mnist_repro.comparison.versions.defaults import Default, count_followed, measure_horizon
from mnist_repro.comparison.versions.pairwise import Pair, Relation
from mnist_repro.comparison.versions.probes import Probe
from mnist_repro.comparison.versions.sensitivity import SimulatedVersion, VersionSensitivity
from mnist_repro.comparison.versions.summary import Column, State, VersionsResult
from mnist_repro.documents.document import Document
from mnist_repro.reporting.wording.digits import NOISE, UNKNOWN, format_estimate, format_fraction, format_p, name_p
from mnist_repro.reporting.wording.reported_runs import format_verdicts
from mnist_repro.stats.estimates import Estimate

_RELATIONS = {Relation.EQUAL: "bit-identical", Relation.TOGETHER: "equal up to rounding", Relation.PARTED: "diverged"}


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
    text = f"diverged; {name_p(agreement.p)}"
    return f"**{text}**" if pair.differs else text


def list_pair_cells(pairs: Sequence[Pair]) -> list[str]:
    """Return cells: counts of pairs, equal, up to rounding and diverged; the smallest p-value, raw and adjusted."""
    relations = Counter(pair.agreement.relation for pair in pairs)
    counts = (str(relations[relation]) for relation in Relation)
    least = min(pairs, key=lambda pair: pair.agreement.p, default=None)
    values = (format_p(least.agreement.p), format_p(least.adjusted_p)) if least else ("", "")
    return [str(len(pairs)), *counts, *values]


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
    pairs = versions.drift.between(versions.reference.name, column.name)
    if not pairs:
        return "not compared"
    different = [experiment for experiment, pair in pairs.items() if pair.differs]
    if different:
        return f"**different** in {', '.join(different)}"
    equal = all(pair.agreement.relation is Relation.EQUAL for pair in pairs.values())
    return "equal bit for bit" if equal else "no difference"


def summarize_departures(versions: VersionsResult) -> str:
    """Return a sentence on the versions whose verdicts differ from the reference."""
    count = len(versions.compared)
    departed = [history for history in versions.histories if history.first_departure]
    if departed:
        return f"Of {len(versions.histories)} verdicts, {len(departed)} differ between the {count} environments run."
    return f"Every decided verdict is the same in all {count} environments run."


def summarize_differences(versions: VersionsResult) -> str:
    """Count the relations of all pairs of versions in a sentence."""
    pairs = versions.drift.pairs
    if not pairs:
        return "No two versions were run with the same seeds."
    relations = Counter(pair.agreement.relation for pair in pairs)
    counts = ", ".join(f"{relations[each]} {_RELATIONS[each]}" for each in Relation if relations[each])
    different = sum(pair.differs for pair in pairs)
    verdict = f"{different} differ significantly" if different else "no difference is significant"
    return f"{len(pairs):,} pairwise comparisons (two versions, one experiment): {counts}; {verdict} (Holm, 5 %)."


def summarize_states(versions: VersionsResult) -> str:
    """Count the complete environments in a sentence."""
    complete = sum(column.state is State.COMPLETE for column in versions.columns)
    return f"{complete} of {len(versions.columns)} environments have all their runs."


def format_trial(trial: SimulatedVersion) -> str:
    """Format whether a planted difference was found."""
    found = "flagged" if trial.flagged else "**not flagged**"
    return f"{found} ({name_p(trial.p)}, in {len(trial.unadjusted)} experiments)"


def format_same_version(sensitivity: VersionSensitivity) -> str:
    """Return a sentence on how often runs of the same version were flagged."""
    if not sensitivity.same:
        return "The reference has too few seeds to be split into two versions."
    flagged = sum(trial.flagged for trial in sensitivity.same)
    tests = sum(len(trial.unadjusted) for trial in sensitivity.same)
    fraction = format_fraction(sensitivity.false_share)
    return (
        f"Of {len(sensitivity.same)} pairs of disjoint sets of the reference's own runs, {flagged} were flagged; of "
        f"their {tests} single tests, {fraction} have p <= 5 % before adjustment."
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
