"""MNIST from mirrors that PyTorch, TensorFlow and Keras use, in turn, until one gives it whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from mnist_repro.datasets.folders import AbsentError
from mnist_repro.datasets.idx import Arrays, IdxFile, blamed_on, read_idx
from mnist_repro.datasets.npz import NPZ_NAME, read_npz
from mnist_repro.datasets.transfer import FAILURES, describe_failure, open_transfer, require_https

_PACKING_BYTES = 1 << 18  # what gzip or zip may add to content that does not shrink

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """A place on the network that holds MNIST; only https is accepted, or http of a server on this computer."""

    name: str  #: its owner, for messages
    url: str  #: address of the folder, without a slash at the end
    form: Literal["idx", "npz"]  #: four gzipped IDX files, or one ``mnist.npz``

    def __post_init__(self) -> None:
        require_https(self.url, what="A mirror", owner=self.name)


MIRRORS = (
    Mirror(name="torchvision", url="https://ossci-datasets.s3.amazonaws.com/mnist", form="idx"),
    Mirror(name="CVDF", url="https://storage.googleapis.com/cvdf-datasets/mnist", form="idx"),
    Mirror(name="Keras", url="https://storage.googleapis.com/tensorflow/tf-keras-datasets", form="npz"),
)


def download_mnist(
    cache: Path, *, files: Sequence[IdxFile], mirrors: Sequence[Mirror], progress: bool
) -> tuple[Arrays, Mirror]:
    """Download `files` into `cache` from the first mirror that gives them all, unaltered.

    Parameters
    ----------
    cache
        Folder that keeps the files; created if missing. Only checked files get there.
    progress
        Whether to show a bar, if there is a terminal.

    Returns
    -------
    tuple of read-only uint8 arrays, and their mirror
        In the order of `files`, each of its file's shape.

    Raises
    ------
    AbsentError
        If no mirror does. The message names each mirror's reason.
    """
    reasons = []
    for mirror in mirrors:
        try:
            return _download_from(mirror, cache=cache, files=files, progress=progress), mirror
        except FAILURES as error:  # noqa: PERF203  the mirrors are few
            reasons.append(f"{mirror.name} ({mirror.url}): {describe_failure(error, url=mirror.url)}")
    msg = f"it could not be downloaded from any mirror. {' '.join(reasons)}"
    raise AbsentError(msg)


def _download_from(mirror: Mirror, *, cache: Path, files: Sequence[IdxFile], progress: bool) -> Arrays:
    """Download and check all files of a mirror; the first that is refused ends it."""
    with open_transfer(mirror.url, cache=cache, progress=progress) as download:

        def fetch(name: str, *, size: int, read: Callable[[Path], _T]) -> _T:
            url = f"{mirror.url}/{name}"
            with blamed_on(url):
                return download(url, name=name, most_bytes=size + _PACKING_BYTES, read=read)

        if mirror.form == "npz":
            return fetch(NPZ_NAME, size=sum(file.size for file in files), read=partial(read_npz, files=files))
        return tuple(fetch(f"{file.name}.gz", size=file.size, read=partial(read_idx, file=file)) for file in files)
