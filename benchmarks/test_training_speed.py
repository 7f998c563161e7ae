"""How long a training step takes: our compiled period, and beside it stock `model.fit`.

The times of pytest-benchmark's table are those of single steps: a round, divided by its steps. Tracing and compiling
come before the first round.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mnist_repro.datasets import Dataset, images_of
from mnist_repro.protocols import CLASSES, Protocol, load_protocols

keras = pytest.importorskip("tensorflow").keras

from mnist_repro.models import build_model, build_optimizer  # noqa: E402 - needs TensorFlow
from mnist_repro.training import Trainer, limit_threads  # noqa: E402 - needs TensorFlow

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

PROTOCOLS = load_protocols()

# `fit` counts in passes over the images: ten passes over the notebook's 59 batches, so that what a call of it costs
# before its first step hardly counts.
BATCHES, PASSES = 59, 10
STEPS = BATCHES * PASSES
ROUNDS = 3


def per_step_timer() -> float:
    """Return a clock that runs so slowly that a round shows the seconds of one step."""
    return time.perf_counter() / STEPS


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    limit_threads(1)


@pytest.mark.parametrize("experiment", PROTOCOLS)
@pytest.mark.benchmark(timer=per_step_timer)
def test_compiled_training_step(experiment: str, dataset: Dataset, benchmark: BenchmarkFixture) -> None:
    """A step of the compiled period is timed, and the steps that were timed lower the loss."""
    benchmark.group = experiment
    protocol = PROTOCOLS[experiment]
    trainer = Trainer(protocol, dataset)
    trainer.load_run(0)
    validation = protocol.evaluation_set("validation")
    before = trainer.evaluate([validation])["validation"].loss

    benchmark.pedantic(trainer.train_steps, args=(STEPS,), rounds=ROUNDS)

    benchmark.extra_info["first_call_seconds"] = trainer.first_call_seconds
    assert trainer.evaluate([validation])["validation"].loss < before


@pytest.mark.parametrize("experiment", PROTOCOLS)
@pytest.mark.benchmark(timer=per_step_timer)
def test_stock_fit_training_step(experiment: str, dataset: Dataset, benchmark: BenchmarkFixture) -> None:
    """A step of Keras's own `fit` is timed at its better number of steps per execution, and `fit` learns."""
    benchmark.group = experiment
    protocol = PROTOCOLS[experiment]
    fits = {steps: _stock_fit(protocol, dataset, steps_per_execution=steps) for steps in (1, BATCHES)}
    seconds = {steps: _seconds(fit) for steps, fit in fits.items()}
    best = min(seconds, key=lambda steps: seconds[steps])

    history = benchmark.pedantic(fits[best], rounds=ROUNDS)

    benchmark.extra_info["steps_per_execution"] = best
    # In so many passes over few images the loss goes up and down near 0; a network that guesses has log(10).
    assert history.history["loss"][-1] < math.log(CLASSES)


def _stock_fit(protocol: Protocol, dataset: Dataset, *, steps_per_execution: int) -> Callable[[], Any]:
    """Return what a user would write, compile and fit on arrays: it is traced, and makes `STEPS` steps."""
    model = build_model(protocol)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(build_optimizer(protocol), loss, steps_per_execution=steps_per_execution)
    size = protocol.training.batch_size
    images, labels = (array[: size * BATCHES] for array in images_of(dataset, protocol.training.images))
    pixels = (images / protocol.pixel_divisor).astype(np.float32)

    def fit(passes: int = PASSES) -> Any:
        return model.fit(pixels, labels, batch_size=size, epochs=passes, shuffle=False, verbose=0)

    fit(passes=1)
    return fit


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
