"""The dataset: MNIST from a folder, the cache or a download, checked bit for bit, or a stand-in."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mnist_repro.datasets.digits import SOURCE as DIGITS_SOURCE, build_digits
from mnist_repro.datasets.folders import AbsentError, read_folder
from mnist_repro.datasets.idx import MNIST_FILES, Arrays
from mnist_repro.datasets.places import FOLDER_VARIABLE, Choice, cache_folder, usual_places
from mnist_repro.errors import ReproError

# SHA-256 sum of the published images and labels, in the order of `Dataset.sha256`.
MNIST_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"
# Images of each class in some of its slices, by source, first position and the position after the last.
MNIST_CLASSES = {
    ("test", 0, 2_500): (219, 287, 276, 254, 275, 221, 225, 257, 242, 244),
    ("test", 0, 10_000): (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
}

_WHAT_TO_GIVE = "a folder with MNIST's four IDX files, plain or gzipped, or with mnist.npz"


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Images of handwritten digits with their classes, in their original order. All arrays become read-only."""

    name: Literal["mnist", "digits"]  #: MNIST itself, or the digits that stand in for it
    train_images: NDArray[np.uint8]  #: (60000, 784), rows of 28 x 28 pixels, 0 = background, 255 = ink
    train_labels: NDArray[np.uint8]  #: (60000,), in 0..9
    test_images: NDArray[np.uint8]  #: (10000, 784), as `train_images`
    test_labels: NDArray[np.uint8]  #: (10000,), in 0..9
    source: str  #: where they come from, for readers
    note: str = ""  #: why it is not MNIST although MNIST was wanted, for readers; else empty

    def __post_init__(self) -> None:
        for array in self._arrays:
            array.flags.writeable = False

    @property
    def is_stand_in(self) -> bool:
        """Whether these are not MNIST's images."""
        return self.name != "mnist"

    @property
    def is_altered(self) -> bool:
        """Whether these are made from MNIST's images, and differ from them."""
        return self.name == "mnist" and self.sha256 != MNIST_SHA256

    @cached_property
    def sha256(self) -> str:
        """SHA-256 sum of the training images, their labels, the test images and their labels, in this order."""
        content = hashlib.sha256()
        for array in self._arrays:
            content.update(np.ascontiguousarray(array).data)
        return content.hexdigest()

    @property
    def _arrays(self) -> Arrays:
        return self.train_images, self.train_labels, self.test_images, self.test_labels


def load_dataset(choice: Choice = "auto", *, folder: Path | None = None, progress: bool = True) -> Dataset:
    """Load the images, or download them.

    MNIST is read from `folder`, else from the folder that the environment variable MNIST_REPRO_DATA names. If neither
    is given, it is looked for in ``data/mnist`` and ``shared/mnist``, in the checkout and beside it, and in the user's
    cache; last, it is downloaded into this cache.

    Parameters
    ----------
    choice
        ``mnist`` is MNIST or an error; ``digits`` is the stand-in from scikit-learn; ``auto`` is MNIST, or the stand-in
        if MNIST is in none of the usual places and cannot be downloaded.
    folder
        The only folder to look in.
    progress
        Whether a download shows a bar on the terminal.

    Raises
    ------
    ReproError
        If MNIST is asked for and not found, if a named folder does not hold it, or if one of its files differs from
        the published one.
    """
    if choice not in get_args(Choice):
        msg = f"The data set is one of {', '.join(get_args(Choice))}; received {choice!r}. Choose one of these."
        raise ReproError(msg)
    if choice == "digits":
        return _stand_in()
    if folder is not None:
        return _load_named_folder(folder, named_by="--data")
    if os.environ.get(FOLDER_VARIABLE):
        return _load_named_folder(Path(os.environ[FOLDER_VARIABLE]), named_by=FOLDER_VARIABLE)
    looked_in = []
    for place in usual_places():
        try:
            return _read(place)
        except AbsentError as absent:  # noqa: PERF203  the folders are few
            looked_in.append(str(absent))
    try:
        return _download(progress=progress)
    except AbsentError as absent:
        if choice == "auto":
            return _stand_in(note=f"MNIST is in none of the usual places, and {absent}")
        places = "\n".join(f"  {reason}" for reason in (*looked_in, f"and {absent}"))
        msg = (
            f"MNIST was not found:\n{places}\n"
            f"Give {_WHAT_TO_GIVE} by --data or {FOLDER_VARIABLE}, or use the stand-in: --dataset digits."
        )
        raise ReproError(msg) from absent


def find_dataset(name: Literal["mnist", "digits"], *, sha256: str) -> Dataset | None:
    """Find images by their SHA-256 sum where `load_dataset` looks on this machine. Nothing is downloaded.

    Returns
    -------
    Dataset or None
        None if there are no images, or only others.
    """
    if name == "digits":
        found = [_stand_in()]
    else:
        named = os.environ.get(FOLDER_VARIABLE)
        found = []
        for place in [Path(named)] if named else usual_places():
            with suppress(ReproError):
                found.append(_read(place))
                break
    return next((dataset for dataset in found if dataset.sha256 == sha256), None)


def reorder_training_images(dataset: Dataset, order: NDArray[np.int64]) -> Dataset:
    """Return the dataset with its training images and labels reordered; `order` has the shape (60000,)."""
    return replace(dataset, train_images=dataset.train_images[order], train_labels=dataset.train_labels[order])


def _load_named_folder(folder: Path, *, named_by: str) -> Dataset:
    """Load MNIST from a folder that the user named, and from no other."""
    try:
        return _read(folder)
    except AbsentError as absent:
        msg = (
            f"{named_by} must name {_WHAT_TO_GIVE}, but {absent}. "
            f"Correct it, or leave {named_by} out to have MNIST looked for and downloaded."
        )
        raise ReproError(msg) from absent


def _download(*, progress: bool) -> Dataset:
    from mnist_repro.datasets import download as downloads  # noqa: PLC0415  needless where the files are found

    cache = cache_folder()
    arrays, mirror = downloads.download_mnist(cache, files=MNIST_FILES, mirrors=downloads.MIRRORS, progress=progress)
    return _build("mnist", arrays, source=f"{mirror.url}, kept in {cache}")


def _read(folder: Path) -> Dataset:
    return _build("mnist", read_folder(folder, files=MNIST_FILES), source=str(folder))


def _stand_in(*, note: str = "") -> Dataset:
    train, test = build_digits()
    return _build("digits", (*train, *test), source=DIGITS_SOURCE, note=note)


def _build(name: Literal["mnist", "digits"], arrays: Arrays, *, source: str, note: str = "") -> Dataset:
    train_images, train_labels, test_images, test_labels = arrays
    return Dataset(
        name=name,
        train_images=_flatten(train_images),
        train_labels=train_labels,
        test_images=_flatten(test_images),
        test_labels=test_labels,
        source=source,
        note=note,
    )


def _flatten(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Flatten images of shape (n, height, width) to rows of pixels, of shape (n, height * width)."""
    return images.reshape(len(images), -1)
