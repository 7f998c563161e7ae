"""The gate's measured error rates, kept in `errors.json` beside the baseline: measuring takes minutes.

The file holds a hash of the runs, thresholds and code that were measured. With any others it is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import Enum
from pathlib import Path
from typing import Any

from mnist_repro.comparison.gate.baseline import ERRORS_FILE, read_baseline, replace_file
from mnist_repro.comparison.gate.error_rates import Fault, GateErrors
from mnist_repro.comparison.gate.faults import collect_faults
from mnist_repro.comparison.gate.resampling import (
    GATE_PROFILE,
    measure_detection,
    measure_elsewhere,
    measure_false_alarms,
)
from mnist_repro.comparison.runs import RunsByExperiment
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.validation import convert
from mnist_repro.documents.variant import Variant
from mnist_repro.errors import ReproError
from mnist_repro.records.decoding import read_measurement
from mnist_repro.records.environment import hash_code, is_own
from mnist_repro.records.jsonl import hash_file
from mnist_repro.records.pooling import pool_runs
from mnist_repro.records.run import format_record
from mnist_repro.records.store import RecordStore, open_stores
from mnist_repro.verdicts.causes.rounding import PARTED

_PACKAGE = Path(__file__).parents[2]
# The modules that turn the baseline's runs into error rates.
_GATE_PATH = (
    "stats/permutation.py",
    "records/metrics.py",
    "comparison/runs.py",
    "comparison/gate/split_tests.py",
    "comparison/gate/regression.py",
    "comparison/gate/error_rates.py",
    "comparison/gate/resampling.py",
    "comparison/gate/faults.py",
)
_DIGITS = 6
_SCHEMA = 2
_AGAIN = "Measure again with `mnist-repro baseline`."


@dataclass(frozen=True, kw_only=True)
class _ErrorFile(GateErrors):
    """The content of `errors.json`."""

    inputs_sha256: str

    @property
    def errors(self) -> GateErrors:
        """What was measured, without the hash."""
        return GateErrors(**{field.name: getattr(self, field.name) for field in fields(GateErrors)})


def measure_errors(
    folder: Path, *, faults_of: RecordStore, faults: Sequence[Variant], protocols: Mapping[str, Protocol]
) -> GateErrors:
    """Measure the gate's error rates with the baseline in `folder`, and write them there.

    Parameters
    ----------
    faults_of
        Records of the environment in which the planted `faults` were run.

    Raises
    ------
    ReproError
        If there is no baseline, or it has too few runs.
    """
    baseline = read_baseline(folder, protocols=protocols)
    if not baseline:
        msg = f"{folder} has no baseline (runs.jsonl). Record one with `mnist-repro baseline`."
        raise ReproError(msg)
    collected, not_run = collect_faults(faults_of, faults=faults, protocols=protocols)
    others = _read_others(faults_of, protocols=protocols)
    errors = GateErrors(
        environment=faults_of.environment,
        false_alarms=measure_false_alarms(baseline, protocols=protocols),
        elsewhere=measure_elsewhere(others, baseline=baseline, protocols=protocols),
        detections=tuple(measure_detection(collected, baseline=baseline, protocols=protocols)),
        not_run=tuple(not_run),
    )
    files = [faults_of.folder.parent / name for name in others]
    inputs = _hash_inputs(baseline, protocols=protocols, faults=collected, not_run=not_run, others=files)
    entry = _plain({"inputs_sha256": inputs, **asdict(errors)})
    replace_file(folder / ERRORS_FILE, json.dumps({"schema": _SCHEMA, **entry}, indent=1) + "\n")
    return convert(entry, _ErrorFile).errors


def read_errors(
    folder: Path, *, records: Path, faults: Sequence[Variant], protocols: Mapping[str, Protocol]
) -> GateErrors | None:
    """Read what was measured of the gate; None where nothing was.

    Parameters
    ----------
    records
        Folder of all environments' records, in which the runs of the planted `faults` are.

    Raises
    ------
    ReproError
        If it cannot be read, or was measured with other runs, thresholds or code than there are.
    """
    file = folder / ERRORS_FILE
    found = read_measurement(file, _ErrorFile, remedy=_AGAIN, schema=_SCHEMA)
    if found is None:
        return None
    errors = found.errors
    collected, not_run = collect_faults(RecordStore(records / errors.environment), faults=faults, protocols=protocols)
    baseline = read_baseline(folder, protocols=protocols)
    files = [records / name for name in errors.elsewhere.names]
    inputs = _hash_inputs(baseline, protocols=protocols, faults=collected, not_run=not_run, others=files)
    if found.inputs_sha256 != inputs:
        msg = (
            f"{file} was measured with other runs, faults, thresholds or code of the gate than there are now. {_AGAIN}"
        )
        raise ReproError(msg)
    return errors


def _read_others(store: RecordStore, *, protocols: Mapping[str, Protocol]) -> dict[str, RunsByExperiment]:
    """Return the completed runs on MNIST of the other published environments beside one, by environment."""
    others = (each for each in open_stores(store.folder.parent) if not is_own(each.environment))
    found = {}
    for other in others:
        if other.environment == store.environment:
            continue
        records = other.read()
        pools = {name: pool_runs(records, protocol=p, store=other).records for name, p in protocols.items()}
        found[other.environment] = {name: [run for run in pool if run.tells_of_mnist] for name, pool in pools.items()}
    return {name: runs for name, runs in found.items() if any(runs.values())}


def _hash_inputs(
    baseline: RunsByExperiment,
    *,
    protocols: Mapping[str, Protocol],
    faults: Sequence[Fault],
    not_run: Sequence[str],
    others: Sequence[Path],
) -> str:
    """Return the hash of everything the error rates depend on: runs, faults, thresholds, seeds and code."""
    # Nothing was measured of an experiment without a baseline.
    known = {name: protocol for name, protocol in protocols.items() if name in baseline}
    gates = {name: [asdict(p.gate), p.evaluated_at_end, p.seeds[GATE_PROFILE]] for name, p in known.items()}
    named = [[fault.id, fault.title, fault.experiment] for fault in faults]
    files = [RecordStore(folder).file for folder in others]
    sums = [hash_file(file) if file.is_file() else "" for file in files]
    digest = hashlib.sha256(json.dumps([PARTED, gates, named, list(not_run), sums], sort_keys=True).encode())
    for records in (*baseline.values(), *(fault.records for fault in faults)):
        digest.update("\n".join([format_record(record) for record in records]).encode() + b"\n\n")
    digest.update(hash_code(_PACKAGE / name for name in _GATE_PATH).encode())
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    """Return plain JSON types, numbers rounded: their last digits differ between NumPy versions."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value
