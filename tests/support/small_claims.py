"""A small `claims.toml` with a group of each kind, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_repro.documents.document import load_document
from mnist_repro.errors import ReproError

SMALL = """\
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


def write_document(folder: Path, text: str = SMALL) -> Path:
    """Write `text` as the `claims.toml` of the document in `folder`, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "claims.toml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path) -> str:
    """Return the words in which the document in `folder` is refused."""
    with pytest.raises(ReproError) as caught:
        load_document(folder)
    return str(caught.value)
