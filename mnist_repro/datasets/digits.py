"""A stand-in for MNIST that is always at hand: handwritten digits from scikit-learn in MNIST's form.

Scikit-learn carries 1,797 digits of 8 x 8 pixels, the test part of "Optical Recognition of Handwritten Digits" in the
UCI repository. Each is enlarged to 24 x 24 pixels and put in the middle of a 28 x 28 image, or one pixel beside it.
"""

from __future__ import annotations

from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

SOURCE = "scikit-learn's 8 x 8 digits, enlarged and shifted"

_SHIFTS = tuple(product((0, -1, 1), repeat=2))  # pixels downwards and to the right
_TEST_EVERY = 7  # one digit in 7 is for testing, as in MNIST

Split: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def build_digits() -> tuple[Split, Split]:
    """Return training and test images with their labels: the same bytes on every computer.

    Returns
    -------
    tuple of (images, labels), for training and for testing
        Images of shape (60000, 28, 28) and (10000, 28, 28), uint8 in 0..255; labels of shape (60000,) and (10000,),
        uint8 in 0..9. Images repeat, but no digit is in both parts.
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415  takes a second, and MNIST does not need it

    digits, labels = load_digits(return_X_y=True)
    enlarged = np.kron(digits.reshape(-1, 8, 8) * 255 // 16, np.ones((1, 3, 3)))  # scikit-learn's brightest is 16
    images = np.pad(enlarged, ((0, 0), (2, 2), (2, 2))).astype(np.uint8)
    by_class = np.argsort(labels, kind="stable")
    test = np.isin(np.arange(len(labels)), by_class[::_TEST_EVERY])  # the same fraction of each class
    return (_repeat(images[~test], labels[~test], count=60_000), _repeat(images[test], labels[test], count=10_000))


def _repeat(images: NDArray[np.uint8], labels: NDArray[np.integer], *, count: int) -> Split:
    """Repeat all images, each time by another shift, until there are `count`."""
    shifted = np.concatenate([np.roll(images, shift, axis=(1, 2)) for shift in _SHIFTS])
    return np.resize(shifted, (count, 28, 28)), np.resize(labels, count).astype(np.uint8)
