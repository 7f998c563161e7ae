"""MNIST's four files in the IDX form, plain or gzipped: read with bounds, checked bit for bit.

An IDX file is a magic number and the shape, each number in 4 bytes, most significant first; then one byte for
each value. Whatever form the images come in, they are checked as the IDX file that was published.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mnist_repro.errors import ReproError

_GZIP_START = b"\x1f\x8b"
_LABELS_MAGIC = 0x0801  # 08: values are unsigned bytes; 01: in one dimension
_IMAGES_MAGIC = 0x0803
_LONGEST = 200  # characters of what a file says that are repeated in a message
_CONTENTS = {_LABELS_MAGIC: "labels", _IMAGES_MAGIC: "images"}

Arrays: TypeAlias = tuple[NDArray[np.uint8], ...]


class BrokenFileError(ReproError):
    """A file has the name of one of MNIST's, and not its content."""


@dataclass(frozen=True, kw_only=True)
class IdxFile:
    """What one of MNIST's files must hold.

    Parameters
    ----------
    name
        Its usual name, uncompressed.
    npz_key
        The name of the same array in ``mnist.npz``.
    shape
        ``(n, height, width)`` for images, ``(n,)`` for labels.
    sha256
        Sum of the whole uncompressed file.
    """

    name: str
    npz_key: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def magic(self) -> int:
        """The number that the file begins with."""
        return _LABELS_MAGIC if len(self.shape) == 1 else _IMAGES_MAGIC

    @property
    def header(self) -> bytes:
        """Everything before the values."""
        return struct.pack(f">I{len(self.shape)}I", self.magic, *self.shape)

    @property
    def size(self) -> int:
        """Bytes of the uncompressed file."""
        return len(self.header) + math.prod(self.shape)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Names under which the file is distributed."""
        dotted = self.name.replace("-idx", ".idx")
        return (self.name, f"{self.name}.gz", dotted, f"{dotted}.gz")


# The four sums are of the files as LeCun, Cortes and Burges published them.
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
    """Return the array of `file` from an IDX file, gzipped or not, whatever its name.

    Raises
    ------
    BrokenFileError
        If the file cannot be read or does not hold what `file` says; the message leaves out its name.
    """
    return check_idx(_read_bounded(path, limit=file.size + 1), file=file)


@contextmanager
def blamed_on(place: str) -> Iterator[None]:
    """Put `place` before the message of a BrokenFileError."""
    try:
        yield
    except BrokenFileError as error:
        msg = f"{place}: {error}"
        raise BrokenFileError(msg) from error


def check_regular(path: Path) -> None:
    """Refuse what is not a file: opening a pipe, for one, would wait for ever."""
    if path.is_file():
        return
    received = "a folder" if path.is_dir() else "a broken link" if path.is_symlink() else "something else"
    msg = f"Expected a file, received {received}."
    raise BrokenFileError(msg)


def _read_bounded(path: Path, *, limit: int) -> bytes:
    """Return at most `limit` bytes of a file's content, unpacked if it is a gzip.

    The content decides, not the name: some browsers unpack a ``.gz`` while they save it.
    """
    try:
        check_regular(path)
        with path.open("rb") as stream:
            packed = stream.read(len(_GZIP_START)) == _GZIP_START
            stream.seek(0)
            if not packed:
                return stream.read(limit)
            with gzip.open(stream) as unpacked:
                return unpacked.read(limit)
    except EOFError as error:
        msg = f"Expected a whole gzip, received one that breaks off after {path.stat().st_size} bytes."
        raise BrokenFileError(msg) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        msg = f"Expected an intact gzip, received a damaged one ({error})."
        raise BrokenFileError(msg) from error
    except OSError as error:
        msg = f"It cannot be read: {error.strerror or error}."
        raise BrokenFileError(msg) from error


def check_idx(content: bytes, *, file: IdxFile) -> NDArray[np.uint8]:
    """Return the values in the content of an IDX file, if it is bit for bit what `file` says.

    Returns
    -------
    read-only uint8 array of the shape of `file`

    Raises
    ------
    BrokenFileError
        If it is anything else; the message leaves out the name of the file.
    """
    if content[:4] != file.header[:4]:
        msg = (
            f"Expected {_CONTENTS[file.magic]}, which begin with the magic number {file.magic}, "
            f"or a gzip of them; received {_describe_start(content)}."
        )
        raise BrokenFileError(msg)
    header = content[: len(file.header)]
    if len(header) == len(file.header) and header != file.header:
        shape = struct.unpack(f">{len(file.shape)}I", header[4:])
        msg = f"Expected the shape {format_shape(file.shape)}, received {format_shape(shape)}."
        raise BrokenFileError(msg)
    if len(content) != file.size:
        received = f"only {len(content)}" if len(content) < file.size else "more"
        msg = f"Expected {file.size} bytes (uncompressed), received {received}."
        raise BrokenFileError(msg)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != file.sha256:
        msg = f"Its content was altered: expected the SHA-256 sum {file.sha256}, received {sha256}."
        raise BrokenFileError(msg)
    return np.frombuffer(content, dtype=np.uint8, offset=len(header)).reshape(file.shape)


def _describe_start(content: bytes) -> str:
    """Say what a file that is not the expected one may be, from its first bytes."""
    if not content:
        return "an empty file"
    if content[:256].lstrip().startswith(b"<"):
        return "what looks like a web page"
    magic = int.from_bytes(content[:4], "big")
    if magic in _CONTENTS:
        return f"{_CONTENTS[magic]} ({magic}): images and labels may be swapped"
    return f"a file that begins with {content[:4]!r}"


def format_shape(shape: Sequence[int]) -> str:
    """Return a shape in words, such as ``60000 x 28 x 28``."""
    return shorten(" x ".join(str(length) for length in shape))


def shorten(text: str) -> str:
    """Return what a file says in at most 200 characters that are safe to print."""
    printable = "".join(character if character.isprintable() else "?" for character in text[:_LONGEST])
    return f"{printable} ..." if len(text) > _LONGEST else printable
