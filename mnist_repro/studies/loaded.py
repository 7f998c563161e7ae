"""Whether a process trains with what its runs are recorded with, and computes as others of the same conditions do."""

from __future__ import annotations

from typing import Any

import numpy as np

from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.packages import is_same_version
from mnist_repro.records.run import RunRecord


class EnvironmentMismatchError(ReproError):
    """A run would be recorded as made with what did not make it."""


def check_loaded(tensorflow: Any, *, recorded: Environment) -> None:
    """Check that the imported modules have the versions that are recorded.

    Parameters
    ----------
    tensorflow
        The imported module.

    Raises
    ------
    EnvironmentMismatchError
        If one has another; names it, both versions and how to go on.
    """
    keras = tensorflow.keras
    is_inside = keras.Sequential.__module__.startswith("tensorflow.")
    loaded = {
        "TensorFlow": tensorflow.__version__,
        "Keras": f"of TensorFlow {tensorflow.__version__}" if is_inside else keras.__version__,
        "NumPy": np.__version__,
    }
    expected = recorded.deciding
    wrong = [name for name, version in loaded.items() if not is_same_version(expected[name], loaded=version)]
    if wrong:
        found = "; ".join(f"{name} {loaded[name]} is imported, {expected[name]} is installed" for name in wrong)
        msg = (
            f"Runs are recorded with the versions that made them, and here they disagree: {found}. "
            "Install the package again in an environment of its own, and start a new process."
        )
        raise EnvironmentMismatchError(msg)


def use_processor_alone(tensorflow: Any) -> None:
    """Take GPUs and other devices from TensorFlow: runs are the processor's, and recorded as such.

    Parameters
    ----------
    tensorflow
        The imported module.

    Raises
    ------
    EnvironmentMismatchError
        If TensorFlow is in use already, with such a device.
    """
    devices = {device.device_type for device in tensorflow.config.get_visible_devices()} - {"CPU"}
    try:
        for kind in devices:
            tensorflow.config.set_visible_devices([], kind)
    except RuntimeError as error:
        msg = (
            f"Runs are trained on the processor, and TensorFlow is in use in this process with a {', '.join(devices)}. "
            "Start a new process, or set CUDA_VISIBLE_DEVICES=-1."
        )
        raise EnvironmentMismatchError(msg) from error


def check_alike(record: RunRecord, *, arithmetic_sha256: str | None) -> None:
    """Check that a run was computed as the recorded ones of its conditions were.

    Parameters
    ----------
    arithmetic_sha256
        That of the recorded runs; None where it is unknown.

    Raises
    ------
    EnvironmentMismatchError
        If the first steps of the process that made the run end in other weights.
    """
    made = record.arithmetic_sha256
    if made and arithmetic_sha256 and made != arithmetic_sha256:
        msg = (
            f"Runs are pooled where all else but the seed is equal, and the first steps of {record.experiment} end in "
            f"other weights than with the recorded runs: SHA-256 {made[:12]} here, {arithmetic_sha256[:12]} there. "
            "Something that decides numbers differs and is not listed. Record runs of this machine under a name of "
            "their own, with --environment."
        )
        raise EnvironmentMismatchError(msg)


def check_planned(found: Environment, *, planned: Environment) -> None:
    """Check that this process would train as planned.

    Raises
    ------
    EnvironmentMismatchError
        If a version, the processor or a flag is another; names it.
    """
    if differences := found.list_differences(planned):
        msg = (
            f"A run is recorded as it was planned, and this process has {'; '.join(differences)}. "
            "The runs that had ended are recorded; plan the others anew with the same command."
        )
        raise EnvironmentMismatchError(msg)
