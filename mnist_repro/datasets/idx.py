"""MNIST's four files in the IDX format, plain or gzipped, checked bit for bit.

An IDX file is a magic number and the shape, each number in 4 bytes, most significant first; then one byte for each
value. Whatever format the images come in, their bytes are compared with those of the published IDX files.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mnist_repro.errors import ReproError

_GZIP_START = b"\x1f\x8b"
# Magic numbers: 08 means unsigned bytes; then comes the number of dimensions.
_KINDS = {b"\0\0\x08\x01": "labels", b"\0\0\x08\x03": "images"}
_LONGEST = 200  # characters of foreign text that a message repeats

Arrays: TypeAlias = tuple[NDArray[np.uint8], ...]


class BrokenFileError(ReproError):
    """A file has the name of one of MNIST's but not its content."""


@dataclass(frozen=True, kw_only=True)
class IdxFile:
    """What one of MNIST's files must hold."""

    name: str  #: usual name, unpacked
    npz_key: str  #: name of the same array in ``mnist.npz``
    shape: tuple[int, ...]  #: ``(n, height, width)`` of images, ``(n,)`` of labels
    sha256: str  #: of the whole unpacked file

    @property
    def header(self) -> bytes:
        """Everything before the values."""
        return struct.pack(f">2xBB{len(self.shape)}I", 8, len(self.shape), *self.shape)

    @property
    def size(self) -> int:
        """Bytes of the unpacked file."""
        return len(self.header) + math.prod(self.shape)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Names under which the file is distributed."""
        dotted = self.name.replace("-idx", ".idx")
        return (self.name, f"{self.name}.gz", dotted, f"{dotted}.gz")


# The files as LeCun, Cortes and Burges published them.
MNIST_FILES = (
    IdxFile(
        name="train-images-idx3-ubyte",
        npz_key="x_train",
        shape=(60_000, 28, 28),
        sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    IdxFile(
        name="train-labels-idx1-ubyte",
        npz_key="y_train",
        shape=(60_000,),
        sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    IdxFile(
        name="t10k-images-idx3-ubyte",
        npz_key="x_test",
        shape=(10_000, 28, 28),
        sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    IdxFile(
        name="t10k-labels-idx1-ubyte",
        npz_key="y_test",
        shape=(10_000,),
        sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)


def read_idx(path: Path, *, file: IdxFile) -> NDArray[np.uint8]:
    """Return the values of `file`, a read-only array, from an IDX file, gzipped or not.

    The content decides whether it is unpacked, not the name: some browsers unpack a ``.gz`` while they save it.
    No more than one byte beyond the expected size is read.

    Raises
    ------
    BrokenFileError
        If the file cannot be read or does not hold what `file` says. The message leaves out the path.
    """
    check_regular(path)
    try:
        with path.open("rb") as stream:
            packed = stream.read(len(_GZIP_START)) == _GZIP_START
            stream.seek(0)
            with gzip.open(stream) if packed else nullcontext(stream) as unpacked:
                content = unpacked.read(file.size + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        msg = f"Expected an intact gzip, received a damaged one ({error})."
        raise BrokenFileError(msg) from error
    except OSError as error:
        msg = f"It cannot be read: {error.strerror or error}."
        raise BrokenFileError(msg) from error
    return check_idx(content, file=file)


def check_idx(content: bytes, *, file: IdxFile) -> NDArray[np.uint8]:
    """Return the values in the content of an IDX file, a read-only array, if its bytes are those of `file`.

    Raises
    ------
    BrokenFileError
        If they are any others.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != file.sha256:
        msg = (
            f"Expected {file.size} bytes of {_KINDS[file.header[:4]]} (unpacked) with the SHA-256 sum {file.sha256}, "
            f"received {_describe(content, file=file) or f'as many with the sum {sha256}: the file was altered'}."
        )
        raise BrokenFileError(msg)
    return np.frombuffer(content, dtype=np.uint8, offset=len(file.header)).reshape(file.shape)


def _describe(content: bytes, *, file: IdxFile) -> str:
    """Say what wrong content may be, from its first bytes and its length; empty where these tell nothing."""
    if content[:256].lstrip().startswith(b"<"):
        return "what looks like a web page"
    header, kind = content[: len(file.header)], _KINDS.get(content[:4])
    if kind and header[:4] != file.header[:4]:
        return f"{kind}: images and labels may be swapped"
    if kind and len(header) == len(file.header) and header[4:8] != file.header[4:8]:
        return f"{int.from_bytes(header[4:8], 'big')} {kind}: training and test files may be swapped"
    if len(content) > file.size:
        return "more"
    return f"only {len(content)}" if len(content) < file.size else ""


@contextmanager
def blamed_on(place: str, *, remedy: str = "") -> Iterator[None]:
    """Complete the message of a BrokenFileError: the place before it, and the next step after it."""
    try:
        yield
    except BrokenFileError as error:
        msg = f"{place}: {error} {remedy}".rstrip()
        raise BrokenFileError(msg) from error


def check_regular(path: Path) -> None:
    """Refuse anything but a file: opening a pipe, for one, would wait for ever."""
    if not path.is_file():
        received = "a folder" if path.is_dir() else "a broken link" if path.is_symlink() else "something else"
        msg = f"Expected a file, received {received}."
        raise BrokenFileError(msg)


def shorten(text: str) -> str:
    """Return foreign text in at most 200 characters that are safe to print."""
    printable = "".join(character if character.isprintable() else "?" for character in text[:_LONGEST])
    return f"{printable} ..." if len(text) > _LONGEST else printable
