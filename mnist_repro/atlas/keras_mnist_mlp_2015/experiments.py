"""Keras's example mnist_mlp.py in June 2015, with that day's layers and RMSprop."""

from __future__ import annotations

from mnist_repro.atlas.keras_mnist_mlp.experiments import example
from mnist_repro.documents import ConstantRate, Reconstruction, RMSprop, Uniform

_GLOROT = Uniform(limit=2**0.5, fan="inputs and outputs")
_AFTER_DROPOUT = Uniform(limit=0.8 * 2**0.5, fan="inputs and outputs")

EXPERIMENTS = (
    example(
        hidden=128,
        weights=(_GLOROT, _AFTER_DROPOUT, _AFTER_DROPOUT),
        optimizer=RMSprop(learning_rate=ConstantRate(rate=0.001), decay=0.9, epsilon=1e-6, epsilon_in_root=True),
        minimum=0.973,
        reconstructions=(
            Reconstruction(
                choice="initial weights",
                chosen="uniform up to the root of 2 / (inputs + outputs), times 0.8 after dropout",
                evidence="Keras's glorot_uniform had this limit until July 2015, and Glorot's larger one since. "
                "For the factor see dropout.",
            ),
            Reconstruction(
                choice="dropout",
                chosen="kept outputs are divided by 0.8 in training",
                evidence="Keras multiplied by 0.8 in evaluation instead. That is the same network with weights of the "
                "next layer 0.8 times as large; RMSprop's steps, which do not depend on the gradient's size, were so "
                "too, and are not here.",
            ),
            Reconstruction(
                choice="initial weights and order of a run",
                chosen="drawn anew for each run",
                evidence="The example sets a seed, 1337, which gives the same numbers with its own versions alone.",
            ),
        ),
    ),
)
