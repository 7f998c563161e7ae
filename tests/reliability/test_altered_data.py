"""Data files that are not what they must be: each is refused in words, none is unpickled, none takes much memory."""

from __future__ import annotations

import pickle
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from altered_files import BOMB_BYTES, MARKS, Altered, Trap
from altered_idx import altered_idx
from altered_npz import altered_npz
from small_mnist import SMALL_FILES, write_gzipped, write_plain

from mnist_repro.datasets.folders import read_folder
from mnist_repro.datasets.idx import BrokenFileError

CASES = (*altered_idx(), *altered_npz())
FEWEST_CASES = 300
MOST_BYTES = 4 << 20  # a bomb has 16 times as much
LONGEST_MESSAGE = 1_000  # characters
NEXT_STEP = "Replace the file by an unaltered copy, or point --data at another folder."


@pytest.fixture(autouse=True)
def _no_marks() -> None:
    """Forget what earlier tests unpickled."""
    MARKS.clear()


def test_altered_files_are_many_and_each_is_of_its_own(record_property: Callable[[str, object], None]) -> None:
    """At least 300 files are altered, each in a way that has a name of its own."""
    names = [case.id for case in CASES]

    assert len(names) == len(set(names))
    assert len(CASES) >= FEWEST_CASES
    record_property("reliability figure", f"data: {len(CASES)} altered files, every one refused")


def test_trap_leaves_a_mark_where_it_is_unpickled() -> None:
    """The pickles of these tests would be seen if they were opened."""
    pickle.loads(pickle.dumps(Trap()))  # noqa: S301 - our own

    assert MARKS == ["unpickled"]


def refuse(folder: Path) -> tuple[str, int]:
    """Return the message with which a folder is refused, and the peak of the memory that this took, in bytes."""
    tracemalloc.start()
    try:
        with pytest.raises(BrokenFileError) as caught:
            read_folder(folder, files=SMALL_FILES)
        return str(caught.value), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_read_folder_altered_file_is_refused_in_words_and_bounds(tmp_path: Path, case: Altered) -> None:
    """The message names the file, the rule, what was expected and received, and the next step; no mark, no memory."""
    if not case.name.endswith(".npz"):
        (write_gzipped if case.name.endswith(".gz") else write_plain)(tmp_path)
    path = case.write(tmp_path)

    # What another thread of the session allocates meanwhile is counted too, and does not come twice.
    message, peak_bytes = min((refuse(tmp_path) for _ in range(2)), key=lambda refused: refused[1])

    assert message.startswith(f"{path}: ")
    assert message.endswith(NEXT_STEP)
    assert "xpected" in message
    assert "received" in message
    assert len(message) < LONGEST_MESSAGE + len(str(path))
    assert message.isprintable()
    assert MARKS == []
    assert peak_bytes < MOST_BYTES < BOMB_BYTES
