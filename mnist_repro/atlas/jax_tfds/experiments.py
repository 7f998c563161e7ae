"""The experiment of JAX's notebook with TensorFlow Datasets: that with PyTorch's loader, in another order."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.jax_pytorch import experiments as pytorch
from mnist_repro.documents import AccuracyGate, Reconstruction

(_PYTORCH,) = pytorch.EXPERIMENTS
_INITIAL, _ = _PYTORCH.reconstructions

EXPERIMENTS = (
    replace(
        _PYTORCH,
        id="jax-tfds",
        title="JAX, TensorFlow Datasets: 784-512-512-10",
        training=replace(_PYTORCH.training, periods=10, order="permuted once"),
        gate=AccuracyGate(evaluation_set="test", minimum=0.917),
        reconstructions=(
            _INITIAL,
            Reconstruction(
                choice="training order",
                chosen="one permutation for all epochs, drawn for each run",
                evidence="TensorFlow Datasets stores the images in an order of its own, and the notebook takes them as "
                "they come in every epoch.",
            ),
        ),
    ),
)
