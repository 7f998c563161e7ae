"""Draw many figures, on all processors."""

from __future__ import annotations

import multiprocessing
import sys
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from joblib import cpu_count

from mnist_repro.records.store import collection_paused

Draw = Callable[[Path], None]  #: draws one figure into a file


def draw_all(drawings: Mapping[Path, Draw]) -> None:
    """Draw each figure into its file, on as many processes as there are processors.

    What another process does not draw, for whatever reason, this one draws, and so raises the errors itself.
    """
    for folder in {file.parent for file in drawings}:
        folder.mkdir(parents=True, exist_ok=True)
    count = max(1, min(cpu_count(), len(drawings)) if _may_fork() else 1)
    own, *others = (list(drawings.items())[first::count] for first in range(count))
    # Looking for garbage takes a tenth of the time, and finds 1 MB per figure.
    with collection_paused():
        forked = [(_fork(share), share) for share in others]
        try:
            _draw(own)
        finally:
            for process, _ in forked:
                if process:
                    process.join()
        for process, share in forked:
            if process is None or process.exitcode:
                _draw(share)


def _may_fork() -> bool:
    # Any other new process takes longer to import Matplotlib and SciPy than to draw. On macOS, libraries do not bear a
    # fork; anywhere, a lock that another thread holds stays locked in it.
    return sys.platform == "linux" and threading.active_count() == 1


def _fork(share: Sequence[tuple[Path, Draw]]) -> BaseProcess | None:
    """Return a started process that draws figures, or None where the system allows none."""
    process = multiprocessing.get_context("fork").Process(target=_draw_silently, args=(share,))
    with warnings.catch_warnings():
        # Python warns of the threads of BLAS, which are made for this.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            process.start()
        except OSError:
            return None
    return process


def _draw_silently(share: Sequence[tuple[Path, Draw]]) -> None:
    try:
        _draw(share)
    except BaseException:  # noqa: BLE001 - the first process draws again what is missing, and says what fails
        sys.exit(1)


def _draw(share: Sequence[tuple[Path, Draw]]) -> None:
    for file, draw in share:
        draw(file)
