"""Which lines of a stored text were printed, and which of their numbers report no result."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mnist_repro.documents.toml_schema import Text
from mnist_repro.documents.validation import From1


@dataclass(frozen=True, kw_only=True)
class Output:
    """Lines of the stored text that were printed."""

    first_line: From1  #: counted from 1
    last_line: From1  #: included
    cell: Text | None = None  #: of a notebook, which printed them

    def __post_init__(self) -> None:
        if self.last_line < self.first_line:
            msg = f"last_line must be at least first_line, {self.first_line}. Received: {self.last_line}"
            raise ValueError(msg)

    def __contains__(self, line: int) -> bool:
        return self.first_line <= line <= self.last_line


@dataclass(frozen=True, kw_only=True)
class NotAClaim:
    """Numbers in the output that report no result."""

    pattern: str  #: a regular expression that finds them
    reason: Text  #: why they are no claims

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except (re.error, OverflowError, RecursionError):
            msg = f"pattern must be a regular expression of Python's re. Received: {self.pattern!r:.80}"
            raise ValueError(msg) from None
