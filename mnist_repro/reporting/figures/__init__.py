"""Charts, as SVG files. Matplotlib is imported here first."""

import os
from contextlib import suppress

# Notebooks hand the name of their way to draw on to what they start, and Matplotlib cannot be imported where it has no
# such way. Ours draws by `Figure` alone; within a notebook the name is its own again.
_named = os.environ.pop("MPLBACKEND", None)

import matplotlib as mpl  # noqa: E402

if _named is not None:
    os.environ["MPLBACKEND"] = _named
    with suppress(ValueError):
        mpl.rcParams["backend"] = _named
