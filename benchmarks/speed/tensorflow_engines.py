"""Ways to train with TensorFlow: ours, stock Keras, the notebook's own, and nothing but the matrix products."""

from __future__ import annotations

import sys
import time
from itertools import count, product
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from problem import BATCHES, SEED, Problem
from tensorflow import keras

from mnist_repro.documents.layers import Convolution
from mnist_repro.documents.optimizers import RMSprop
from mnist_repro.documents.protocol import Protocol
from mnist_repro.training.keras_model import build_learning_rate, build_model, build_optimizer
from mnist_repro.training.trainer import Trainer, limit_threads

_ERA = Path(__file__).parents[1] / "era"


class Compiled:
    """The package's own: many steps in one compiled call."""

    def __init__(self, problem: Problem) -> None:
        limit_threads(1)
        self._trainer = Trainer(problem.protocol, problem.dataset)
        self._trainer.load_run(SEED)

    def make_steps(self, steps: int) -> None:
        """Make the next steps of training."""
        self._trainer.train_steps(steps)

    def values(self) -> list[NDArray[np.float32]]:
        """Return weights and biases."""
        return list(self._trainer.model.get_weights())


def _build_stock_optimizer(protocol: Protocol) -> Any:
    declared = protocol.optimizer
    if isinstance(declared, RMSprop):
        rate = build_learning_rate(declared.learning_rate)
        return keras.optimizers.RMSprop(rate, rho=declared.decay, epsilon=declared.epsilon)
    return build_optimizer(protocol)


class _Stock:
    """A Keras model, compiled as a user would."""

    def __init__(self, problem: Problem, **settings: Any) -> None:
        limit_threads(1)
        self._model = build_model(problem.protocol)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self._model.compile(_build_stock_optimizer(problem.protocol), loss, **settings)
        self._model.set_weights(problem.initial_values)

    def values(self) -> list[NDArray[np.float32]]:
        """Return weights and biases."""
        return list(self._model.get_weights())


class TrainOnBatch(_Stock):
    """Stock Keras, a call for each step."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._batches = list(zip(problem.pixels, problem.labels, strict=True))
        self._made = count()

    def make_steps(self, steps: int) -> None:
        """Make the next steps of training."""
        for _ in range(steps):
            self._model.train_on_batch(*self._batches[next(self._made) % BATCHES])


class Fit(_Stock):
    """Stock Keras's `fit` on a `tf.data` set of batches, with one choice of its settings."""

    # A call takes about a tenth of a second before its first step: one call is one round, and longer than others'.
    round_seconds = 2.0

    def __init__(self, problem: Problem, **settings: Any) -> None:
        super().__init__(problem, **settings)
        # With its autotuning, `tf.data` ends a call as late as twice its time: it waits for the tuner, which sleeps.
        options = tf.data.Options()
        options.autotune.enabled = False
        batches = tf.data.Dataset.from_tensor_slices((problem.pixels, problem.labels))
        for incomplete in problem.incomplete:
            batches = batches.concatenate(tf.data.Dataset.from_tensors(incomplete))
        self._batches = batches.repeat().with_options(options)

    def make_steps(self, steps: int) -> None:
        """Make the next steps of training, in one call, from the first batch on."""
        self._model.fit(self._batches.take(steps), shuffle=False, verbose=0)

    @classmethod
    def choose_settings(cls, problem: Problem) -> dict[str, Any]:
        """Return the quickest of 1, 50 or 1,000 steps per execution, with XLA and without."""
        choices = [{"steps_per_execution": s, "jit_compile": xla} for s, xla in product((1, 50, 1_000), (False, True))]
        return min(choices, key=lambda settings: cls(problem, **settings).measure_step())

    def measure_step(self) -> float:
        """Return how long a step takes, in seconds, in a call in which what comes before the first hardly counts."""
        steps = BATCHES
        self.make_steps(steps)  # traced and compiled here
        while True:
            start = time.perf_counter()
            self.make_steps(steps)
            if (seconds := time.perf_counter() - start) > self.round_seconds / 2:
                return seconds / steps
            steps *= 4


class Session:
    """The notebook's own way: a graph, and a session fed at each step."""

    def __init__(self, problem: Problem) -> None:
        sys.path.insert(0, str(_ERA))
        import tf1_session  # noqa: PLC0415 - it ends eager execution, which the other engines need

        self._network = tf1_session.Network({**problem.protocol.describe(), "id": problem.protocol.id})
        self._network.load_run(SEED)
        self._batches = list(zip(problem.pixels, np.eye(10, dtype=np.float32)[problem.labels], strict=True))
        self._made = count()

    def make_steps(self, steps: int) -> None:
        """Make the next steps of training."""
        for _ in range(steps):
            step = next(self._made)
            self._network.train_step(*self._batches[step % BATCHES], step=step)

    def values(self) -> list[NDArray[np.float32]]:
        """Return weights and biases."""
        return list(self._network.values())


class Floor:
    """Nothing but a step's matrix products, in one compiled call: what no engine can do without."""

    def __init__(self, problem: Problem) -> None:
        limit_threads(1)
        weights = [tf.constant(values) for values in problem.initial_values if values.ndim > 1]
        size = problem.protocol.training.batch_size
        placed = [each for each in problem.protocol.network if each.kernel]
        inputs = [tf.ones((size, *each.inputs)) for each in placed]
        outputs = [tf.ones((size, *each.outputs)) for each in placed]

        @tf.function
        def multiply(steps: tf.Tensor) -> tf.Tensor:
            total = tf.constant(0.0)
            for _ in tf.range(steps):
                # Each product waits for the one before, so that none is done once for all.
                nothing = total * 0.0
                for number, (values, matrix, errors) in enumerate(zip(inputs, weights, outputs)):  # noqa: B905 - TensorFlow 2.8 does not know `strict`
                    if len(matrix.shape) > 2:
                        total += _convolve(placed[number].layer, values, matrix, errors, nothing, back=number > 0)
                        continue
                    total += tf.matmul(values, matrix + nothing)[0, 0]
                    total += tf.matmul(values, errors + nothing, transpose_a=True)[0, 0]
                    if number:
                        total += tf.matmul(errors + nothing, matrix, transpose_b=True)[0, 0]
            return total

        self._multiply = multiply
        self._values = problem.initial_values

    def make_steps(self, steps: int) -> None:
        """Multiply as often as so many steps do."""
        self._multiply(tf.constant(steps)).numpy()

    def values(self) -> list[NDArray[np.float32]]:
        """Return the initial values: nothing was trained."""
        return self._values


def _convolve(
    layer: Convolution, values: tf.Tensor, filters: tf.Tensor, errors: tf.Tensor, nothing: tf.Tensor, *, back: bool
) -> tf.Tensor:
    """Convolve forward, for the filters' gradient and, with `back`, for the inputs'; return a number of them all."""
    same = {"strides": [1, 1, 1, 1], "padding": layer.padding.upper()}
    made = [
        tf.nn.conv2d(values, filters + nothing, **same),
        tf.raw_ops.Conv2DBackpropFilter(
            input=values + nothing, filter_sizes=filters.shape, out_backprop=errors, **same
        ),
    ]
    if back:
        made.append(
            tf.raw_ops.Conv2DBackpropInput(
                input_sizes=values.shape, filter=filters + nothing, out_backprop=errors, **same
            )
        )
    return tf.add_n([each[0, 0, 0, 0] for each in made])
