"""Compiled training and inference of a protocol's network: many steps in one call, pixels to logits in another.

Python does not run between steps. Where XLA compiles them, every variable is trained flattened: XLA vectorises along
the last axis, and ten classes are too few to fill a vector. The numbers are the same, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from operator import getitem
from typing import Any

import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from mnist_repro.documents.layers import Dropout
from mnist_repro.documents.losses import L2
from mnist_repro.documents.protocol import IMAGE_PIXELS, Protocol
from mnist_repro.training.evaluation import DivergedError, is_penalized
from mnist_repro.training.keras_model import build_model, build_optimizer, find_losses, set_number_format
from mnist_repro.training.randomness import dropout_layers

# XLA fuses the many small operations of a small network, but its matrix products are slower: it wins below this number
# of multiplications in a step.
_XLA_MULTIPLICATIONS = 10_000_000


class Network:
    """A network with compiled training and inference.

    Parameters
    ----------
    protocol
        What to train.

    Attributes
    ----------
    model
        The Keras model, with its current weights.
    """

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        set_number_format()
        self.model = build_model(protocol)
        self._dropouts = [placed.layer for placed in protocol.network if isinstance(placed.layer, Dropout)]
        # XLA compiles for fixed shapes, and the number of masks varies with the number of steps.
        fewest = _XLA_MULTIPLICATIONS * protocol.training.steps
        self._xla = not dropout_layers(protocol) and protocol.multiplications < fewest
        variables = self.model.trainable_variables
        self._trained = [tf.Variable(tf.reshape(each, [-1])) for each in variables] if self._xla else variables
        self._optimizer = build_optimizer(protocol, clips=False)
        # Before TensorFlow 2.11, the method of optimisers that creates their variables had another name.
        build = getattr(self._optimizer, "build", None) or self._optimizer._create_all_weights  # noqa: SLF001
        build(self._trained)
        self._fresh_optimizer = [variable.numpy() for variable in self._optimizer_variables()]
        self._sums = tf.Variable([0.0, 0.0, 0.0], dtype=tf.float64, trainable=False)
        self._train: dict[tuple[int, int], Any] = {}
        pixels = tf.TensorSpec((None, IMAGE_PIXELS), tf.float32)
        self._predict = tf.function(self._forward, input_signature=[pixels], autograph=False)
        self._predict_with_dropout = tf.function(
            self._forward, input_signature=[pixels, self._mask_specs(None)], autograph=False
        )

    def load(self, initial_values: Sequence[NDArray[Any]]) -> None:
        """Set weights and biases to their initial values, and reset the optimiser."""
        self.model.set_weights(initial_values)
        self._sums.assign([0.0, 0.0, 0.0])
        for variable, value in zip(self._optimizer_variables(), self._fresh_optimizer, strict=True):
            variable.assign(value)

    def train(
        self, images: tf.Tensor, labels: tf.Tensor, *, masks: Sequence[NDArray[Any]], first: int, steps: int
    ) -> None:
        """Train for `steps` steps, in one compiled call.

        Parameters
        ----------
        images, labels
            All batches of one size: scaled pixels, float32 of shape (batches, images, 784), and classes, int32 of
            shape (batches, images).
        masks
            For each dropout the values it keeps, of shape (steps, images, ...).
        first
            Number of steps trained before.
        """
        batches, size = labels.shape
        if (batches, size) not in self._train:
            self._train[batches, size] = self._compile(batches, size)
        train = self._train[batches, size]
        train(images, labels, [tf.constant(mask) for mask in masks], tf.constant(first), tf.constant(steps))

    def find_logits(self, pixels: tf.Tensor, *, masks: Sequence[NDArray[Any]] = ()) -> tf.Tensor:
        """Return the logits of images, float32 of shape (n, 10); `masks` as in `train`, for one step."""
        if masks:
            return self._predict_with_dropout(pixels, [tf.constant(mask) for mask in masks])
        return self._predict(pixels)

    def _compile(self, batches: int, size: int) -> Any:
        """Compile many steps, on batches of one size, into one call."""
        variables, trained = self.model.trainable_variables, self._trained
        batch_shape = (batches, size)
        turn = self._protocol.training.steps_per_turn
        declared, running = self._protocol.loss, self._protocol.running
        # A slice is free and a gather copies, but XLA would recompile for every first batch that is sliced.
        take = tf.gather if self._xla else getitem

        @tf.function(  # type: ignore[untyped-decorator] # TensorFlow publishes no types
            jit_compile=self._xla,
            input_signature=[
                tf.TensorSpec((*batch_shape, IMAGE_PIXELS), tf.float32),
                tf.TensorSpec(batch_shape, tf.int32),
                self._mask_specs(None, size),
                tf.TensorSpec((), tf.int32),
                tf.TensorSpec((), tf.int32),
            ],
        )
        def train(
            images: tf.Tensor, labels: tf.Tensor, keep: list[tf.Tensor], first: tf.Tensor, steps: tf.Tensor
        ) -> None:
            _copy(variables, trained)
            step = tf.constant(0)
            while step < steps:  # XLA would recompile a loop over a range for every length
                # At the start of a step, XLA sees that these copies need no memory of their own.
                _copy(trained, variables)
                batch = (first + step) % turn % batches
                with tf.GradientTape() as tape:
                    logits = self._forward(take(images, batch), [mask[step] for mask in keep], training=True)
                    losses = find_losses(declared, logits=logits, labels=take(labels, batch))
                    loss = tf.reduce_sum(losses) if declared.summed else tf.reduce_mean(losses)
                    loss = loss if declared.divisor == 1.0 else loss / declared.divisor
                    total = loss if declared.penalty is None else loss + self._penalty(declared.penalty)
                if running is not None:
                    shown = total if declared.penalty is not None and declared.penalty.reported else loss
                    self._add_means(shown, logits, take(labels, batch), weight=size if running.weighted else 1)
                gradients = self._clip(tape.gradient(total, variables))
                # In a compiled function, TensorFlow 2.8 does not support `strict`.
                pairs = zip(gradients, trained)  # noqa: B905
                self._optimizer.apply_gradients([(tf.reshape(each, row.shape), row) for each, row in pairs])
                if self._protocol.weight_format == "float16":
                    for variable in (*trained, *self.model.non_trainable_weights):
                        variable.assign(tf.cast(tf.cast(variable, tf.float16), tf.float32))
                step += 1
            _copy(trained, variables)

        return train

    def _forward(self, pixels: tf.Tensor, keep: Sequence[tf.Tensor] = (), *, training: bool = False) -> tf.Tensor:
        """Return the logits: Keras's layers, with our masks, or none, in place of its dropout.

        In training, batch normalisation takes the batch's own mean and variance, and moves its running means.
        """
        values = pixels
        masks, dropouts = iter(keep), iter(self._dropouts)
        for layer in self.model.layers:
            if isinstance(layer, keras.layers.Dropout):
                if keep:
                    declared, kept = next(dropouts), tf.cast(next(masks), tf.float32)
                    values *= kept / declared.keep_probability if declared.rescales_kept else kept
            elif isinstance(layer, keras.layers.BatchNormalization):
                values = layer(values, training=training)
            else:
                values = layer(values)
        return values

    def _penalty(self, penalty: L2) -> tf.Tensor:
        penalized = [each for each in self.model.trainable_variables if is_penalized(penalty, each.shape)]
        return penalty.factor * tf.add_n([tf.reduce_sum(tf.square(each)) for each in penalized])

    def _add_means(self, loss: tf.Tensor, logits: tf.Tensor, labels: tf.Tensor, *, weight: int) -> None:
        """Add a batch's loss and accuracy to those of the period."""
        right = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), labels)
        accuracy = tf.reduce_mean(tf.cast(right, tf.float64))
        self._sums.assign_add(weight * tf.stack([tf.cast(loss, tf.float64), accuracy, tf.ones((), tf.float64)]))

    def take_running_means(self) -> tuple[float, float]:
        """Return the means of loss and accuracy over the batches since the last call or the start of the run.

        Raises
        ------
        DivergedError
            If a batch's loss was not finite.
        """
        loss, accuracy, weight = self._sums.numpy().tolist()
        self._sums.assign([0.0, 0.0, 0.0])
        if not isfinite(loss):
            msg = "a batch's loss was no longer finite"
            raise DivergedError(msg)
        return loss / weight, accuracy / weight

    def _clip(self, gradients: list[tf.Tensor]) -> list[tf.Tensor]:
        """Clip gradients as Keras's optimisers do, but before flattening, which would change the rounding of norms."""
        clip_norm = self._protocol.optimizer.clip_norm
        return gradients if clip_norm is None else [tf.clip_by_norm(each, clip_norm) for each in gradients]

    def _mask_specs(self, *examples: int | None) -> list[tf.TensorSpec]:
        return [tf.TensorSpec((*examples, *shape), tf.bool) for shape, _ in dropout_layers(self._protocol)]

    def _optimizer_variables(self) -> list[Any]:
        variables = self._optimizer.variables
        return list(variables() if callable(variables) else variables)  # a method in Keras 2


def _copy(values: Iterable[Any], variables: Iterable[Any]) -> None:
    """Assign values to variables, reshaped; skip a variable that is the value itself."""
    for value, variable in zip(values, variables):  # noqa: B905 - see above
        if value is not variable:
            variable.assign(tf.reshape(value, variable.shape))
