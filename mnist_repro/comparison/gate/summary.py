"""The regression gate for readers: its baseline, and how often it errs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_repro.comparison.gate.baseline import read_baseline
from mnist_repro.comparison.gate.error_file import read_errors
from mnist_repro.comparison.gate.error_rates import GateErrors
from mnist_repro.comparison.gate.regression import fewest_runs
from mnist_repro.comparison.gate.resampling import PROFILE
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant
from mnist_repro.records.environment import Environment
from mnist_repro.records.metrics import Quantity, list_quantities
from mnist_repro.records.run import RunRecord


@dataclass(frozen=True, kw_only=True)
class BaselineExperiment:
    """One experiment's part in the baseline.

    Parameters
    ----------
    protocol
        What is run.
    records
        The baseline's runs of it.
    is_outdated
        Whether these were made under another protocol than today's.
    quantities
        What is compared.
    fewest
        Fewest runs that can fail the gate.
    """

    protocol: Protocol
    records: tuple[RunRecord, ...]
    is_outdated: bool
    quantities: tuple[Quantity, ...]
    fewest: int

    @property
    def quick(self) -> int:
        """Seeds of a gate run."""
        return self.protocol.seeds[PROFILE]


@dataclass(frozen=True, kw_only=True)
class GateSummary:
    """All that the page says.

    Parameters
    ----------
    environment
        In which the baseline's runs were made.
    experiments
        Those of the baseline that are known.
    missing
        Ids of experiments that the baseline does not have.
    errors
        What was measured of the gate; None where nothing was.
    """

    environment: Environment
    experiments: tuple[BaselineExperiment, ...]
    missing: tuple[str, ...]
    errors: GateErrors | None

    @property
    def runs(self) -> int:
        """Number of runs of the baseline."""
        return sum(len(experiment.records) for experiment in self.experiments)


def summarize_gate(
    folder: Path, *, records: Path, faults: Sequence[Variant], protocols: Mapping[str, Protocol]
) -> GateSummary | None:
    """Gather what there is to say of the gate with the baseline in `folder`; None where there is no baseline.

    Raises
    ------
    ReproError
        If the baseline is broken, or what was measured with it was measured with another one.
    """
    baseline = read_baseline(folder)
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
