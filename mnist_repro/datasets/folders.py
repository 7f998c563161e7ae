"""Reading MNIST from a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from mnist_repro.datasets.idx import Arrays, IdxFile, blamed_on, read_idx
from mnist_repro.datasets.npz import NPZ_NAME, read_npz
from mnist_repro.errors import ReproError

_REMEDY = "Replace the file by an unaltered copy, or point --data at another folder."


class AbsentError(ReproError):
    """A place lacks MNIST, or a part of it."""


def read_folder(folder: Path, *, files: Sequence[IdxFile]) -> Arrays:
    """Return the values of `files`, read-only arrays in their order, from IDX files or else from ``mnist.npz``.

    Raises
    ------
    AbsentError
        If the folder does not hold all of them.
    BrokenFileError
        If one of them is not what it must be.
    """
    names = _list_names(folder)
    found = {file: path for file in files if (path := _find(folder, file=file)) is not None}
    missing = [file.name for file in files if file not in found]
    if missing and NPZ_NAME in names:
        with blamed_on(str(folder / NPZ_NAME), remedy=_REMEDY):
            return read_npz(folder / NPZ_NAME, files=files)
    if not found:
        msg = f"{folder} holds nothing of MNIST"
        raise AbsentError(msg)
    if missing:
        msg = f"{folder} holds only a part of MNIST: {', '.join(missing)} is missing"
        raise AbsentError(msg)
    arrays = []
    for file, path in found.items():
        with blamed_on(str(path), remedy=_REMEDY):
            arrays.append(read_idx(path, file=file))
    return tuple(arrays)


def _find(folder: Path, *, file: IdxFile) -> Path | None:
    """Return where `file` lies: in `folder`, or as Kaggle unpacks it, in a subfolder with the name of the file.

    Broken links count as found, and so does a folder where there is nothing better: reading them says what they are.
    """
    outer = [folder / name for name in file.spellings]
    inner = [place / name for place, name in product(outer, file.spellings) if place.is_dir()]
    present = [path for path in (*outer, *inner) if os.path.lexists(path)]
    return next((path for path in present if not path.is_dir()), present[0] if present else None)


def _list_names(folder: Path) -> set[str]:
    """Return the names in `folder`, those of broken links too."""
    try:
        return {entry.name for entry in folder.iterdir()}
    except OSError as error:
        reasons = {FileNotFoundError: "does not exist", NotADirectoryError: "is not a folder"}
        msg = f"{folder} {reasons.get(type(error), f'cannot be read ({error.strerror or error})')}"
        raise AbsentError(msg) from error
