"""What runs in the workers of a cluster: report their equipment, train runs.

Dask calls it in the workers' processes; arguments and results go over the wire.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment, describe_environment, package_code_sha256, training_code_sha256
from mnist_repro.studies.worker import THREADS, MadeRun, PlannedRun, check_keras, make_run

_SHOWN_DIGITS = 12  # of a hash
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """What a worker trains with."""

    package_sha256: str  #: hash of all code of this package
    training_sha256: str  #: hash of the code that decides a run
    environment: Environment  #: versions, processor and flags
    runs_at_once: int  #: threads in which Dask runs its tasks


def describe_equipment(dask_worker: Any = None) -> Equipment:
    """Describe what this process trains with.

    Parameters
    ----------
    dask_worker
        Given by Dask; None in the process that plans.

    Raises
    ------
    ReproError
        If TensorFlow is not installed, or Keras is set to another backend.
    """
    check_keras()
    return Equipment(
        package_sha256=package_code_sha256(),
        training_sha256=training_code_sha256(),
        environment=describe_environment(threads=THREADS),
        runs_at_once=dask_worker.state.nthreads if dask_worker else 1,
    )


def shorten(sha256: str) -> str:
    """Return the first digits of a hash; other text as it is."""
    return sha256[:_SHOWN_DIGITS] if _HASH.fullmatch(sha256) else sha256


def list_differences(found: Equipment, expected: Equipment) -> list[str]:
    """List how a worker differs in what must be the same for all runs of a study."""

    def list_facts(equipment: Equipment) -> dict[str, object]:
        return {
            "code of the package": shorten(equipment.package_sha256),
            "training code": shorten(equipment.training_sha256),
            "runs at once in one process (--nthreads)": equipment.runs_at_once,
        }

    theirs, ours = list_facts(found), list_facts(expected)
    differences = [f"{name} {theirs[name]} in place of {ours[name]}" for name in ours if theirs[name] != ours[name]]
    return differences + found.environment.list_differences(expected.environment)


def refuse_worker(address: str, reasons: list[str]) -> ReproError:
    """Return the error for a worker that cannot take part."""
    return ReproError(
        f"Runs of different code, versions, processors or settings are never pooled, and the worker {address} differs "
        f"from the process that plans, or from the other workers: {'; '.join(reasons)}. Start it from the same "
        "environment with `dask worker --nthreads 1`, or remove it from the cluster."
    )


def train_here(run: PlannedRun, *, images: str, expected: Equipment, keep_model: bool) -> MadeRun:
    """Train a run in this worker.

    Parameters
    ----------
    images
        Name of the plugin that holds the images.
    expected
        Equipment of the study.
    keep_model
        As for `make_run`.

    Raises
    ------
    ReproError
        If the worker is equipped otherwise: it may have joined or restarted since it was asked.
    """
    from distributed import get_worker  # noqa: PLC0415 - an extra, installed in every worker

    worker = get_worker()
    differences = list_differences(describe_equipment(worker), expected)
    if differences:
        raise refuse_worker(worker.address, differences)
    return make_run(run, worker.plugins[images].dataset, keep_model=keep_model)
