"""Train and evaluate one run: protocol, dataset and seed in, record out.

TensorFlow holds the batches in the order of the steps. A `Trainer` is compiled once and serves any number of seeds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from datetime import datetime, timezone
from itertools import groupby
from math import prod
from typing import Literal

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mnist_repro.datasets.dataset import Dataset, reorder_training_images
from mnist_repro.documents.protocol import ALL_TEST_IMAGES, IMAGE_PIXELS, EvaluationSet, ImageSlice, Protocol
from mnist_repro.records.environment import describe_environment, training_code_sha256
from mnist_repro.records.run import Period, RunRecord, Status
from mnist_repro.training.compiled_steps import Network
from mnist_repro.training.evaluation import DivergedError, Evaluation, evaluate_logits, find_penalty
from mnist_repro.training.images import allocate_pixels, images_of
from mnist_repro.training.keras_model import learning_rate_at
from mnist_repro.training.randomness import DropoutStream, draw_batches, draw_initial_values, draw_split, dropout_layers

# Steps and masked values in one call where values are dropped: drawing the masks of a whole period at once would be
# slower and take half of the memory.
_STEPS_WITH_MASKS, _MASKED_VALUES = 100, 12_800_000
# Values of one layer in one call of an evaluation: all images of a dense network, and 3,000 of one with 32 filters.
_EVALUATED_VALUES = 1 << 26


def limit_threads(threads: int) -> None:
    """Limit TensorFlow to `threads` threads. Call before its first operation."""
    if tf.config.threading.get_intra_op_parallelism_threads() != threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


class Trainer:
    """Trains and evaluates one protocol on one dataset.

    Parameters
    ----------
    protocol
        What to train and evaluate.
    dataset
        MNIST or its stand-in.

    Attributes
    ----------
    model
        The Keras model, with the weights of the last run.
    first_call_seconds
        Time to trace and compile.
    """

    def __init__(self, protocol: Protocol, dataset: Dataset) -> None:
        self.protocol = protocol
        self._dataset = dataset
        self._evaluation_images: dict[ImageSlice, tf.Tensor] = {}
        self._network = Network(protocol)
        self.model = self._network.model
        start = time.perf_counter()
        self.load_run(0)
        self._call(0)
        self._logits(ImageSlice(source="test", start=0, stop=1), dropout=False)
        self.first_call_seconds = time.perf_counter() - start

    def train(self, seed: int) -> RunRecord:
        """Train one run and evaluate it as the protocol says.

        Parameters
        ----------
        seed
            >= 0; determines initial weights, order of the images, and dropout.

        Returns
        -------
        RunRecord
            With the status "diverged", and what was measured before, where a loss was not finite.
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
                    self._load_next_batches()
                    step = training.steps_after(period)
                    with (stopwatch := _Stopwatch()):
                        self.train_steps(step - self._steps_made)
                    with evaluations:
                        measured = self.evaluate(map(self.protocol.evaluation_set, self.protocol.evaluated_each_period))
                    periods.append(self._describe_period(step, measured, seconds=stopwatch.seconds))
                with evaluations:
                    self._check_trained(seed)
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
        """Whether this trainer trains `protocol` on `dataset`."""
        return self.protocol == protocol and self._dataset.sha256 == dataset.sha256

    def load_run(self, seed: int) -> None:
        """Set model, optimiser, batches and dropout to the start of the run `seed`."""
        self._network.load(draw_initial_values(self.protocol, seed=seed))
        self._images_of_run = self._dataset
        if self.protocol.split == "random":
            order = draw_split(len(self._dataset.train_labels), seed=seed)
            self._images_of_run = reorder_training_images(self._dataset, order)
            self._evaluation_images.clear()
        self._seed = seed
        self._load_batches(period=1)
        layers = dropout_layers(self.protocol)
        self._dropout = DropoutStream(seed, layers=layers)
        self._evaluation_dropout = DropoutStream(seed, layers=layers, name="dropout in evaluation")
        self._steps_made = 0

    def train_steps(self, steps: int) -> None:
        """Train the next steps of the loaded run."""
        longest, last = steps, self._steps_made + steps
        if dropouts := dropout_layers(self.protocol):
            masked = sum(prod(shape) for shape, _ in dropouts) * self.protocol.training.batch_size
            longest = max(1, min(_STEPS_WITH_MASKS, _MASKED_VALUES // masked))
        while self._steps_made < last:
            self._load_next_batches()
            self._call(min(longest, last - self._steps_made, self._batches_end - self._steps_made))

    def _load_next_batches(self) -> None:
        """Load the batches of the next period where those of this one are used up."""
        if self._steps_made == self._batches_end:
            self._load_batches(period=self._period + 1)

    def _call(self, most: int) -> None:
        """Train at most so many of the next steps in one compiled call, all of batches of one size."""
        training, (images, labels) = self.protocol.training, self._batches[0]
        first, steps = self._steps_made - self._batches_start, most
        if len(self._batches) > 1:
            first = first % training.steps_per_turn % training.batches
            if first < len(labels):
                steps = min(most, len(labels) - first)
            else:
                (images, labels), first, steps = self._batches[1], 0, min(most, 1)
        masks = self._dropout.draw(steps, batch_size=labels.shape[1])
        self._network.train(images, labels, masks=masks, first=first, steps=steps)
        self._steps_made += steps

    def evaluate(self, evaluation_sets: Iterable[EvaluationSet]) -> dict[str, Evaluation]:
        """Evaluate the network in its current state.

        Returns
        -------
        dict
            One evaluation per set, by name.

        Raises
        ------
        DivergedError
            If a loss is not finite.
        """
        wanted, trained = tuple(evaluation_sets), self.model.trainable_weights
        penalty = find_penalty(self.protocol.loss, (each.numpy() for each in trained))
        evaluations: dict[str, Evaluation] = {}
        for (source, dropout), group in groupby(sorted(wanted, key=_pass), key=_pass):
            # Sets of one source overlap: evaluate each image once.
            sets = list(group)
            start = min(evaluation_set.images.start for evaluation_set in sets)
            stop = max(evaluation_set.images.stop for evaluation_set in sets)
            logits = self._logits(ImageSlice(source=source, start=start, stop=stop), dropout=dropout)
            for evaluation_set in sets:
                _, labels = images_of(self._images_of_run, evaluation_set.images)
                part = slice(evaluation_set.images.start - start, evaluation_set.images.stop - start)
                evaluations[evaluation_set.name] = evaluate_logits(
                    logits[part], labels, loss=self.protocol.loss, penalty=penalty, batch_size=evaluation_set.batch_size
                )
        return {evaluation_set.name: evaluations[evaluation_set.name] for evaluation_set in wanted}

    def _load_batches(self, *, period: int) -> None:
        training = self.protocol.training
        images, labels = images_of(self._images_of_run, training.images)
        # Free the previous run's batches first; holding both sets would set the worker's peak memory.
        self._batches: list[tuple[tf.Tensor, tf.Tensor]] = []
        self._period, carries = period, training.last_batch == "carried over"
        self._batches_start = training.steps_after(period - 1) if carries else 0
        renews = carries or training.order == "permuted each period"
        self._batches_end = training.steps_after(period) if renews else sys.maxsize
        for batches in draw_batches(self.protocol, seed=self._seed, period=period):
            pixels = allocate_pixels((*batches.shape, IMAGE_PIXELS))
            for batch, places in zip(pixels, batches, strict=True):
                self._scale(images[places], out=batch)
            # Share the memory instead of copying: TensorFlow keeps freed memory in pieces, enough for two sets.
            shared = tf.experimental.dlpack.from_dlpack(pixels.__dlpack__())
            self._batches.append((shared, tf.constant(labels[batches].astype(np.int32))))

    def _check_trained(self, seed: int) -> None:
        """Check that training changed the network: in a number format of few digits it may not.

        Raises
        ------
        RuntimeError
            If all weights and biases have their initial values.
        """
        start = draw_initial_values(self.protocol, seed=seed)
        pairs = zip(self.model.weights, start, strict=True)
        if all(np.array_equal(weight.numpy(), initial) for weight, initial in pairs if weight.trainable):
            msg = "no step changed a weight: nothing was trained"
            raise RuntimeError(msg)

    def _describe_period(self, step: int, measured: dict[str, Evaluation], *, seconds: float) -> Period:
        """Return what was measured after a period; raises a DivergedError if a batch's loss was not finite."""
        period = Period(
            step=step,
            learning_rate=learning_rate_at(self.protocol.optimizer.learning_rate, step=step - 1),
            loss={name: evaluation.loss for name, evaluation in measured.items()},
            accuracy={name: evaluation.accuracy for name, evaluation in measured.items()},
            seconds=seconds,
        )
        if running := self.protocol.running:
            period.loss[running.name], period.accuracy[running.name] = self._network.take_running_means()
        return period

    def _logits(self, images: ImageSlice, *, dropout: bool) -> NDArray[np.float64]:
        if images not in self._evaluation_images:
            self._evaluation_images[images] = tf.constant(self._scale(images_of(self._images_of_run, images)[0]))
        pixels = self._evaluation_images[images]
        masks = self._evaluation_dropout.draw(1, batch_size=len(images)) if dropout else ()
        most = _EVALUATED_VALUES // max(prod(placed.outputs) for placed in self.protocol.network)
        parts = [slice(start, start + most) for start in range(0, len(images), most)]
        logits = [self._network.find_logits(pixels[part], masks=[mask[0, part] for mask in masks]) for part in parts]
        return np.concatenate(logits).astype(np.float64)

    def _scale(self, pixels: NDArray[np.uint8], *, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Return the pixels scaled for the network."""
        scaled: NDArray[np.float32] = np.divide(
            pixels, np.float32(self.protocol.pixel_divisor), out=out, dtype=np.float32
        )
        return scaled


def _pass(evaluation_set: EvaluationSet) -> tuple[Literal["train", "test"], bool]:
    """Return the key of the sets that are evaluated in one pass."""
    return evaluation_set.images.source, evaluation_set.dropout


class _Stopwatch:
    """Sums the seconds spent in its `with` blocks."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> _Stopwatch:  # noqa: PYI034 - typing.Self is younger than Python 3.10
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._start
