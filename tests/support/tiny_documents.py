"""The tiny document as a user would have it: in a folder of their own, or in an installed package."""

from __future__ import annotations

import shutil
from pathlib import Path

TINY = Path(__file__).parent / "tiny_document"


def copy_tiny(folder: Path) -> Path:
    """Copy the tiny document to `folder`, and return that."""
    return Path(shutil.copytree(TINY, folder, ignore=shutil.ignore_patterns("__pycache__")))


def install_tiny(site: Path, *, target: str = "tiny_package.document") -> None:
    """Put the tiny document into a folder of packages as pip would, with an entry point that names `target`."""
    copy_tiny(site / "tiny_package" / "document")
    (site / "tiny_package" / "__init__.py").touch()
    info = site / "tiny_distribution-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-distribution\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[mnist_repro.documents]\nthird = {target}\n", encoding="utf-8")
