"""Altered copies of the small MNIST, made by rules: truncated, flipped, swapped, bombs, and what is no data at all."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from small_mnist import SMALL_ARRAYS, SMALL_FILES, content_of

from mnist_repro.datasets.idx import IdxFile

MARKS: list[str] = []  # what was unpickled, and must not be
BOMB_BYTES = 1 << 26

_GZIP_HEADER, _GZIP_TRAILER = 10, 8
_MAGICS = (0, 0x0800, 0x0801, 0x0802, 0x0803, 0x0804, 0x0903, 0x0B03, 0x0D03, 0x01080000, 0x03080000, 0xFFFFFFFF)
_WRONG_TYPES = ("bool", "int8", "uint16", ">u2", "int64", "float16", "float32", "float64", "complex64", "S1", "U1")


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
        yield from _no_files(file.name, what=file.npz_key)


def altered_npz() -> Iterator[Altered]:
    """Yield altered npz files: a folder holds nothing else."""
    whole = npz_of(**SMALL_ARRAYS)
    contents = [*_altered_archives(whole), *_foreign_contents()]
    for file in SMALL_FILES:
        contents += [(f"{file.npz_key} {what}", content) for what, content in _altered_members(file)]
    for what, content in contents:
        yield Altered(f"npz {what}", "mnist.npz", content)
    for method, name in ((zipfile.ZIP_DEFLATED, "deflate"), (zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "lzma")):
        yield Altered(f"npz bomb by {name}", "mnist.npz", lambda method=method: _npz_bomb(method))  # type: ignore[misc]
    yield Altered("npz list of contents without end", "mnist.npz", _long_directory)
    yield from _no_files("mnist.npz", what="npz")


def npz_of(**arrays: Any) -> bytes:
    """Return arrays as the bytes of a packed npz."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def archive_of(**members: bytes) -> bytes:
    """Return a zip archive with these members; those that are not named are as in the small MNIST."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in SMALL_FILES:
            archive.writestr(f"{file.npz_key}.npy", members.get(file.npz_key, npy_of(SMALL_ARRAYS[file.npz_key])))
    return buffer.getvalue()


def npy_of(array: Any) -> bytes:
    """Return an array in the npy form; one of objects is pickled."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def _altered_contents(file: IdxFile) -> Iterator[tuple[str, bytes]]:
    """Yield what is wrong with an uncompressed IDX file, and its bytes."""
    content = content_of(file)
    header, middle = len(file.header), (len(file.header) + len(content)) // 2
    for length in sorted({*range(0, header + 1, 4), 1, 3, header + 1, middle, len(content) - 1}):
        yield f"cut to {length} bytes", content[:length]
    for position in range(header):
        yield f"header byte {position} flipped", _flip(content, position=position, bit=position % 8)
    for position in range(header, len(content), 5):
        yield f"value {position - header} flipped", _flip(content, position=position, bit=position % 8)
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
    yield from _foreign_contents()


def _foreign_contents() -> Iterator[tuple[str, bytes]]:
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


def _altered_gzips(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what is wrong with a gzip, and its bytes; none unpacks to `content`."""
    packed = gzip.compress(content, mtime=0)
    body = len(packed) - _GZIP_TRAILER
    for length in (2, 3, 9, _GZIP_HEADER, _GZIP_HEADER + 1, body // 2, body - 1, body, body + 4, len(packed) - 1):
        yield f"cut to {length} bytes", packed[:length]
    for position in range(len(packed)):
        flipped = _flip(packed, position=position, bit=(position * 5) % 8)
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


def _altered_members(file: IdxFile) -> Iterator[tuple[str, bytes]]:
    """Yield what is wrong with one array of an npz, and the bytes of the npz."""
    key, array = file.npz_key, SMALL_ARRAYS[file.npz_key]
    npy = npy_of(array)
    data = len(npy) - array.size
    for dtype in _WRONG_TYPES:
        yield f"of type {dtype}", archive_of(**{key: npy_of(array.astype(dtype))})
    yield "of pickled objects", archive_of(**{key: npy_of(np.array([Trap()] * len(array), dtype=object))})
    yield "a pickle", archive_of(**{key: pickle.dumps(Trap())})
    yield "structured", archive_of(**{key: npy_of(np.zeros(len(array), dtype=[("a", "u1"), ("b", "O")]))})
    for what, changed in (
        ("without its last", array[:-1]),
        ("with one more", np.concatenate([array, array[:1]])),
        ("flat", array.reshape(-1, 1)),
        ("without dimension", np.uint8(3)),
        ("empty", array[:0]),
        ("reversed", array[::-1].copy()),
        ("with one value changed", array ^ np.uint8(1)),
    ):
        yield what, archive_of(**{key: npy_of(changed)})
    for length in (0, 5, 6, 8, 9, 10, data // 2, data, data + 1, len(npy) - 1):
        yield f"cut to {length} bytes", archive_of(**{key: npy[:length]})
    yield "with a byte after it", archive_of(**{key: npy + b"\0"})
    for version in (b"\x02\x00", b"\x03\x00", b"\x09\x00"):
        yield f"version {version[0]}", archive_of(**{key: npy[:6] + version + npy[8:]})
    for what, header in _altered_headers(array):
        yield what, archive_of(**{key: _npy_with(header, values=array.tobytes())})
    for one, other in permutations(SMALL_FILES, 2):
        if one is file:
            yield f"swapped for {other.npz_key}", archive_of(**{key: npy_of(SMALL_ARRAYS[other.npz_key])})
    kept = {other.npz_key: SMALL_ARRAYS[other.npz_key] for other in SMALL_FILES if other is not file}
    yield "missing", npz_of(**kept)
    yield "missing among many", npz_of(**kept, **{f"array-{i}": np.uint8(0) for i in range(2_000)})
    yield "under another name", npz_of(**kept, **{key.upper(): array})


def _altered_headers(array: Any) -> Iterator[tuple[str, str]]:
    """Yield npy headers that lie, or are more than a description."""
    shape = array.shape
    yield "header of a shape without end", f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({2**62},)}}"
    yield "header of a negative shape", "{'descr': '|u1', 'fortran_order': False, 'shape': (-6,)}"
    yield "header of many dimensions", f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({'1,' * 900})}}"
    yield "header by columns", f"{{'descr': '|u1', 'fortran_order': True, 'shape': {shape}}}"
    yield "header that calls", f"{{'descr': __import__('altered_files').leave_mark('run'), 'shape': {shape}}}"
    yield "header of deep brackets", "(" * 5_000 + ")" * 5_000
    yield "header without shape", "{'descr': '|u1', 'fortran_order': False}"
    yield "header of an unknown type", f"{{'descr': '|q9', 'fortran_order': False, 'shape': {shape}}}"
    yield (
        "header of a long type",
        f"{{'descr': {[(f'f{i}', '|u1') for i in range(500)]}, 'fortran_order': False, 'shape': {shape}}}",
    )


def _altered_archives(whole: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what is wrong with an npz as an archive, and its bytes; none gives the right arrays."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members, directory = archive.infolist(), archive.start_dir
    ends = [0, 4, *(info.header_offset for info in members[1:]), directory, directory + 10, len(whole) - 22]
    for length in (*ends, len(whole) - 1):
        yield f"cut to {length} bytes", whole[:length]
    for info in members:
        local = whole[info.header_offset :]
        names, extra = struct.unpack("<2H", local[26:30])
        start = info.header_offset + 30 + names + extra
        for position in range(start, start + info.compress_size, 25):
            yield f"packed byte {position} flipped", _flip(whole, position=position, bit=position % 8)
    at = directory
    for number, info in enumerate(members):
        for what, offset in (("flags", 8), ("method", 10), ("sum", 16), ("size", 20), ("offset", 42), ("name", 46)):
            bit = 0 if what == "flags" else 1  # the first flag says that it is encrypted
            flipped = _flip(whole, position=at + offset, bit=bit)
            # A packed size that is too large goes unseen, and does no harm.
            if not _gives_the_arrays(flipped):
                yield f"entry {number}, {what} flipped", flipped
        at += 46 + len(info.filename) + len(info.extra) + len(info.comment)
    yield "with its beginning cut off", whole[40:]
    yield "of nothing", archive_of_nothing()
    yield "with hostile names", _archive_with_names([f"\x1b[2J{'x' * 60_000}", "../../x_train.npy", "/x_train.npy"])


def archive_of_nothing() -> bytes:
    """Return an empty zip archive."""
    return b"PK\x05\x06" + bytes(18)


def _archive_with_names(names: list[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, npy_of(SMALL_ARRAYS["x_train"]))
    return buffer.getvalue()


def _npy_with(header: str, *, values: bytes) -> bytes:
    text = header.encode("latin1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + values


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


def _npz_bomb(method: int) -> bytes:
    """Return an npz whose first array has the right header, and zeros without end after it."""
    npy = npy_of(SMALL_ARRAYS["x_train"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive, archive.open("x_train.npy", "w") as member:
        member.write(npy)
        for _ in range(BOMB_BYTES >> 20):
            member.write(bytes(1 << 20))
    return buffer.getvalue()


def _long_directory() -> bytes:
    """Return an archive that is nothing but entries of its list of contents."""
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<3H", 1, 0, 0) + bytes(12) + b"x"
    entries = entry * 60_000
    return entries + b"PK\x05\x06" + bytes(4) + struct.pack("<2H2IH", 60_000, 60_000, len(entries), 0, 0)


def _no_files(name: str, *, what: str) -> Iterator[Altered]:
    """Yield what is no file at all."""
    yield Altered(f"{what} empty", name, b"")
    yield Altered(f"{what} folder", name, Path.mkdir, is_file=False)
    yield Altered(f"{what} dangling link", name, lambda path: path.symlink_to("nowhere"), is_file=False)
    yield Altered(f"{what} link to itself", name, lambda path: path.symlink_to(path), is_file=False)
    yield Altered(f"{what} link to a folder", name, lambda path: path.symlink_to(path.parent), is_file=False)
    yield Altered(f"{what} link to zeros without end", name, lambda path: path.symlink_to("/dev/zero"), is_file=False)
    if hasattr(os, "mkfifo"):
        yield Altered(f"{what} named pipe", name, os.mkfifo, is_file=False)


def _flip(content: bytes, *, position: int, bit: int) -> bytes:
    flipped = bytearray(content)
    flipped[position] ^= 1 << bit
    return bytes(flipped)


def _gives_the_arrays(npz: bytes) -> bool:
    try:
        with np.load(io.BytesIO(npz), allow_pickle=False) as arrays:
            return all(np.array_equal(arrays[key], array) for key, array in SMALL_ARRAYS.items())
    except Exception:  # noqa: BLE001 - there is no list of what NumPy raises
        return False


def _unpacks_to(packed: bytes, content: bytes) -> bool:
    try:
        return gzip.decompress(packed) == content
    except (OSError, EOFError, zlib.error):
        return False
