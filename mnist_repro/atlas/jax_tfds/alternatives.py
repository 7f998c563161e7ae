"""What JAX's notebook with TensorFlow Datasets might have done instead of what its code says."""

from __future__ import annotations

from mnist_repro.atlas.jax_pytorch.alternatives import list_alternatives
from mnist_repro.atlas.jax_tfds.experiments import EXPERIMENTS

ALTERNATIVES = tuple(variant for protocol in EXPERIMENTS for variant in list_alternatives(protocol))
