"""The experiment of Chainer's page on the training loop, as the page stands: that of the page on its Trainer."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.chainer_mnist import experiments as trainer

(_TRAINER,) = trainer.EXPERIMENTS
_WEIGHTS, _, _LAST_BATCH = _TRAINER.reconstructions

EXPERIMENTS = (
    replace(
        _TRAINER,
        id="chainer-train-loop",
        title="Chainer's training loop: 784-100-100-10",
        running=None,
        reconstructions=(_WEIGHTS, _LAST_BATCH),
    ),
)
