"""Altered IDX files, made by rules: truncated, flipped, swapped, of another length, and bombs of gzip."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from altered_files import BOMB_BYTES, Altered, flip, foreign_contents, no_files
from small_mnist import SMALL_FILES, content_of

from mnist_repro.datasets.idx import IdxFile

_GZIP_HEADER, _GZIP_TRAILER = 10, 8
_MAGICS = (0, 0x0800, 0x0801, 0x0802, 0x0803, 0x0804, 0x0903, 0x0B03, 0x0D03, 0x01080000, 0x03080000, 0xFFFFFFFF)


def altered_idx() -> Iterator[Altered]:
    """Yield altered IDX files, plain and gzipped: a whole folder has the other three files unaltered."""
    for file in SMALL_FILES:
        content = content_of(file)
        for what, plain in _altered_contents(file):
            yield Altered(f"{file.npz_key} {what}", file.name, plain)
            yield Altered(f"{file.npz_key} gzipped {what}", f"{file.name}.gz", gzip.compress(plain, mtime=0))
        for what, packed in _altered_gzips(content):
            yield Altered(f"{file.npz_key} gzip {what}", f"{file.name}.gz", packed)
        for what, make in (("bomb", _idx_bomb), ("bomb of bombs", _bomb_of_bombs), ("endless gzips", _many_gzips)):
            yield Altered(f"{file.npz_key} {what}", f"{file.name}.gz", lambda make=make, file=file: make(file))  # type: ignore[misc]
        yield from no_files(file.name, what=file.npz_key)


def _altered_contents(file: IdxFile) -> Iterator[tuple[str, bytes]]:
    """Yield what is wrong with an uncompressed IDX file, and its bytes."""
    content = content_of(file)
    header, middle = len(file.header), (len(file.header) + len(content)) // 2
    for length in sorted({*range(0, header + 1, 4), 1, 3, header + 1, middle, len(content) - 1}):
        yield f"cut to {length} bytes", content[:length]
    for position in range(header):
        yield f"header byte {position} flipped", flip(content, position=position, bit=position % 8)
    for position in range(header, len(content), 5):
        yield f"value {position - header} flipped", flip(content, position=position, bit=position % 8)
    for magic in _MAGICS:
        if struct.pack(">I", magic) != content[:4]:
            yield f"magic {magic:#010x}", struct.pack(">I", magic) + content[4:]
    for place, length in enumerate(file.shape):
        for count in (0, length - 1, length + 1, 2**31, 2**32 - 1):
            at = 4 + 4 * place
            yield f"length {place} is {count}", content[:at] + struct.pack(">I", count) + content[at + 4 :]
    for other in SMALL_FILES:
        if other is not file:
            yield f"swapped for {other.npz_key}", content_of(other)
    yield "with a byte after it", content + b"\0"
    yield "with a line's end after it", content + b"\n"
    yield "twice", content + content
    numbers = np.frombuffer(content[:header], dtype=">u4")
    yield "most significant byte last", numbers.astype("<u4").tobytes() + content[header:]
    yield "line ends changed", content.replace(b"\n", b"\r\n") + b"\r\n"
    yield from foreign_contents()


def _altered_gzips(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what is wrong with a gzip, and its bytes; none unpacks to `content`."""
    packed = gzip.compress(content, mtime=0)
    body = len(packed) - _GZIP_TRAILER
    for length in (2, 3, 9, _GZIP_HEADER, _GZIP_HEADER + 1, body // 2, body - 1, body, body + 4, len(packed) - 1):
        yield f"cut to {length} bytes", packed[:length]
    for position in range(len(packed)):
        flipped = flip(packed, position=position, bit=(position * 5) % 8)
        # A gzip's time stamp, for one, may be any: what unpacks to the right bytes is right.
        if not _unpacks_to(flipped, content):
            yield f"byte {position} flipped", flipped
    yield "with sum 0", packed[:-8] + bytes(4) + packed[-4:]
    yield "with length 0", packed[:-4] + bytes(4)
    yield "with a text after it", packed + b"and more"
    yield "with a second gzip after it", packed + gzip.compress(b"more", mtime=0)
    yield "packed twice", gzip.compress(packed, mtime=0)
    yield "as zlib packs", zlib.compress(content)
    yield "without its header", packed[_GZIP_HEADER:]


def _idx_bomb(file: IdxFile) -> bytes:
    """Return a gzip of the right content, and zeros without end after it."""
    return _pack(content_of(file))


def _bomb_of_bombs(_: IdxFile) -> bytes:
    return gzip.compress(_pack(b""))


def _many_gzips(file: IdxFile) -> bytes:
    return gzip.compress(content_of(file)) + _pack(b"") * 3


def _pack(start: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = [packer.compress(start)]
    pieces += [packer.compress(bytes(1 << 20)) for _ in range(BOMB_BYTES >> 20)]
    return b"".join([*pieces, packer.flush()])


def _unpacks_to(packed: bytes, content: bytes) -> bool:
    try:
        return gzip.decompress(packed) == content
    except (OSError, EOFError, zlib.error):
        return False
