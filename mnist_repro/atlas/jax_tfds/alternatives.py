"""What JAX's notebook with TensorFlow Datasets might have done instead of what its code says."""

from __future__ import annotations

from mnist_repro.atlas.jax_pytorch.alternatives import sum_loss
from mnist_repro.atlas.jax_tfds.experiments import EXPERIMENTS
from mnist_repro.documents import ConstantRate, GradientDescent, vary

(_TFDS,) = EXPERIMENTS

ALTERNATIVES = (
    sum_loss(_TFDS),
    vary(
        _TFDS,
        "rate-0.001",
        choice="learning rate",
        change="0.001, a tenth",
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.001)),
    ),
)
