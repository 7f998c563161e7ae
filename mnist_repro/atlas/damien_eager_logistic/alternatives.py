"""What Damien's notebook did when it printed its numbers, and what else it might have done."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.damien_eager_logistic.experiments import EXPERIMENTS
from mnist_repro.documents import ImageSlice, vary

(_LOGISTIC,) = EXPERIMENTS
_TRAINING = _LOGISTIC.training

ALTERNATIVES = (
    vary(
        _LOGISTIC,
        "older-code",
        choice="images that fill no batch",
        change="a batch of their own, as in the code of March 2018",
        seeds=1,
        training=replace(_TRAINING, last_batch="kept"),
    ),
    vary(
        _LOGISTIC,
        "dropped",
        choice="images that fill no batch",
        change="left out",
        seeds=1,
        training=replace(_TRAINING, last_batch="dropped"),
    ),
    vary(
        _LOGISTIC,
        "all-images",
        choice="training images",
        change="all 60,000",
        seeds=1,
        training=replace(_TRAINING, images=ImageSlice(source="train", start=0, stop=60_000)),
    ),
)
