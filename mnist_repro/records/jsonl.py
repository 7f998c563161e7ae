"""Files of lines that are only ever appended to: each line whole or not there, and none of them twice.

Several processes may append at once. One may be killed in the middle of a line, or the disk be full: what then stands
at the end of the file, without a line's end, is no line. The next append sets it aside.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from io import FileIO
from pathlib import Path

from filelock import FileLock

LOCK_SECONDS = 60
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class LineFile:
    """A file of lines.

    Parameters
    ----------
    path
        Its folder must exist for anything to be appended.
    key_of
        What of a line is the same in all lines that could stand for it; found without parsing them.
    """

    path: Path
    key_of: Callable[[bytes], bytes]

    def read(self) -> Iterator[bytes]:
        """Yield every line with its end; the last may lack it, and is then perhaps not whole."""
        with self.path.open("rb") as stream:
            yield from stream

    def hash(self) -> str:
        """Return the SHA-256 sum of the file."""
        digest = hashlib.sha256()
        with self.path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                digest.update(block)
        return digest.hexdigest()

    def append(
        self,
        line: bytes,
        *,
        is_whole: Callable[[bytes], bool],
        choose_same: Callable[[Iterator[bytes]], bytes | None],
    ) -> bytes | None:
        """Add a line, unless the file has one that stands for it.

        Parameters
        ----------
        line
            Without its end.
        is_whole
            Whether what stands at the end of the file without a line's end is a line all the same.
        choose_same
            Chooses, of the lines with the same key, the newest first, the one that stands for `line`, if any does.

        Returns
        -------
        bytes or None
            The line that stands for this one, which was then not added; None where it was.

        Raises
        ------
        OSError
            If the line cannot be written whole: the file then has nothing of it.
        filelock.Timeout
            If others hold the file for too long.
        """
        with (
            FileLock(self.path.with_suffix(".lock"), timeout=LOCK_SECONDS),
            self.path.open("ab", buffering=0) as stream,
        ):
            self._mend_end(stream, is_whole=is_whole)
            index = _index_of(self.path)
            index.refresh(self)
            known = choose_same(index.find(self, self.key_of(line)))
            if known is None:
                _write(stream, line + b"\n")
        return known

    def _mend_end(self, stream: FileIO, *, is_whole: Callable[[bytes], bool]) -> None:
        """End the last line; what is no whole line is moved to a file beside this one."""
        start, tail = self._find_tail()
        if not tail:
            return
        if is_whole(tail):
            _write(stream, b"\n")
            return
        with self.path.with_suffix(".torn").open("ab", buffering=0) as torn:
            _write(torn, tail + b"\n")
        stream.truncate(start)

    def _find_tail(self) -> tuple[int, bytes]:
        """Return what stands after the last line's end, and where."""
        with self.path.open("rb") as stream:
            start = stream.seek(0, os.SEEK_END)
            tail = b""
            while start and b"\n" not in tail:
                step = min(start, _BLOCK_BYTES if tail else 1)
                start -= step
                stream.seek(start)
                tail = stream.read(step) + tail
        _, _, after = tail.rpartition(b"\n")
        return start + len(tail) - len(after), after


def _write(stream: FileIO, content: bytes) -> None:
    """Write all of `content` at the end, or nothing."""
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


@dataclass
class _Index:
    """Where the lines of a file begin, by their keys, as far as it was read: each process reads a line once.

    Parameters
    ----------
    identity
        Device and number of the file: another may have taken its place.
    end, last
        Bytes that were read, and the last line of them: somebody may have edited the file.
    starts
        By the hash of the key.
    """

    identity: tuple[int, int] = (0, 0)
    end: int = 0
    last: bytes = b""
    starts: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def refresh(self, file: LineFile) -> None:
        """Read what was appended since."""
        with file.path.open("rb") as stream:
            found = os.fstat(stream.fileno())
            stream.seek(self.end - len(self.last))
            if (found.st_dev, found.st_ino) != self.identity or stream.read(len(self.last)) != self.last:
                self.identity, self.end, self.last = (found.st_dev, found.st_ino), 0, b""
                self.starts.clear()
                stream.seek(0)
            for line in stream:
                key = hash(file.key_of(line))
                self.starts[key] = (*self.starts.get(key, ()), self.end)
                self.end += len(line)
                self.last = line

    def find(self, file: LineFile, key: bytes) -> Iterator[bytes]:
        """Yield the lines with a key, the newest first, without their ends."""
        with file.path.open("rb") as stream:
            for start in reversed(self.starts.get(hash(key), ())):
                stream.seek(start)
                line = stream.readline().rstrip(b"\n")
                if file.key_of(line) == key:
                    yield line


@cache
def _index_of(path: Path) -> _Index:  # noqa: ARG001 - each path has its own
    return _Index()
