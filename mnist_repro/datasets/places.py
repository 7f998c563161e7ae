"""Which images may be asked for, and where MNIST may lie on this computer; needs no NumPy, whose import takes long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

Choice = Literal["auto", "mnist", "digits"]

FOLDER_VARIABLE = "MNIST_REPRO_DATA"


def usual_places() -> Iterator[Path]:
    """Yield the folders in which MNIST is looked for, the nearest first, the user's cache last.

    They are ``data/mnist`` and ``shared/mnist`` in the checkout that this package belongs to and in the
    current folder, the same two beside a checkout, and the cache.
    """
    package_parent = Path(__file__).resolve().parents[2]
    roots = [package_parent, Path.cwd()] if _is_checkout(package_parent) else [Path.cwd()]
    beside = [root.parent for root in roots if _is_checkout(root)]
    for root in dict.fromkeys(roots + beside):  # each once, in this order
        yield root / "data" / "mnist"
        yield root / "shared" / "mnist"
    yield cache_folder()


def cache_folder() -> Path:
    """Return the folder that keeps downloads, whether it exists or not."""
    from platformdirs import user_cache_path  # noqa: PLC0415  needless where MNIST's folder is named

    return user_cache_path("mnist-repro", appauthor=False)


def _is_checkout(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file() and (folder / "mnist_repro").is_dir()
