"""What was measured of each version, in words: speed, memory, start, size, repetition, defaults, agreement."""

from __future__ import annotations

import math

from mnist_repro.intervals import Estimate
from mnist_repro.reporting.formats import UNKNOWN, escape_markdown
from mnist_repro.reporting.version_contents import VersionsResult
from mnist_repro.versions.changes import Default, count_followed, measure_horizon
from mnist_repro.versions.probes import Probe

_GIB = 2**30
# So many versions are named one by one; of more, the first and the last.
_FEW_VERSIONS = 2


def format_estimate(estimate: Estimate) -> str:
    """Format a ratio with its interval."""
    interval = estimate.interval
    if math.isnan(interval.low):
        return f"{estimate.value:.3g}"
    return f"{estimate.value:.3g} ({interval.low:.3g} to {interval.high:.3g})"


def format_step(probe: Probe, way: str, experiment: str) -> str:
    """Format the time of a step in those of the control."""
    steps = probe.steps.get(way, {}).get(experiment)
    return format_estimate(steps.ratio) if steps else ""


def format_memory(probe: Probe, way: str) -> str:
    """Format the most memory that training held in those of the control, over all experiments."""
    return f"{max(probe.memory_ratios[way].values()):.1f}"


def format_first_call(probe: Probe, way: str) -> str:
    """Format the time to build, trace and compile, over the experiments that were timed."""
    seconds = [steps.first_call_seconds for steps in probe.steps[way].values()]
    return f"{min(seconds):.1f} to {max(seconds):.1f} s"


def format_size(probe: Probe) -> str:
    """Format the size of what is installed."""
    return f"{probe.installed_bytes / _GIB:.2f} GiB"


def format_repetition(probe: Probe, way: str) -> str:
    """Say whether the same seed gave the same first steps again."""
    different = [
        f"{name} ({'another process' if run.in_one_process else 'the same process'})"
        for name, run in probe.repeated[way].items()
        if not (run.in_one_process and run.in_two_processes)
    ]
    if not probe.repeated[way]:
        return UNKNOWN
    return f"**not in {', '.join(different)}**" if different else "equal"


def format_horizon(versions: VersionsResult, name: str, experiment: str) -> str:
    """Say for how many steps a version's runs stay with the reference's."""
    probes = versions.probed
    reference = probes.get(versions.reference.name)
    if reference is None:
        return UNKNOWN
    steps = measure_horizon(probes[name], reference, experiment=experiment)
    if math.isnan(steps):
        return UNKNOWN
    return f"{steps:g}" if math.isfinite(steps) else f"more than {count_followed(list(probes.values()))}"


def format_default(default: Default) -> str:
    """Say which versions have which value, in their order."""
    return "; ".join(f"`{value}` {_format_versions(names)}".replace("|", "\\|") for value, names in default.values)


def _format_versions(names: tuple[str, ...]) -> str:
    if len(names) <= _FEW_VERSIONS:
        return "on " + " and ".join(escape_markdown(name) for name in names)
    return f"from {escape_markdown(names[0])} to {escape_markdown(names[-1])}"
