"""What a process that trains does: one run after the other, on one thread.

It writes no record: it returns each run to the process that planned it. TensorFlow is imported here, so that the
planning process needs no TensorFlow, unless it is the only worker.
"""

from __future__ import annotations

import gc
import hashlib
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.datasets.places import cache_folder
from mnist_repro.documents.protocol import IMAGE_PIXELS, Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment, describe_environment, plot_backend_aside, training_code_sha256
from mnist_repro.records.packages import is_legacy_keras
from mnist_repro.records.run import RunRecord
from mnist_repro.studies.artifacts import PICTURED_SEED
from mnist_repro.studies.loaded import EnvironmentMismatchError, check_loaded, check_planned, use_processor_alone
from mnist_repro.studies.timing import Part, RunClock, RunTimes

if TYPE_CHECKING:
    from mnist_repro.training.trainer import Trainer

THREADS = 1

_STDERR = 2  # the file descriptor
# Fixed cost of a step, in multiplications, beside its matrix products; only for the estimate of the time left.
_STEP_OVERHEAD = 5_000_000
_FIRST_STEPS = 20


@dataclass(frozen=True)
class PlannedRun:
    """A run to be trained, and where."""

    protocol: Protocol
    seed: int
    environment: Environment  #: for which it was planned: a process with another one does not train it
    recorded: RunRecord | None = None  #: the run's record, where it is trained again for its network alone

    @property
    def cost(self) -> int:
        """Expected duration of the run, relative to other runs."""
        return self.protocol.multiplications + _STEP_OVERHEAD * self.protocol.training.steps


@dataclass(frozen=True, kw_only=True)
class MadeRun:
    """A run that has ended, as its worker returns it."""

    record: RunRecord
    times: RunTimes
    first_weights: NDArray[np.float32] | None = None  #: first layer, shape (784, units); None unless it is pictured
    model: bytes | None = None  #: content of a `.keras` file; None where it was not asked for or could not be saved
    model_error: str | None = None  #: why the model could not be saved


def check_keras() -> None:
    """Check that Keras computes with TensorFlow, before anything is recorded.

    Raises
    ------
    ReproError
        If a variable of the environment names another backend, or a Keras that is not installed.
    """
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if backend != "tensorflow":
        msg = (
            f"Training needs Keras on TensorFlow; received KERAS_BACKEND={backend}. Unset it, or set it to tensorflow."
        )
        raise ReproError(msg)
    if is_legacy_keras() and find_spec("tf_keras") is None:
        msg = (
            f"TF_USE_LEGACY_KERAS={os.environ['TF_USE_LEGACY_KERAS']} has TensorFlow use the package tf_keras, and it "
            "is not installed. Unset the variable, or install it with: python -m pip install tf_keras"
        )
        raise ReproError(msg)


def check_unused() -> None:
    """Check that TensorFlow is not in use in this process with other threads, which could no longer be changed.

    Raises
    ------
    ReproError
        If it is.
    """
    if "tensorflow" not in sys.modules:
        return
    _import_trainer()
    from mnist_repro.training.trainer import limit_threads  # noqa: PLC0415 - it imports TensorFlow

    try:
        limit_threads(THREADS)
    except RuntimeError as error:
        msg = (
            f"A worker trains with {THREADS} thread, and TensorFlow is already in use in this process with other "
            f"settings ({error}). Train in a process of its own: `mnist-repro run`, in a notebook `!mnist-repro run`."
        )
        raise ReproError(msg) from error


def make_run(run: PlannedRun, dataset: Dataset, *, keep_model: bool = False) -> MadeRun:
    """Train one run. An exception that ends it becomes a record with the status "failed".

    Raises
    ------
    EnvironmentMismatchError
        If this process would train with anything but what was planned and is recorded.
    """
    clock = RunClock(run.protocol.id)
    started = datetime.now(timezone.utc)
    first_weights, model, model_error = None, None, None
    try:
        trainer, arithmetic_sha256 = _ready_trainer(run.protocol, dataset, clock=clock)
        check_planned(describe_environment(threads=THREADS), planned=run.environment)
        with clock.measure(Part.TRAINING):
            record = replace(trainer.train(run.seed), arithmetic_sha256=arithmetic_sha256)
    except EnvironmentMismatchError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever ends a run is recorded as its reason
        record = _failed_record(run, dataset, error, started=started)
    else:
        if run.seed == PICTURED_SEED:
            first = trainer.model.get_weights()[0]
            first_weights = first if first.shape[:-1] == (IMAGE_PIXELS,) else None
        if keep_model:
            try:
                model = _pack_model(trainer)
            except Exception as error:  # noqa: BLE001 - the run itself is to be recorded all the same
                model_error = f"{type(error).__name__}: {error}"
    return MadeRun(
        record=record, times=clock.stop(record), first_weights=first_weights, model=model, model_error=model_error
    )


def read_first_weights(
    protocol: Protocol, dataset: Dataset, *, seed: int, steps: Sequence[int]
) -> dict[int, NDArray[np.float32]]:
    """Train the first steps of a run in this process and return the first layer's weights on the way.

    Parameters
    ----------
    steps
        Numbers of steps after which the weights are read; ascending.

    Returns
    -------
    dict
        Arrays of shape (784, units), by number of steps.
    """
    trainer, _ = _ready_trainer(protocol, dataset, clock=RunClock(protocol.id))
    trainer.load_run(seed)
    weights = {}
    for before, after in pairwise((0, *steps)):
        trainer.train_steps(after - before)
        weights[after] = trainer.model.get_weights()[0]
    return weights


def _ready_trainer(protocol: Protocol, dataset: Dataset, *, clock: RunClock) -> tuple[Trainer, str]:
    """Return a compiled trainer, and how it computes.

    It is the last one of this process where that serves, since compiling outlasts many a run.
    """
    with clock.measure(Part.IMPORTING):
        _import_trainer()
    with clock.measure(Part.COMPILING):
        return _LAST_TRAINER.serve(protocol, dataset)


def _import_trainer() -> None:
    """Import TensorFlow and the training code, without their messages."""
    if "mnist_repro.training.trainer" in sys.modules:
        return
    # The start-up messages of TensorFlow are of no use to a user.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # A user's keras.json may name another backend; `check_keras` has refused the variable with another value.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # Keras reads its settings there, and writes them where there are none.
    os.environ.setdefault("KERAS_HOME", str(cache_folder() / "keras"))
    with _silenced_stderr(), plot_backend_aside():
        import mnist_repro.training.trainer  # noqa: F401, PLC0415 - it imports TensorFlow
    # joblib has each process collect garbage every second. TensorFlow's modules hold none, and searching them takes a
    # tenth of a second.
    gc.freeze()


class _LastTrainer:
    """The trainer that this process used last."""

    def __init__(self) -> None:
        self._trainer: Trainer | None = None
        self._arithmetic_sha256 = ""

    def serve(self, protocol: Protocol, dataset: Dataset) -> tuple[Trainer, str]:
        """Return the trainer where it serves, else compile another one; and the hash of its first steps."""
        from mnist_repro.training import trainer as module  # noqa: PLC0415 - it imports TensorFlow

        tensorflow = module.tf  # type: ignore[attr-defined] # what the trainer imported, and nothing else
        check_loaded(tensorflow, recorded=describe_environment(threads=THREADS))
        if self._trainer is None or not self._trainer.serves(protocol, dataset):
            use_processor_alone(tensorflow)
            module.limit_threads(THREADS)
            # Free the previous trainer first; holding both would set the worker's peak memory.
            self._trainer = None
            self._trainer = module.Trainer(protocol, dataset)
            self._arithmetic_sha256 = _hash_first_steps(self._trainer)
        return self._trainer, self._arithmetic_sha256


_LAST_TRAINER = _LastTrainer()


def _hash_first_steps(trainer: Trainer) -> str:
    """Return the SHA-256 sum of the weights after the first steps of seed 0, bit for bit.

    Whatever makes arithmetic differ, and no list of flags names it, shows in them: a step goes through every kernel
    that a run uses, and its rounding into all later ones.
    """
    trainer.load_run(0)
    trainer.train_steps(min(_FIRST_STEPS, trainer.protocol.training.steps))
    digest = hashlib.sha256()
    for weights in trainer.model.get_weights():
        digest.update(weights.tobytes())
    return digest.hexdigest()


@contextmanager
def _silenced_stderr() -> Iterator[None]:
    """Discard what compiled code prints: TensorFlow announces its build on import, and no setting stops it."""
    # Where the process was started without stderr, descriptor 2 may be any file.
    if sys.stderr is None:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), _STDERR)
    try:
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)


def _pack_model(trainer: Trainer) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model.keras"
        trainer.model.save(file)
        return file.read_bytes()


def _failed_record(run: PlannedRun, dataset: Dataset, error: Exception, *, started: datetime) -> RunRecord:
    return RunRecord(
        experiment=run.protocol.id,
        protocol_sha256=run.protocol.sha256,
        training_sha256=training_code_sha256(),
        dataset=dataset.name,
        dataset_sha256=dataset.sha256,
        seed=run.seed,
        status="failed",
        reason=f"{type(error).__name__}: {str(error) or _raising_line(error)}",
        periods=(),
        final_loss={},
        final_accuracy={},
        confusion_matrix=(),
        first_call_seconds=0.0,
        evaluation_seconds=0.0,
        total_seconds=(datetime.now(timezone.utc) - started).total_seconds(),
        started=started.isoformat(timespec="seconds"),
        environment=describe_environment(threads=THREADS),
    )


def _raising_line(error: Exception) -> str:
    """Return the line of code that raised an error, for one without a text, as `assert` raises."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.line} ({Path(frame.filename).name}, line {frame.lineno})"
