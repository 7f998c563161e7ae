"""Keras's example mnist_mlp.py, as it is in Keras 2.3.1, and what its versions have in common."""

from __future__ import annotations

from mnist_repro.documents import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    ConstantRate,
    EvaluationSet,
    GlorotUniform,
    ImageSlice,
    Layer,
    Protocol,
    Reconstruction,
    RMSprop,
    Training,
    Zeros,
)
from mnist_repro.documents.layers import InitialValues

_WHOLE_RUN = Reconstruction(
    choice="run and epoch of the printed accuracy",
    chosen="the last of a single one",
    evidence="The comment says after 20 epochs, neither of how many runs nor whether the last is the best. The example "
    "trains once, and prints the accuracy of evaluate at its end.",
)


def example(
    *,
    hidden: int,
    weights: tuple[InitialValues, ...],
    optimizer: RMSprop,
    minimum: float,
    reconstructions: tuple[Reconstruction, ...],
) -> Protocol:
    """Return the example with two layers of `hidden` units, and dropout of 20 % after each."""
    return Protocol(
        id=f"keras-mlp-{hidden}",
        title=f"Keras's mnist_mlp.py, {hidden} units in each hidden layer",
        layers=(
            *(
                Layer(units=hidden, activation="relu", weights=initial, biases=Zeros(), keep_probability=0.8)
                for initial in weights[:-1]
            ),
            Layer(units=10, activation="softmax", weights=weights[-1], biases=Zeros()),
        ),
        optimizer=optimizer,
        training=Training(
            images=ImageSlice(source="train", start=0, stop=60_000),
            batch_size=128,
            periods=20,
            steps_per_period=469,
            restart_each_period=True,
            order="permuted each period",
            last_batch="kept",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(EvaluationSet(name="test", images=ALL_TEST_IMAGES.images),),
        evaluated_each_period=("test",),
        evaluated_at_end=("test",),
        confusion_set="test",
        seeds={"full": 20},
        gate=AccuracyGate(evaluation_set="test", minimum=minimum),
        reconstructions=(_WHOLE_RUN, *reconstructions),
    )


EXPERIMENTS = (
    example(
        hidden=512,
        weights=(GlorotUniform(), GlorotUniform(), GlorotUniform()),
        optimizer=RMSprop(learning_rate=ConstantRate(rate=0.001), decay=0.9, epsilon=1e-7, epsilon_in_root=False),
        minimum=0.974,
        reconstructions=(
            Reconstruction(
                choice="initial weights and order",
                chosen="drawn anew for each run",
                evidence="The example sets no seed.",
            ),
        ),
    ),
)
