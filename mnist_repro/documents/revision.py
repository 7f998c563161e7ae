"""A change of a document's source after its numbers were printed: an entry ``[[revision]]`` of `claims.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from msgspec import Meta

from mnist_repro.documents.toml_schema import Text

Day = Annotated[date, Meta(description="a date such as 2025-01-31, without quotes")]


@dataclass(frozen=True, kw_only=True)
class Revision:
    """What changed while the numbers stayed."""

    printed: Day  #: since when the numbers stand
    changed: Day  #: when the source was changed
    text: Text  #: what changed

    def __post_init__(self) -> None:
        if self.changed < self.printed:
            msg = f"changed must be no day before printed, {self.printed}. Received: {self.changed}"
            raise ValueError(msg)
