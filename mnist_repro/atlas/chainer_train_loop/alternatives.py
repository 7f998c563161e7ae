"""What Chainer's page did when its lines were printed, and what else it might have done."""

from __future__ import annotations

from mnist_repro.atlas.chainer_mnist.alternatives import list_alternatives
from mnist_repro.atlas.chainer_train_loop.experiments import EXPERIMENTS

ALTERNATIVES = tuple(variant for protocol in EXPERIMENTS for variant in list_alternatives(protocol))
