"""Where MNIST may lie on this computer, and what a folder holds of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mnist_repro.datasets.idx import Arrays, BrokenFileError, IdxFile, blamed_on, read_idx
from mnist_repro.datasets.npz import NPZ_NAME, read_npz
from mnist_repro.errors import ReproError


class AbsentError(ReproError):
    """MNIST is not in a place: nothing of it, or not all of it."""


def usual_places() -> Iterator[Path]:
    """Yield the folders in which MNIST is looked for, the nearest first, the user's cache last.

    They are ``data/mnist`` and ``shared/mnist`` in the checkout that this package belongs to and in the
    current folder, the same two beside a checkout, and the cache.
    """
    package_parent = Path(__file__).resolve().parents[2]
    roots = [package_parent, Path.cwd()] if _is_checkout(package_parent) else [Path.cwd()]
    beside = [root.parent for root in roots if _is_checkout(root)]
    for root in dict.fromkeys(roots + beside):  # each once, in this order
        yield root / "data" / "mnist"
        yield root / "shared" / "mnist"
    yield cache_folder()


def cache_folder() -> Path:
    """Return the folder that keeps what was downloaded, whether it exists or not."""
    from platformdirs import user_cache_path  # noqa: PLC0415  needless where MNIST's folder is named

    return user_cache_path("mnist-repro", appauthor=False)


def read_folder(folder: Path, *, files: Sequence[IdxFile]) -> Arrays:
    """Return the arrays of `files` from `folder`, from IDX files or else from ``mnist.npz``.

    Parameters
    ----------
    folder
        Where the files lie.
    files
        What they must hold.

    Returns
    -------
    tuple of read-only uint8 arrays
        In the order of `files`, each of its file's shape.

    Raises
    ------
    AbsentError
        If the folder does not hold all of them.
    BrokenFileError
        If one of them is not what it must be.
    """
    names = _list_names(folder)
    found = {file: next((name for name in file.spellings if name in names), None) for file in files}
    missing = [file.name for file, name in found.items() if name is None]
    if missing and NPZ_NAME in names:
        with _blamed_on_file(folder / NPZ_NAME):
            return read_npz(folder / NPZ_NAME, files=files)
    if len(missing) == len(files):
        msg = f"{folder} holds nothing of MNIST"
        raise AbsentError(msg)
    if missing:
        msg = f"{folder} holds only a part of MNIST: {', '.join(missing)} is missing"
        raise AbsentError(msg)
    arrays = []
    for file, name in found.items():
        path = folder / str(name)
        with _blamed_on_file(path):
            arrays.append(read_idx(path, file=file))
    return tuple(arrays)


@contextmanager
def _blamed_on_file(path: Path) -> Iterator[None]:
    """Complete the message of a BrokenFileError about a file of the user's."""
    try:
        with blamed_on(str(path)):
            yield
    except BrokenFileError as error:
        msg = f"{error} Replace the file by an unaltered copy, or point --data at another folder."
        raise BrokenFileError(msg) from error


def _list_names(folder: Path) -> set[str]:
    """Return the names in `folder`, those of broken links too."""
    try:
        return {entry.name for entry in folder.iterdir()}
    except FileNotFoundError as error:
        msg = f"{folder} does not exist"
        raise AbsentError(msg) from error
    except NotADirectoryError as error:
        msg = f"{folder} is not a folder"
        raise AbsentError(msg) from error
    except OSError as error:
        msg = f"{folder} cannot be read ({error.strerror or error})"
        raise AbsentError(msg) from error


def _is_checkout(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file() and (folder / "mnist_repro").is_dir()
