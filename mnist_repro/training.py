"""One run: protocol, data and seed become a record.

Many steps are one compiled call: the batches lie in TensorFlow as they are needed, and Python does not run between
steps. A `Trainer` is compiled once and serves any number of seeds.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from itertools import groupby
from operator import getitem
from typing import Any, Literal

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from mnist_repro.datasets import Dataset, images_of, reorder_training_images
from mnist_repro.environment import describe_environment, training_code_sha256
from mnist_repro.evaluation import DivergedError, Evaluation, evaluate_logits
from mnist_repro.models import build_model, build_optimizer, learning_rate_at
from mnist_repro.protocols import ALL_TEST_IMAGES, IMAGE_PIXELS, EvaluationSet, ImageSlice, Protocol
from mnist_repro.randomness import DropoutStream, draw_batches, draw_initial_values, draw_split, dropout_layers
from mnist_repro.records import Period, RunRecord, Status

# XLA fuses the many small operations of small nets into few, but its own matrix products are slower: below so many
# multiplications in a step it wins.
_XLA_MULTIPLICATIONS = 10_000_000
# Steps in one call where units are dropped: the masks of a whole period would take half of all memory, and longer.
_STEPS_WITH_MASKS = 100


def limit_threads(threads: int) -> None:
    """Let TensorFlow use so many threads; to be called before its first operation."""
    if tf.config.threading.get_intra_op_parallelism_threads() != threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


class Trainer:
    """Trains and evaluates one protocol on one dataset.

    Parameters
    ----------
    protocol
        What is done.
    dataset
        MNIST, or its stand-in.

    Attributes
    ----------
    model
        The Keras model, with the weights of the run that was trained last.
    first_call_seconds
        Time it took to trace and compile.
    """

    def __init__(self, protocol: Protocol, dataset: Dataset) -> None:
        self.protocol = protocol
        self._dataset = dataset
        self._evaluation_images: dict[ImageSlice, tf.Tensor] = {}
        self.model = build_model(protocol)
        dense = [layer for layer in self.model.layers if not isinstance(layer, keras.layers.Dropout)]
        self._layers = list(zip(dense, protocol.layers, strict=True))
        self._optimizer = build_optimizer(protocol)
        # Before TensorFlow 2.11, optimisers made their variables under another name.
        build = getattr(self._optimizer, "build", None) or self._optimizer._create_all_weights  # noqa: SLF001
        build(self.model.trainable_variables)
        self._fresh_optimizer = [variable.numpy() for variable in self._optimizer_variables()]
        self._train_steps = self._compile()
        pixels = tf.TensorSpec((None, IMAGE_PIXELS), tf.float32)
        self._predict = tf.function(self._forward, input_signature=[pixels], autograph=False)
        self._predict_with_dropout = tf.function(
            self._forward, input_signature=[pixels, self._mask_specs(None)], autograph=False
        )
        start = time.perf_counter()
        self.load_run(0)
        self._call(0)
        self._logits(ImageSlice(source="test", start=0, stop=1), dropout=False)
        self.first_call_seconds = time.perf_counter() - start

    def train(self, seed: int) -> RunRecord:
        """Train one run from its start, and measure what the protocol says.

        Parameters
        ----------
        seed
            >= 0; decides initial weights, order of the images, and dropout.

        Returns
        -------
        RunRecord
            "diverged", with what was measured until then, where a loss was not finite.
        """
        started, run = datetime.now(timezone.utc), _Stopwatch()
        evaluations = _Stopwatch()
        first_call_seconds, self.first_call_seconds = self.first_call_seconds, 0.0
        periods: list[Period] = []
        final: dict[str, Evaluation] = {}
        status: Status = "completed"
        reason = None
        training = self.protocol.training
        with run:
            try:
                self.load_run(seed)
                for period in range(1, training.periods + 1):
                    if period > 1 and training.order == "permuted each period":
                        self._load_batches(seed, period=period)
                    with (stopwatch := _Stopwatch()):
                        self.train_steps(training.steps_per_period)
                    step = period * training.steps_per_period
                    with evaluations:
                        measured = self.evaluate(map(self.protocol.evaluation_set, self.protocol.evaluated_each_period))
                    periods.append(self._describe_period(step, measured, seconds=stopwatch.seconds))
                with evaluations:
                    final = self.evaluate(dict.fromkeys((*self.protocol.evaluation_sets, ALL_TEST_IMAGES)))
            except DivergedError as error:
                status, reason = "diverged", f"{error} after step {self._steps_made}"
        confusion = final[self.protocol.confusion_set].confusion.tolist() if final else []
        return RunRecord(
            experiment=self.protocol.id,
            protocol_sha256=self.protocol.sha256,
            training_sha256=training_code_sha256(),
            dataset=self._dataset.name,
            dataset_sha256=self._dataset.sha256,
            seed=seed,
            status=status,
            reason=reason,
            periods=tuple(periods),
            final_loss={name: evaluation.loss for name, evaluation in final.items()},
            final_accuracy={name: evaluation.accuracy for name, evaluation in final.items()},
            confusion_matrix=tuple(map(tuple, confusion)),
            first_call_seconds=first_call_seconds,
            evaluation_seconds=evaluations.seconds,
            total_seconds=run.seconds,
            started=started.isoformat(timespec="seconds"),
            environment=describe_environment(threads=tf.config.threading.get_intra_op_parallelism_threads()),
        )

    def serves(self, protocol: Protocol, dataset: Dataset) -> bool:
        """Return whether this trainer trains `protocol` on `dataset`."""
        return self.protocol == protocol and self._dataset.sha256 == dataset.sha256

    def load_run(self, seed: int) -> None:
        """Put model, optimiser, batches and dropout into the state in which the run `seed` starts."""
        self.model.set_weights(draw_initial_values(self.protocol, seed=seed))
        for variable, value in zip(self._optimizer_variables(), self._fresh_optimizer, strict=True):
            variable.assign(value)
        self._images_of_run = self._dataset
        if self.protocol.split == "random":
            order = draw_split(len(self._dataset.train_labels), seed=seed)
            self._images_of_run = reorder_training_images(self._dataset, order)
            self._evaluation_images.clear()
        self._load_batches(seed, period=1)
        layers = dropout_layers(self.protocol)
        self._dropout = DropoutStream(seed, layers=layers)
        self._evaluation_dropout = DropoutStream(seed, layers=layers, name="dropout in evaluation")
        self._steps_made = 0

    def train_steps(self, steps: int) -> None:
        """Make the next steps of the loaded run."""
        longest = _STEPS_WITH_MASKS if dropout_layers(self.protocol) else steps
        for made in range(0, steps, longest):
            self._call(min(longest, steps - made))

    def _call(self, steps: int) -> None:
        """Make the next steps in one compiled call."""
        masks = self._dropout.draw(steps, batch_size=self.protocol.training.batch_size)
        self._train_steps(
            self._batch_images,
            self._batch_labels,
            [tf.constant(mask) for mask in masks],
            tf.constant(self._steps_made),
            tf.constant(steps),
        )
        self._steps_made += steps

    def evaluate(self, evaluation_sets: Iterable[EvaluationSet]) -> dict[str, Evaluation]:
        """Evaluate the network as it is now.

        Returns
        -------
        dict
            An evaluation for each set, by name.

        Raises
        ------
        DivergedError
            If a loss is not finite.
        """
        wanted = tuple(evaluation_sets)
        evaluations: dict[str, Evaluation] = {}
        for (source, dropout), group in groupby(sorted(wanted, key=_pass), key=_pass):
            # Sets of one source overlap: the network sees each image once.
            sets = list(group)
            start = min(evaluation_set.images.start for evaluation_set in sets)
            stop = max(evaluation_set.images.stop for evaluation_set in sets)
            logits = self._logits(ImageSlice(source=source, start=start, stop=stop), dropout=dropout)
            for evaluation_set in sets:
                _, labels = images_of(self._images_of_run, evaluation_set.images)
                part = slice(evaluation_set.images.start - start, evaluation_set.images.stop - start)
                evaluations[evaluation_set.name] = evaluate_logits(logits[part], labels)
        return {evaluation_set.name: evaluations[evaluation_set.name] for evaluation_set in wanted}

    def _compile(self) -> Any:
        """Compile many steps into one call."""
        training = self.protocol.training
        variables = self.model.trainable_variables
        batch_shape = (training.batches, training.batch_size)
        masks = self._mask_specs(None, training.batch_size)
        turn = training.steps_per_period if training.restart_each_period else training.steps
        # XLA compiles for the shapes it is given, and the number of masks is the number of steps.
        xla = not masks and self.protocol.multiplications < _XLA_MULTIPLICATIONS * training.steps
        # A slice costs nothing and a gather copies; but XLA would compile anew for every first batch that is sliced.
        take = tf.gather if xla else getitem

        @tf.function(  # type: ignore[untyped-decorator] # TensorFlow publishes no types
            jit_compile=xla,
            input_signature=[
                tf.TensorSpec((*batch_shape, IMAGE_PIXELS), tf.float32),
                tf.TensorSpec(batch_shape, tf.int32),
                masks,
                tf.TensorSpec((), tf.int32),
                tf.TensorSpec((), tf.int32),
            ],
        )
        def train_steps(
            images: tf.Tensor, labels: tf.Tensor, keep: list[tf.Tensor], first: tf.Tensor, steps: tf.Tensor
        ) -> None:
            step = tf.constant(0)
            while step < steps:  # as a loop over a range, XLA would compile it anew for every length
                batch = (first + step) % turn % training.batches
                with tf.GradientTape() as tape:
                    logits = self._forward(take(images, batch), [mask[step] for mask in keep])
                    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(take(labels, batch), logits)
                    loss = tf.reduce_mean(losses)
                gradients = tape.gradient(loss, variables)
                # In a compiled function, TensorFlow 2.8 knows zip without its `strict`.
                self._optimizer.apply_gradients(zip(gradients, variables))  # noqa: B905
                if self.protocol.weight_format == "float16":
                    for variable in variables:
                        variable.assign(tf.cast(tf.cast(variable, tf.float16), tf.float32))
                step += 1

        return train_steps

    def _forward(self, pixels: tf.Tensor, keep: Sequence[tf.Tensor] = ()) -> tf.Tensor:
        """Return the logits: Keras's layers, with masks of our own, or with none, in place of its dropout."""
        values = pixels
        masks = iter(keep)
        for layer, declared in self._layers:
            values = layer(values)
            if keep and declared.keep_probability < 1.0:
                kept = tf.cast(next(masks), tf.float32)
                values *= kept / declared.keep_probability if declared.rescales_kept else kept
        return values

    def _mask_specs(self, *examples: int | None) -> list[tf.TensorSpec]:
        return [tf.TensorSpec((*examples, units), tf.bool) for units, _ in dropout_layers(self.protocol)]

    def _load_batches(self, seed: int, *, period: int) -> None:
        batches = draw_batches(self.protocol, seed=seed, period=period)
        images, labels = images_of(self._images_of_run, self.protocol.training.images)
        # Those of the run before go first: two sets of batches would be the most that a worker ever holds.
        self._batch_images = None
        self._batch_images = self._scale(images[batches])
        self._batch_labels = tf.constant(labels[batches].astype(np.int32))

    def _describe_period(self, step: int, measured: dict[str, Evaluation], *, seconds: float) -> Period:
        return Period(
            step=step,
            learning_rate=learning_rate_at(self.protocol.optimizer.learning_rate, step=step - 1),
            loss={name: evaluation.loss for name, evaluation in measured.items()},
            accuracy={name: evaluation.accuracy for name, evaluation in measured.items()},
            seconds=seconds,
        )

    def _logits(self, images: ImageSlice, *, dropout: bool) -> NDArray[np.float64]:
        if images not in self._evaluation_images:
            self._evaluation_images[images] = self._scale(images_of(self._images_of_run, images)[0])
        pixels = self._evaluation_images[images]
        if dropout:
            masks = [tf.constant(mask[0]) for mask in self._evaluation_dropout.draw(1, batch_size=len(images))]
            logits = self._predict_with_dropout(pixels, masks)
        else:
            logits = self._predict(pixels)
        return np.asarray(logits, dtype=np.float64)

    def _scale(self, pixels: NDArray[np.uint8]) -> tf.Tensor:
        # From bytes: as float32 the notebook's batches are 185 MB, and NumPy would hold them a second time.
        scaled = tf.cast(tf.constant(pixels), tf.float32)
        return scaled if self.protocol.pixel_divisor == 1.0 else scaled / self.protocol.pixel_divisor

    def _optimizer_variables(self) -> list[Any]:
        variables = self._optimizer.variables
        return list(variables() if callable(variables) else variables)  # a method in Keras 2


def _pass(evaluation_set: EvaluationSet) -> tuple[Literal["train", "test"], bool]:
    """Return what decides with which other sets a set goes through the network."""
    return evaluation_set.images.source, evaluation_set.dropout


class _Stopwatch:
    """Adds up the seconds spent in its `with` blocks."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> _Stopwatch:  # noqa: PYI034 - typing.Self is younger than Python 3.10
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._start
