"""A small document with something for every check of texts, and its claims."""

from __future__ import annotations

from pathlib import Path

from mnist_repro.documents.document import Document, load_document

SMALL_CLAIMS = """\
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
SMALL_TEXT = """\
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


def load_small(folder: Path, *, claims: str = SMALL_CLAIMS) -> Document:
    """Load the small document, or one with other claims, from a folder that is empty."""
    (folder / "claims.toml").write_text(claims, encoding="utf-8")
    return load_document(folder)
