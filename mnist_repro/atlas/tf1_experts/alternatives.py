"""What TensorFlow's tutorial for experts did at other times, and what it says is nearly the same."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.tf1_experts.experiments import EXPERIMENTS
from mnist_repro.documents import Loss, vary, with_hidden

_SOFTMAX, _CONVOLUTIONS = EXPERIMENTS

ALTERNATIVES = (
    vary(
        _SOFTMAX,
        "batch-50",
        choice="batch size",
        change="50, as from April to July 2016",
        training=replace(_SOFTMAX.training, batch_size=50),
    ),
    vary(
        _CONVOLUTIONS,
        "no-dropout",
        choice="dropout",
        change="none, which a footnote says changes little",
        layers=with_hidden(_CONVOLUTIONS.layers, keep_probability=1.0),
    ),
    vary(
        _CONVOLUTIONS,
        "summed",
        choice="loss",
        change="summed over a batch, as before April 2016",
        loss=Loss(summed=True),
    ),
)
