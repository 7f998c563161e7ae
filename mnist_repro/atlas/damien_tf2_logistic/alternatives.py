"""What Damien's notebook did when it printed its accuracy, and what else it might have done."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.damien_tf2_logistic.experiments import EXPERIMENTS
from mnist_repro.documents import Loss, vary

(_LOGISTIC,) = EXPERIMENTS

ALTERNATIVES = (
    vary(
        _LOGISTIC,
        "older-code",
        choice="loss",
        change="summed over a batch, as in the code of April 2019",
        seeds=20,
        loss=Loss(summed=True),
    ),
    # The other end of a window of 5,000 images: none at all.
    vary(
        _LOGISTIC,
        "as-stored",
        choice="training order",
        change="as stored",
        seeds=1,
        training=replace(_LOGISTIC.training, order="as stored"),
    ),
)
