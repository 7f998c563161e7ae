"""The stand-in: the same bytes everywhere, in MNIST's form, and honest between training and testing."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from sklearn.datasets import load_digits

from mnist_repro.datasets.digits import Split, build_digits, split_digits


@pytest.fixture(scope="module")
def built() -> tuple[Split, Split]:
    """Return the stand-in, built once."""
    return build_digits()


# Made by build_digits itself, with NumPy 2.4.6 on Python 3.11 and with NumPy 2.5.5 on Python 3.13.
@pytest.mark.parametrize(
    ("part", "array", "sha256"),
    [
        pytest.param(0, 0, "4842ff9fc39ca0d24b7fb0aad9fa3102d8253ead58d194d222bb78788c77e595", id="training images"),
        pytest.param(0, 1, "8a62d3825fc09b7118448ff5d7760db33fd72935d8e96a047cd4d460a0bb960f", id="training labels"),
        pytest.param(1, 0, "aa5cc356155c3881d45f647bf89690c258196a4f276e5b3fa5e35e9e87b1266b", id="test images"),
        pytest.param(1, 1, "6cc5f87616e105d194f86586f105739f1aae946579bc282a7d4921765080adc8", id="test labels"),
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
    """Shapes, types, range of the pixels and the share of each class are MNIST's."""
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


def test_build_digits_no_test_image_is_a_training_image(built: tuple[Split, Split]) -> None:
    """Training and test images have no image in common."""
    (train, _), (test, _) = built

    assert not {image.tobytes() for image in train} & {image.tobytes() for image in test}


def test_split_digits_puts_each_digit_into_one_part() -> None:
    """No digit is both for training and for testing, none is lost, and the classes are shared alike."""
    _, labels = load_digits(return_X_y=True)

    train, test = split_digits(labels)

    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(len(labels)))
    shares = np.bincount(labels[test]) / np.bincount(labels)
    assert np.abs(shares - 1 / 7).max() < 0.01
