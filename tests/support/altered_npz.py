"""Altered npz files, made by rules: archives, arrays in them and their headers that are wrong, and bombs of zip."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np
from altered_files import BOMB_BYTES, Altered, Trap, flip, foreign_contents, no_files, npy_of
from small_mnist import SMALL_ARRAYS, SMALL_FILES

from mnist_repro.datasets.idx import IdxFile

_WRONG_TYPES = ("bool", "int8", "uint16", ">u2", "int64", "float16", "float32", "float64", "complex64", "S1", "U1")


def altered_npz() -> Iterator[Altered]:
    """Yield altered npz files: a folder holds nothing else."""
    whole = npz_of(**SMALL_ARRAYS)
    contents = [*_altered_archives(whole), *foreign_contents()]
    for file in SMALL_FILES:
        contents += [(f"{file.npz_key} {what}", content) for what, content in _altered_members(file)]
    for what, content in contents:
        yield Altered(f"npz {what}", "mnist.npz", content)
    for method, name in ((zipfile.ZIP_DEFLATED, "deflate"), (zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "lzma")):
        yield Altered(f"npz bomb by {name}", "mnist.npz", lambda method=method: _npz_bomb(method))  # type: ignore[misc]
    yield Altered("npz list of contents without end", "mnist.npz", _long_directory)
    yield from no_files("mnist.npz", what="npz")


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
            yield f"packed byte {position} flipped", flip(whole, position=position, bit=position % 8)
    at = directory
    for number, info in enumerate(members):
        for what, offset in (("flags", 8), ("method", 10), ("sum", 16), ("size", 20), ("offset", 42), ("name", 46)):
            bit = 0 if what == "flags" else 1  # the first flag says that it is encrypted
            flipped = flip(whole, position=at + offset, bit=bit)
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


def _gives_the_arrays(npz: bytes) -> bool:
    try:
        with np.load(io.BytesIO(npz), allow_pickle=False) as arrays:
            return all(np.array_equal(arrays[key], array) for key, array in SMALL_ARRAYS.items())
    except Exception:  # noqa: BLE001 - there is no list of what NumPy raises
        return False
