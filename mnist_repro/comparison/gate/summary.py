"""What the report shows of the regression gate: its baseline and its error rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_repro.comparison.gate.baseline import read_baseline
from mnist_repro.comparison.gate.error_file import read_errors
from mnist_repro.comparison.gate.error_rates import GateErrors
from mnist_repro.comparison.gate.resampling import GATE_PROFILE
from mnist_repro.comparison.gate.split_tests import fewest_runs
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant
from mnist_repro.records.environment import Environment
from mnist_repro.records.metrics import Quantity, list_quantities
from mnist_repro.records.run import RunRecord


@dataclass(frozen=True, kw_only=True)
class BaselineExperiment:
    """One experiment's part of the baseline."""

    protocol: Protocol  #: today's
    records: tuple[RunRecord, ...]  #: the baseline's runs
    is_outdated: bool  #: whether these were made under another protocol than today's
    quantities: tuple[Quantity, ...]  #: what is compared
    fewest: int  #: fewest runs that can fail the gate

    @property
    def quick(self) -> int:
        """Seeds of a gate run."""
        return self.protocol.seeds[GATE_PROFILE]


@dataclass(frozen=True, kw_only=True)
class GateSummary:
    """The baseline and the gate's error rates."""

    environment: Environment  #: of the baseline's newest run
    experiments: tuple[BaselineExperiment, ...]  #: those of the baseline that have a protocol today
    missing: tuple[str, ...]  #: ids of experiments without a baseline
    errors: GateErrors | None  #: None where they were not measured

    @property
    def runs(self) -> int:
        """Number of runs of the baseline."""
        return sum(len(experiment.records) for experiment in self.experiments)


def summarize_gate(
    folder: Path, *, records: Path, faults: Sequence[Variant], protocols: Mapping[str, Protocol]
) -> GateSummary | None:
    """Summarize the gate with the baseline in `folder`; None where there is no baseline.

    Parameters
    ----------
    records
        Folder of all environments' records, in which the runs of the planted `faults` are.

    Raises
    ------
    ReproError
        If the baseline is broken, or the error rates were measured with another one.
    """
    baseline = read_baseline(folder, protocols=protocols)
    known = {name: baseline[name] for name in protocols if name in baseline}
    if not known:
        return None
    experiments = tuple(
        BaselineExperiment(
            protocol=protocols[name],
            records=runs,
            is_outdated=runs[-1].protocol_sha256 != protocols[name].sha256,
            quantities=list_quantities(runs, at_end=protocols[name].evaluated_at_end),
            fewest=fewest_runs(len(runs), experiments=len(protocols)),
        )
        for name, runs in known.items()
    )
    newest = max((record for runs in known.values() for record in runs), key=lambda record: record.started)
    return GateSummary(
        environment=newest.environment,
        experiments=experiments,
        missing=tuple(name for name in protocols if name not in known),
        errors=read_errors(folder, records=records, faults=faults, protocols=protocols),
    )
