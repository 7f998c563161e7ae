"""The dataset that a study gets: where it comes from, and the messages if there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from small_mnist import SMALL_ARRAYS, SMALL_FILES, STAND_IN, TEST_LABELS, TRAIN_IMAGES, alter, write_plain

from mnist_repro.datasets import download as downloads
from mnist_repro.datasets.dataset import Dataset, load_dataset
from mnist_repro.datasets.digits import SOURCE as DIGITS_SOURCE
from mnist_repro.datasets.download import Mirror
from mnist_repro.errors import ReproError


def test_load_dataset_gives_images_as_rows_of_pixels(small: Dataset) -> None:
    """Images are flattened, labels are as they are, and nothing can be changed by accident."""
    np.testing.assert_array_equal(small.train_images, SMALL_ARRAYS["x_train"].reshape(6, 6))
    np.testing.assert_array_equal(small.train_labels, SMALL_ARRAYS["y_train"])
    np.testing.assert_array_equal(small.test_images, SMALL_ARRAYS["x_test"].reshape(4, 6))
    np.testing.assert_array_equal(small.test_labels, SMALL_ARRAYS["y_test"])
    assert not small.train_images.flags.writeable
    assert (small.name, small.is_stand_in, small.note) == ("mnist", False, "")


def test_load_dataset_folder_is_preferred_to_the_variable(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is given decides; the variable is not even read."""
    monkeypatch.setenv("MNIST_REPRO_DATA", str(nowhere / "missing"))

    assert load_dataset(folder=write_plain(nowhere / "given")).source == str(nowhere / "given")


def test_load_dataset_variable_is_preferred_to_usual_places(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that the variable names comes before the usual places."""
    write_plain(nowhere / "near")
    monkeypatch.setenv("MNIST_REPRO_DATA", str(write_plain(nowhere / "named")))

    assert load_dataset().source == str(nowhere / "named")


def test_load_dataset_empty_variable_counts_as_none(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable names no folder."""
    write_plain(nowhere / "near")
    monkeypatch.setenv("MNIST_REPRO_DATA", "")

    assert load_dataset().source == str(nowhere / "near")


def test_load_dataset_usual_places_are_tried_in_turn(nowhere: Path) -> None:
    """The first place that holds all of MNIST is used."""
    write_plain(nowhere / "far")

    assert load_dataset().source == str(nowhere / "far")

    write_plain(nowhere / "near")

    assert load_dataset().source == str(nowhere / "near")


def test_load_dataset_incomplete_usual_place_is_passed_over(nowhere: Path) -> None:
    """A usual place without one of the files does not keep the next from being used."""
    (write_plain(nowhere / "near") / TEST_LABELS.name).unlink()
    write_plain(nowhere / "far")

    assert load_dataset().source == str(nowhere / "far")


def test_load_dataset_altered_file_in_usual_place_is_an_error(nowhere: Path) -> None:
    """An altered file is never passed over silently, even where another place has a good one."""
    path = write_plain(nowhere / "near") / TRAIN_IMAGES.name
    alter(path)
    write_plain(nowhere / "far")

    with pytest.raises(ReproError, match=f"{TRAIN_IMAGES.name}: Expected .* the file was altered"):
        load_dataset()


@pytest.mark.parametrize("choice", ["auto", "mnist"])
def test_load_dataset_given_folder_without_mnist_is_an_error(nowhere: Path, choice: Literal["auto", "mnist"]) -> None:
    """A folder that was given is the only one that is looked into."""
    write_plain(nowhere / "near")

    with pytest.raises(ReproError, match=r"^--data must name a folder with .* but .*given does not exist\. Correct it"):
        load_dataset(choice, folder=nowhere / "given")


def test_load_dataset_named_folder_without_mnist_is_an_error(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that the variable names is the only one that is looked into."""
    write_plain(nowhere / "near")
    monkeypatch.setenv("MNIST_REPRO_DATA", str(nowhere))

    with pytest.raises(ReproError, match=r"^MNIST_REPRO_DATA must name .* holds nothing of MNIST\. Correct"):
        load_dataset()


def test_load_dataset_auto_without_mnist_is_the_stand_in_and_says_why(nowhere: Path) -> None:
    """If MNIST is not found, the stand-in is used, with a note."""
    dataset = load_dataset()

    assert (dataset.name, dataset.is_stand_in) == ("digits", True)
    assert dataset.note == (
        "MNIST is in none of the usual places, and it could not be downloaded from any mirror. There is no network."
    )
    assert not (nowhere / "cache").exists()


def test_load_dataset_mnist_without_mnist_names_every_place_and_the_next_step(nowhere: Path) -> None:
    """MNIST is never replaced if it was asked for; the error says where it was looked for."""
    (write_plain(nowhere / "far") / TEST_LABELS.name).unlink()

    with pytest.raises(ReproError) as caught:
        load_dataset("mnist")

    lines = str(caught.value).splitlines()
    assert lines == [
        "MNIST was not found:",
        f"  {nowhere / 'near'} does not exist",
        f"  {nowhere / 'far'} holds only a part of MNIST: t10k-labels-idx1-ubyte is missing",
        "  and it could not be downloaded from any mirror. There is no network.",
        (
            "Give a folder with MNIST's four IDX files, plain or gzipped, or with mnist.npz "
            "by --data or MNIST_REPRO_DATA, or use the stand-in: --dataset digits."
        ),
    ]


def test_load_dataset_digits_does_not_look_for_mnist(nowhere: Path) -> None:
    """The stand-in is given to whoever asks for it, though MNIST is there."""
    dataset = load_dataset("digits", folder=write_plain(nowhere / "given"))

    assert (dataset.name, dataset.note, dataset.source) == ("digits", "", DIGITS_SOURCE)
    np.testing.assert_array_equal(dataset.train_images, STAND_IN[0][0].reshape(5, 6))
    np.testing.assert_array_equal(dataset.train_labels, STAND_IN[0][1])
    np.testing.assert_array_equal(dataset.test_images, STAND_IN[1][0].reshape(3, 6))
    np.testing.assert_array_equal(dataset.test_labels, STAND_IN[1][1])


def test_load_dataset_digits_have_the_form_of_mnist() -> None:
    """The stand-in from scikit-learn has as many images as MNIST, of as many pixels, and cannot be changed either."""
    dataset = load_dataset("digits")

    assert dataset.train_images.shape == (60_000, 784)
    assert dataset.test_images.shape == (10_000, 784)
    assert not dataset.train_images.flags.writeable


def test_load_dataset_unknown_choice_is_an_error() -> None:
    """A misspelt choice is not taken for another."""
    with pytest.raises(ReproError, match=r"one of auto, mnist, digits; received 'minst'"):
        load_dataset("minst")  # type: ignore[arg-type]


def test_load_dataset_downloads_at_last(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a mirror gives for the cache is used, and both are named; it shows its progress if it may."""
    mirror = Mirror(name="near", url="https://mirror.example/mnist", form="idx")
    arrays = tuple(SMALL_ARRAYS[file.npz_key] for file in SMALL_FILES)
    asked = []

    def give(*place: object, **wishes: object) -> tuple[Any, Mirror]:
        asked.append((place, wishes))
        return arrays, mirror

    monkeypatch.setattr(downloads, "download_mnist", give)

    dataset = load_dataset("mnist", progress=False)
    load_dataset()

    wishes = {"files": SMALL_FILES, "mirrors": downloads.MIRRORS}
    assert asked == [((nowhere / "cache",), {**wishes, "progress": shown}) for shown in (False, True)]
    assert dataset.name == "mnist"
    assert dataset.source == f"https://mirror.example/mnist, kept in {nowhere / 'cache'}"
