"""The network of Nielsen's chapter 3 on 1,000 images with a penalty."""

from __future__ import annotations

from mnist_repro.atlas.nielsen_ch3_overfitting.experiments import thousand_images
from mnist_repro.documents import L2, Loss

EXPERIMENTS = (
    thousand_images(
        "regularized",
        "1,000 images, regularized",
        # lambda of 0.1, halved, over the training images
        loss=Loss(kind="cross entropy per class", penalty=L2(factor=0.1 / 2 / 1_000, of="weights", reported=True)),
        minimum=0.84,
    ),
)
