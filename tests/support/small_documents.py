"""Documents that are made up: two of a few lines, and the tiny one as a user would have it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mnist_repro.documents.document import Document, load_document
from mnist_repro.errors import ReproError

TINY = Path(__file__).parent / "tiny_document"
# A `claims.toml` with a group of each kind; no text goes with it.
GROUPED_CLAIMS = """\
id = "small"
title = "A small document"
file = "small.txt"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

[quantity.loss]
metric = "loss"
unit = "nat"
evaluation_set = "validation"

[quantity.error]
metric = "error"
unit = "percent"

[quantity.time]
metric = "total_seconds"
unit = "seconds"

[[group]]
experiment = "small-net"
cell = "In [1]"
claims.loss = [
    { period = 1, line = 11, printed = "0.50" },
    { period = 2, line = 12, printed = "0.25" },
]
claims.error = [{ line = 13, printed = "0.1", unit = "fraction", printed_unit = "percent", note = "odd" }]
claims.time = [{ line = 14, printed = "01:07" }]

[[group]]
about = "small-example"
cell = "Out[2]"
claims.loss = [{ cell = "Out[3]", line = 15, printed = "7" }]

[output]
regions = [{ cell = "In [1]", first_line = 11, last_line = 14 }]
not_claims = [{ pattern = '^Epoch \\d+', reason = "Number of the period." }]
"""
# A `claims.toml` with something for every check of texts, and its text.
CHECKED_CLAIMS = """\
id = "small"
title = "A small document"
file = "small.txt"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

remarks = [{ line = 8, text = "Nothing gives this." }]

[statement.comment]
experiments = ["small-net"]
lines = [3]
says = "A comment: batches of 12."
batch_size = 12

[statement.range]
experiments = ["small-net"]
lines = [3]
says = "Validation is on 7 to 9."
images = { evaluation_set = "validation", source = "train", first = 7, last = 9 }

[statement.name]
experiments = ["small-net"]
lines = [2]
says = "It is called a training loss."
trained_on = "validation"

[quantity.loss]
metric = "loss"
unit = "nat"

[quantity.promise]
metric = "accuracy_promise"
unit = "fraction"

[[group]]
experiment = "small-net"
cell = "In [1]"
claims.loss = [
    { period = 1, line = 5, printed = "0.5" },
    { period = 2, line = 6, printed = "0.25" },
]
claims.promise = [{ cell = "text before In [2]", line = 8, printed = "0.9" }]

[output]
regions = [{ cell = "In [1]", first_line = 4, last_line = 6 }]
not_claims = [
    { pattern = '^period \\d+', reason = "Number of the period." },
    { pattern = '@\\d+', reason = "Address." },
]
"""
CHECKED_TEXT = """\
In [1]:
print("period", period, loss)
# batches of 12, images (7:9)
Object @16
period 1: 0.5
period 2: 0.25

This gives 0.9 accuracy.
In [2]:
period = 3
"""


def write_document(folder: Path, claims: str = GROUPED_CLAIMS) -> Path:
    """Write `claims` as the `claims.toml` of the document in `folder`, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "claims.toml").write_text(claims, encoding="utf-8")
    return folder


def load_checked(folder: Path, *, claims: str = CHECKED_CLAIMS) -> Document:
    """Load the document for the checks of texts, or one with other claims, from `folder`."""
    return load_document(write_document(folder, claims))


def refusal(folder: Path) -> str:
    """Return the words in which the document in `folder` is refused."""
    with pytest.raises(ReproError) as caught:
        load_document(folder)
    return str(caught.value)


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
