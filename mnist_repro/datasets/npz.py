"""MNIST in the form of Keras: four arrays in one npz file. Pickled objects in it are never opened."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from mnist_repro.datasets.idx import (
    Arrays,
    BrokenFileError,
    IdxFile,
    blamed_on,
    check_idx,
    check_regular,
    format_shape,
    shorten,
)

NPZ_NAME = "mnist.npz"

# How NumPy packs. Python unpacks what is packed in other ways in one piece, however large it becomes.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CONTENTS_BYTES = 1 << 17  # for the list of contents, which is read whole; that of four arrays has 300


def read_npz(path: Path, *, files: Sequence[IdxFile]) -> Arrays:
    """Return the arrays of `files` from an npz file.

    Returns
    -------
    tuple of read-only uint8 arrays
        In the order of `files`, each of its file's shape.

    Raises
    ------
    BrokenFileError
        If the file cannot be read, or an array in it is not what `files` say; the message leaves out the name
        of the file.
    """
    try:
        check_regular(path)
        stream = _BoundedFile(path)
    except OSError as error:
        msg = f"It cannot be read: {error.strerror or error}."
        raise BrokenFileError(msg) from error
    with stream, _unpacking(), zipfile.ZipFile(stream) as archive:
        stream.limit = None
        return tuple(_read_npz_array(archive, file=file) for file in files)


class _BoundedFile(io.FileIO):
    """A file of which no more than `limit` bytes are read at once: a list of contents may claim any length."""

    limit: int | None = _CONTENTS_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as any file does, within the limit."""
        if self.limit is not None and size is not None and size > self.limit:
            msg = f"Expected a list of contents of at most {self.limit} bytes, received one of {size}."
            raise BrokenFileError(msg)
        return super().read(size) or b""


@contextmanager
def _unpacking() -> Iterator[None]:
    """Turn whatever goes wrong while an archive is unpacked into a BrokenFileError."""
    try:
        yield
    except BrokenFileError:
        raise
    # Cut, encrypted, with places outside of it: zipfile and NumPy have many exceptions, and no list of them.
    except Exception as error:
        reason = shorten(str(error).partition("\n")[0])
        msg = f"Expected an npz archive, received one that cannot be unpacked or none at all ({reason})."
        raise BrokenFileError(msg) from error


def _read_npz_array(archive: zipfile.ZipFile, *, file: IdxFile) -> NDArray[np.uint8]:
    """Return one array of an npz, checked as the IDX file that it came from."""
    member = f"{file.npz_key}.npy"
    if member not in archive.namelist():
        arrays = ", ".join(name.removesuffix(".npy") for name in archive.namelist()) or "none"
        msg = f"Expected an array called {file.npz_key}, received {shorten(arrays)}."
        raise BrokenFileError(msg)
    if archive.getinfo(member).compress_type not in _METHODS:
        msg = f"Expected array {file.npz_key} as NumPy packs it, received it packed in another way."
        raise BrokenFileError(msg)
    with blamed_on(f"array {file.npz_key}"), archive.open(member) as stream:
        _check_npy_header(stream, file=file)
        values = stream.read(math.prod(file.shape) + 1)
        return check_idx(file.header + values, file=file)


def _check_npy_header(stream: IO[bytes], *, file: IdxFile) -> None:
    """Read the header of an npy file, which names type and shape, and refuse any other than `file` has."""
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        msg = f"Expected version 1.0 of the npy form, received {version[0]}.{version[1]}."
        raise BrokenFileError(msg)
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject:
        msg = "Expected bytes, received pickled Python objects, which are never opened."
        raise BrokenFileError(msg)
    if (shape, by_columns, dtype) != (file.shape, False, np.dtype(np.uint8)):
        order = "by columns" if by_columns else "by rows"
        msg = (
            f"Expected {format_shape(file.shape)} values of type uint8 by rows, "
            f"received {format_shape(shape)} values of type {shorten(str(dtype))} {order}."
        )
        raise BrokenFileError(msg)
