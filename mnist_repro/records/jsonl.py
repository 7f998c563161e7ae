"""Append-only JSONL files, written by several processes at once.

A line is in the file whole or not at all. A writer that is killed may leave an incomplete last line, without its
newline; readers can tell it by `is_torn`, and the next append moves it to a file beside this one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from filelock import FileLock

from mnist_repro.records.decoding import MOST_BYTES

LOCK_SECONDS = 60
_BLOCK_BYTES = 1 << 20


def read_lines(path: Path) -> Iterator[bytes]:
    """Yield each line with its newline, which the last line may lack; of one that is too long, pieces that are too."""
    with path.open("rb") as stream:
        while line := stream.readline(MOST_BYTES + 1):
            yield line


def hash_file(path: Path) -> str:
    """Return the SHA-256 sum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def is_torn(line: bytes) -> bool:
    """Whether a line is incomplete: it has no newline and is not valid JSON. No part of a JSON object is valid JSON."""
    if line.endswith(b"\n") or len(line) > MOST_BYTES:
        return False
    try:
        json.loads(line.decode())
    except (ValueError, RecursionError):
        return True
    return False


def append_line(path: Path, line: bytes) -> None:
    """Append a line, given without its newline; move an incomplete last line to the `.torn` file beside this one.

    Raises
    ------
    OSError
        If the line cannot be written whole; the file then has no part of it.
    filelock.Timeout
        If other processes hold the lock for longer than `LOCK_SECONDS`.
    """
    with FileLock(path.with_suffix(".lock"), timeout=LOCK_SECONDS), path.open("ab", buffering=0) as stream:
        _mend_end(path, stream)
        _write(stream, line + b"\n")


def _mend_end(path: Path, stream: FileIO) -> None:
    """Add the newline that a whole last line lacks; move an incomplete one away."""
    start, tail = _find_tail(path)
    if not tail:
        return
    if not is_torn(tail):
        _write(stream, b"\n")
        return
    with path.with_suffix(".torn").open("ab", buffering=0) as torn:
        _write(torn, tail + b"\n")
    stream.truncate(start)


def _find_tail(path: Path) -> tuple[int, bytes]:
    """Return where the last newline ends, and the bytes after it."""
    with path.open("rb") as stream:
        start = end = stream.seek(0, os.SEEK_END)
        blocks: list[bytes] = []
        while start and not (blocks and b"\n" in blocks[-1]):
            step = min(start, _BLOCK_BYTES if blocks else 1)
            start -= step
            stream.seek(start)
            blocks.append(stream.read(step))
    _, _, after = b"".join(reversed(blocks)).rpartition(b"\n")
    return end - len(after), after


def _write(stream: FileIO, content: bytes) -> None:
    """Write all of `content` at the end of the file, or nothing."""
    end = stream.seek(0, os.SEEK_END)
    try:
        written = stream.write(content)
        os.fsync(stream.fileno())
    except OSError:
        stream.truncate(end)
        raise
    if written != len(content):
        stream.truncate(end)
        msg = f"only {written} of {len(content)} bytes could be written. Is the disk full?"
        raise OSError(msg)
