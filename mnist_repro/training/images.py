"""Select the images that a protocol names, and allocate those that are trained on."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import ImageSlice
from mnist_repro.errors import ReproError


def images_of(dataset: Dataset, image_slice: ImageSlice) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the images of a slice and their labels.

    Returns
    -------
    images : uint8 array of shape (n, 784)
    labels : uint8 array of shape (n,)
        Both are views of the dataset's arrays.

    Raises
    ------
    ReproError
        If the slice exceeds the dataset.
    """
    if image_slice.source == "train":
        images, labels = dataset.train_images, dataset.train_labels
    else:
        images, labels = dataset.test_images, dataset.test_labels
    if not 0 <= image_slice.start <= image_slice.stop <= len(images):
        msg = (
            f"A slice lies within the {len(images)} {image_slice.source} images; "
            f"received {image_slice.start}..{image_slice.stop}. Correct the protocol that names it."
        )
        raise ReproError(msg)
    chosen = slice(image_slice.start, image_slice.stop)
    return images[chosen], labels[chosen]


def allocate_pixels(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return an uninitialised array aligned to 64 bytes, as TensorFlow requires to use it without a copy."""
    numbers = prod(shape)
    space = np.empty(numbers + 64, dtype=np.float32)
    start = -space.ctypes.data % 64 // space.itemsize
    return space[start : start + numbers].reshape(shape)
