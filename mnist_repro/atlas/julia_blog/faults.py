"""Mistakes planted in the Julia post's experiments, to learn which of them the regression gate catches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from mnist_repro.atlas.julia_blog.alternatives import ALTERNATIVES
from mnist_repro.atlas.julia_blog.experiments import EXPERIMENTS
from mnist_repro.documents import Adam, ConstantRate, plant, plant_alternative, read_otherwise, with_fields

if TYPE_CHECKING:
    from mnist_repro.datasets.dataset import Dataset

_SEEDS = 100
_, _LINEAR, _NET = EXPERIMENTS
_ADAM = cast("Adam", _LINEAR.optimizer)
_RATE = cast("ConstantRate", _ADAM.learning_rate).rate
_plant = partial(plant, seeds=_SEEDS)


def shuffle_labels(fraction: float) -> Callable[[Dataset], Dataset]:
    """Return a function that permutes the given fraction of the training labels, the same ones in all runs."""

    def shuffle(dataset: Dataset) -> Dataset:
        import numpy as np  # noqa: PLC0415  needless where faults are only listed

        generator = np.random.default_rng(0)
        images = len(dataset.train_labels)
        chosen = generator.choice(images, size=round(fraction * images), replace=False)
        labels = dataset.train_labels.copy()
        labels[chosen] = labels[generator.permutation(chosen)]
        return replace(dataset, train_labels=labels)

    return shuffle


def _shift(*names: str) -> Callable[[Dataset], Dataset]:
    """Return a function that moves the pixels of images, by name of their array, by one."""

    def shift(dataset: Dataset) -> Dataset:
        import numpy as np  # noqa: PLC0415  as above

        return replace(dataset, **{name: np.roll(getattr(dataset, name), 1, axis=1) for name in names})

    return shift


FAULTS = (
    *(
        _plant(
            _LINEAR,
            f"rate-x{factor:g}",
            change=f"learning rate times {factor:g}",
            optimizer=replace(_ADAM, learning_rate=ConstantRate(rate=_RATE * factor)),
        )
        for factor in (0.9, 10.0)
    ),
    _plant(_LINEAR, "beta2-0.99", change="Adam's beta2 0.99 for 0.999", optimizer=replace(_ADAM, beta_2=0.99)),
    *(
        _plant(
            _LINEAR,
            f"labels-{percent}-percent",
            change=f"{percent} % of the training labels shuffled",
            alter=shuffle_labels(percent / 100),
        )
        for percent in (1, 5)
    ),
    _plant(_LINEAR, "test-pixels-off", change="test images read one pixel off", alter=_shift("test_images")),
    _plant(
        _LINEAR,
        "not-permuted",
        change="training images not permuted",
        training=replace(_LINEAR.training, order="as stored"),
    ),
    _plant(_LINEAR, "no-bias", change="last layer without biases", layers=with_fields(_LINEAR.layers, biases=None)),
    read_otherwise(
        _LINEAR,
        "wrong-slice",
        choice="planted fault",
        change="evaluated on the whole test set",
        seeds=_SEEDS,
        reads={"validation": "all test images"},
    ),
    plant_alternative(ALTERNATIVES, f"{_LINEAR.id}+no-clipping", change="gradients not clipped", seeds=_SEEDS),
    _plant(_NET, "float16", change="weights kept in float16", weight_format="float16"),
    _plant(_NET, "pixels-off", change="all images read one pixel off", alter=_shift("train_images", "test_images")),
    plant_alternative(ALTERNATIVES, f"{_NET.id}+epsilon-1e-3", change="Adam's epsilon 1e-3 for 1e-8", seeds=_SEEDS),
)
