"""A stand-in for MNIST that is always at hand: handwritten digits from scikit-learn in MNIST's form.

Scikit-learn carries 1,797 digits of 8 x 8 pixels, the test part of "Optical Recognition of Handwritten
Digits" in the UCI repository. Each is enlarged to about 20 x 20 pixels, as MNIST's digits are, and put near
the middle of a 28 x 28 image, in 81 variants. The arithmetic is on integers: the bytes are always the same.
"""

from __future__ import annotations

from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

SOURCE = "scikit-learn's 8 x 8 digits, enlarged and shifted"

_SIDE = 28
_BRIGHTEST = 16  # in scikit-learn's digits
_LENGTHS = (18, 20, 22)  # a digit's height and width in pixels
_SHIFTS = (-1, 0, 1)  # pixels from the middle, downwards and to the right
_VARIANTS = tuple(product(_LENGTHS, _LENGTHS, _SHIFTS, _SHIFTS))
_TEST_EVERY = 7  # one digit in 7 is for testing, as in MNIST

Split: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def build_digits() -> tuple[Split, Split]:
    """Return training and test images with their labels.

    Returns
    -------
    tuple of (images, labels), for training and for testing
        Images of shape (60000, 28, 28) and (10000, 28, 28), uint8 in 0..255; labels of shape (60000,) and
        (10000,), uint8 in 0..9. No two images are the same variant of a digit, and no digit is in both.
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415  takes a second, and MNIST does not need it

    digits, labels = load_digits(return_X_y=True)
    digits = digits.reshape(-1, 8, 8).astype(np.int64)
    train, test = split_digits(labels)
    return (
        _draw_variants(digits[train], labels[train], count=60_000, seed=1),
        _draw_variants(digits[test], labels[test], count=10_000, seed=2),
    )


def split_digits(labels: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the positions of the digits for training and for testing, the same share of each class.

    Parameters
    ----------
    labels
        Classes, of shape (n,).

    Returns
    -------
    tuple of int arrays
        Together every position in 0..n-1, once.
    """
    by_class = np.argsort(labels, kind="stable")
    for_test = np.arange(len(labels)) % _TEST_EVERY == 0
    return by_class[~for_test], by_class[for_test]


def _draw_variants(digits: NDArray[np.int64], labels: NDArray[np.integer], *, count: int, seed: int) -> Split:
    """Draw `count` different pairs of a digit and a variant, in random order.

    Of NumPy's random numbers only the raw ones of a bit generator are promised never to change: these decide.
    """
    keys = np.random.PCG64(seed).random_raw(len(digits) * len(_VARIANTS))
    drawn = np.argsort(keys, kind="stable")[:count]
    chosen, variants = np.divmod(drawn, len(_VARIANTS))
    images = np.zeros((count, _SIDE, _SIDE), dtype=np.uint8)
    for index, (height, width, down, right) in enumerate(_VARIANTS):
        drawn_here = variants == index
        rows = _around_middle(height, shift=down)
        columns = _around_middle(width, shift=right)
        images[drawn_here, rows, columns] = _enlarge(digits[chosen[drawn_here]], height=height, width=width)
    return images, labels[chosen].astype(np.uint8)


def _around_middle(length: int, *, shift: int) -> slice:
    start = (_SIDE - length) // 2 + shift
    return slice(start, start + length)


def _enlarge(digits: NDArray[np.int64], *, height: int, width: int) -> NDArray[np.uint8]:
    """Enlarge images of shape (n, 8, 8), 0..16, to (n, height, width), 0..255, by linear interpolation."""
    vertical = _interpolation_weights(digits.shape[1], enlarged=height)
    horizontal = _interpolation_weights(digits.shape[2], enlarged=width)
    brightness = vertical @ digits @ horizontal.T
    brightest = _BRIGHTEST * int(vertical[0].sum() * horizontal[0].sum())
    rounded: NDArray[np.int64] = (brightness * 255 + brightest // 2) // brightest
    return rounded.astype(np.uint8)


def _interpolation_weights(length: int, *, enlarged: int) -> NDArray[np.int64]:
    """Return the weights, of shape (enlarged, length), that take a row of `length` pixels to `enlarged` ones.

    The middle of new pixel i lies at ``(i + 1/2) length / enlarged - 1/2`` among the old ones. In units of
    ``1 / (2 enlarged)`` this is a whole number, and so are the weights; each row adds up to one pixel in
    these units. Beyond the middle of the outermost pixels their brightness goes on.
    """
    pixel = 2 * enlarged
    old = pixel * np.arange(length, dtype=np.int64)
    new = (2 * np.arange(enlarged, dtype=np.int64) + 1) * length - enlarged
    distances = np.abs(new.clip(old[0], old[-1])[:, None] - old)
    weights: NDArray[np.int64] = np.maximum(pixel - distances, 0)
    return weights
