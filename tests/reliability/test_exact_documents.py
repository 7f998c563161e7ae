"""Documents without randomness come out exact in float64 too: no rounding of ours made their digits."""

from __future__ import annotations

import numpy as np
import pytest
from installed import needs_mnist
from reference import find_logits, train

from mnist_repro.datasets.dataset import load_dataset
from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.documents.protocol import IMAGE_PIXELS

ATLAS = load_atlas()


@pytest.mark.nightly  # six thousand steps in float64
@needs_mnist
def test_lisa_logreg_is_exact_in_float64() -> None:
    """Trained again in NumPy, without TensorFlow, every printed error has the same digits."""
    dataset, protocol = load_dataset("mnist"), ATLAS.protocols["lisa-logreg"]
    images = {"train": dataset.train_images, "test": dataset.test_images}
    labels = {"train": dataset.train_labels, "test": dataset.test_labels}
    variables = [np.zeros((IMAGE_PIXELS, 10)), np.zeros(10)]
    trained, printed = 0, {}

    for claim in sorted(ATLAS.documents["lisa-logreg"].claims, key=lambda claim: claim.period or 0):
        variables = train(
            protocol,
            initial=variables,
            images=dataset.train_images.reshape(-1, IMAGE_PIXELS),
            labels=dataset.train_labels,
            orders=[np.arange(50_000)] * protocol.training.periods,
            masks=[()] * (((claim.period or 0) - trained) * protocol.training.steps_per_period),
        )
        trained = claim.period or 0
        part = protocol.evaluation_set(claim.evaluation_set or "").images
        pixels = images[part.source][part.start : part.stop].reshape(-1, IMAGE_PIXELS) / protocol.pixel_divisor
        classes = find_logits(protocol, variables, pixels).argmax(axis=1)
        error = 100 * float(np.mean(classes != labels[part.source][part.start : part.stop]))
        printed[claim.id] = f"{error:.6f}"[: len(claim.printed)]

    assert printed == {claim.id: claim.printed for claim in ATLAS.documents["lisa-logreg"].claims}


def test_candle_first_loss_is_a_sum_of_float32_in_parts() -> None:
    """The printed loss at zeros is above ln 10 by what 16 partial sums of float32 lose: the remark says so."""
    terms = np.full((60_000 // 16, 16), np.log(10), dtype=np.float32)
    parts = np.add.accumulate(terms, dtype=np.float32)[-1]

    assert f"{np.add.accumulate(parts, dtype=np.float32)[-1] / np.float32(60_000):.5f}" == "2.30265"
    assert f"{np.log(10):.5f}" == "2.30259"
