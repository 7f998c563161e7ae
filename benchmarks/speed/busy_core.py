"""A core that is kept busy, as on a machine that is shared."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_BUSY = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import numpy
matrix = numpy.ones((600, 600), numpy.float32)
while True:
    matrix @ matrix
"""


def has_spare_core() -> bool:
    """Return whether there is a core beside that which engines are bound to, and processes can be bound to it."""
    return hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) > 1


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep another core busy than that which engines are bound to, until the context is left."""
    with subprocess.Popen([sys.executable, "-c", _BUSY], env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}) as process:  # noqa: S603 - our own words
        try:
            yield
        finally:
            process.kill()
