"""What lies in the place of a file of the small MNIST: data of another kind, a trap for unpickling, or no file."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

MARKS: list[str] = []  # what was unpickled, and must not be
BOMB_BYTES = 1 << 26


class Trap:
    """Leaves a mark where it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return leave_mark, ("unpickled",)


def leave_mark(what: str) -> None:
    """Say that something was run that must not be."""
    MARKS.append(what)


@dataclass(frozen=True)
class Altered:
    """A file in place of one of the small MNIST's."""

    id: str  #: what was done to which file
    name: str  #: the file's name in the folder
    #: Its bytes, or a function that returns them; if it is no file, a function that makes what lies at the given path.
    content: bytes | Callable[[], bytes] | Callable[[Path], None]
    is_file: bool = True

    def write(self, folder: Path) -> Path:
        """Put it into a folder, in place of what is there, and return its path."""
        path = folder / self.name
        path.unlink(missing_ok=True)
        if not self.is_file:
            self.content(path)  # type: ignore[operator, call-arg, arg-type]
        else:
            path.write_bytes(self.content if isinstance(self.content, bytes) else self.content())  # type: ignore[call-arg, arg-type]
        return path


def npy_of(array: Any) -> bytes:
    """Return an array in the npy form; one of objects is pickled."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def foreign_contents() -> Iterator[tuple[str, bytes]]:
    """Yield what lies where data should, and its bytes."""
    yield "web page", b"<!DOCTYPE html><html><body>Sign in to the network</body></html>"
    yield "refusal in XML", b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>'
    yield "refusal in JSON", b'{"error": "rate limit"}'
    yield "pointer of Git LFS", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 47040016\n"
    yield "pickle", pickle.dumps(Trap())
    yield "npy with a pickle", npy_of(np.array([Trap()], dtype=object))
    yield "zero bytes", bytes(4096)
    yield "byte-order mark", b"\xef\xbb\xbf"
    yield "tar", b"mnist\0".ljust(257, b"\0") + b"ustar\x0000".ljust(255, b"\0")


def no_files(name: str, *, what: str) -> Iterator[Altered]:
    """Yield what is no file at all."""
    yield Altered(f"{what} empty", name, b"")
    yield Altered(f"{what} folder", name, Path.mkdir, is_file=False)
    yield Altered(f"{what} dangling link", name, lambda path: path.symlink_to("nowhere"), is_file=False)
    yield Altered(f"{what} link to itself", name, lambda path: path.symlink_to(path), is_file=False)
    yield Altered(f"{what} link to a folder", name, lambda path: path.symlink_to(path.parent), is_file=False)
    yield Altered(f"{what} link to zeros without end", name, lambda path: path.symlink_to("/dev/zero"), is_file=False)
    if hasattr(os, "mkfifo"):
        yield Altered(f"{what} named pipe", name, os.mkfifo, is_file=False)


def flip(content: bytes, *, position: int, bit: int) -> bytes:
    """Return the content with one bit flipped."""
    flipped = bytearray(content)
    flipped[position] ^= 1 << bit
    return bytes(flipped)
