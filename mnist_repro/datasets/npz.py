"""MNIST in the format of Keras: four arrays in one npz file. Pickled objects in it are never opened."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_repro.datasets.idx import Arrays, BrokenFileError, IdxFile, blamed_on, check_idx, check_regular, shorten

NPZ_NAME = "mnist.npz"

# How NumPy packs. Python unpacks what is packed in other ways in one piece, however large it becomes.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DIRECTORY_BYTES = 1 << 17  # limit of the archive's directory, which is read whole; that of four arrays has 300


def read_npz(path: Path, *, files: Sequence[IdxFile]) -> Arrays:
    """Return the values of `files`, read-only arrays in their order, from an npz file.

    Raises
    ------
    BrokenFileError
        If the file cannot be read, or an array in it is not what `files` say. The message leaves out the path.
    """
    check_regular(path)
    try:
        with _BoundedFile(path) as stream, zipfile.ZipFile(stream) as archive:
            stream.limit = None
            return tuple(_read_array(archive, file=file) for file in files)
    except BrokenFileError:
        raise
    # Cut, encrypted, with offsets beyond its end: zipfile and NumPy raise many exceptions, and document no list.
    except Exception as error:
        reason = shorten(str(error).partition("\n")[0])
        msg = f"Expected an npz archive with MNIST's arrays, received one that cannot be unpacked ({reason})."
        raise BrokenFileError(msg) from error


class _BoundedFile(io.FileIO):
    """A file of which at most `limit` bytes are read at once: an archive's directory may claim any length."""

    limit: int | None = _DIRECTORY_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as any file does, within the limit."""
        if self.limit is not None and size is not None and size > self.limit:
            msg = f"Expected an archive's directory of at most {self.limit} bytes, received one of {size}."
            raise BrokenFileError(msg)
        return super().read(size) or b""


def _read_array(archive: zipfile.ZipFile, *, file: IdxFile) -> NDArray[np.uint8]:
    """Return one array of an npz, checked as the IDX file that it was made from."""
    member = archive.getinfo(f"{file.npz_key}.npy")
    with blamed_on(f"array {file.npz_key}"):
        if member.compress_type not in _METHODS:
            msg = f"Expected it packed by NumPy, received compression method {member.compress_type}."
            raise BrokenFileError(msg)
        with archive.open(member) as stream:
            expected = ((1, 0), file.shape, False, np.dtype(np.uint8))
            header = (np.lib.format.read_magic(stream), *np.lib.format.read_array_header_1_0(stream))
            if header != expected:
                msg = f"Expected npy version, shape, column order and type {expected}, received {shorten(str(header))}."
                raise BrokenFileError(msg)
            return check_idx(file.header + stream.read(math.prod(file.shape) + 1), file=file)
