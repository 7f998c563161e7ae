"""The stand-in: the same bytes everywhere, in MNIST's form, and honest between training and testing."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from mnist_repro.datasets.digits import Split, build_digits


@pytest.fixture(scope="module")
def built() -> tuple[Split, Split]:
    """Return the stand-in, built once."""
    return build_digits()


# Made by build_digits itself, with NumPy 2.4.6 and scikit-learn 1.9.1 and with NumPy 1.23.5 and scikit-learn 1.2.2.
@pytest.mark.parametrize(
    ("part", "array", "sha256"),
    [
        pytest.param(0, 0, "099fdc76cdca0beb4c2eaf24a7a440cc9afc7f8e4ab5580a0252ff38811b6ddd", id="training images"),
        pytest.param(0, 1, "087a02bede20162ad8fe9c7e5ced3cc7ae63d17beab127ba08b87f369c1a1bcf", id="training labels"),
        pytest.param(1, 0, "34e66c67c18c1466449f8fba0d74094a6be45780ce104a8512b15cba35f6897f", id="test images"),
        pytest.param(1, 1, "eb7b4f89fb16da9849206a35a8c8f126752f5f05ceb7602858cf1f71874f0a27", id="test labels"),
    ],
)
def test_build_digits_has_the_same_bytes_everywhere(
    built: tuple[Split, Split], part: int, array: int, sha256: str
) -> None:
    """Whatever the versions of Python, NumPy and scikit-learn, the bytes are those recorded here."""
    assert hashlib.sha256(built[part][array].tobytes()).hexdigest() == sha256


@pytest.mark.parametrize(
    ("part", "count"), [pytest.param(0, 60_000, id="training"), pytest.param(1, 10_000, id="test")]
)
def test_build_digits_has_the_form_of_mnist(built: tuple[Split, Split], part: int, count: int) -> None:
    """Shapes, types, range of the pixels and the fraction of each class are MNIST's."""
    images, labels = built[part]

    assert images.shape == (count, 28, 28)
    assert labels.shape == (count,)
    assert images.dtype == labels.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 255)
    assert np.abs(np.bincount(labels, minlength=10) / count - 0.1).max() < 0.01


def test_build_digits_leaves_a_dark_border(built: tuple[Split, Split]) -> None:
    """No digit touches the border of its image."""
    for images, _ in built:
        assert images[:, [0, -1], :].max() == 0
        assert images[:, :, [0, -1]].max() == 0


def test_build_digits_no_digit_is_in_both_parts(built: tuple[Split, Split]) -> None:
    """Training and test images have no digit in common, not even shifted."""
    (train, _), (test, _) = built

    assert not {crop(image) for image in train} & {crop(image) for image in test}


def test_build_digits_uses_every_digit(built: tuple[Split, Split]) -> None:
    """The 1,797 digits of scikit-learn are all in one of the parts, each in nine places."""
    (train, _), (test, _) = built

    assert len({image.tobytes() for image in train}) + len({image.tobytes() for image in test}) == 9 * 1_797


def test_build_digits_can_be_learnt(built: tuple[Split, Split]) -> None:
    """Of the first test images, at least 90 % have the class of the nearest of the first training images."""
    (train, train_labels), (test, test_labels) = built
    known, asked = (images.reshape(-1, 784) / np.float32(255) for images in (train[:14_000], test[:250]))
    nearest = ((known**2).sum(axis=1) - 2 * asked @ known.T).argmin(axis=1)

    assert (train_labels[nearest] == test_labels[:250]).mean() >= 0.9


def crop(image: NDArray[np.uint8]) -> bytes:
    """Return an image without the dark rows and columns around its digit."""
    rows, columns = image.any(axis=1).nonzero()[0], image.any(axis=0).nonzero()[0]
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].tobytes()
