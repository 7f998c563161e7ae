"""The values of a record as its line has them."""

from __future__ import annotations

import json
from typing import Any

from mnist_repro.records.run import RunRecord, format_record


def field_values(record: RunRecord) -> dict[str, Any]:
    """Return the fields of a record by name, as JSON has them."""
    values: dict[str, Any] = json.loads(format_record(record))
    return values
