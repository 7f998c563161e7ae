"""What else the tiny document's author might have done."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.documents import vary

from .experiments import EXPERIMENTS

(_LINEAR,) = EXPERIMENTS

ALTERNATIVES = (
    vary(_LINEAR, "batches-of-10", choice="batch size", change="10", training=replace(_LINEAR.training, batch_size=10)),
)
