"""The one form that files of every kind are read into: numbered lines, and the cells that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

Kind = Literal["label", "source", "output", "prose"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the stored text."""

    text: str
    kind: Kind  #: who wrote it: `output` is what a program printed
    cell: int  #: index of its cell in `StoredText.cells`


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Source and the output that it printed."""

    label: str  #: as readers name it, such as ``In [3]``
    order: int  #: cells ran in this order, where the file says so
    language: str = "python"  #: of the source, in lower case


@dataclass(frozen=True, kw_only=True)
class Region:
    """Lines that one cell printed."""

    cell: int  #: index of the cell
    label: str  #: the last label at or before its first line
    first: int  #: line, counted from 1
    last: int  #: included


@dataclass
class StoredText:
    """What claims are taken from: each line with who wrote it.

    Readers of files add to it, line after line.
    """

    lines: list[Line] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  #: what a reader should know of how the file was read

    @property
    def content(self) -> str:
        """The text as it is stored."""
        return "\n".join(line.text for line in self.lines)

    def add_cell(self, label: str, *, order: int | None = None, language: str = "python") -> int:
        """Begin a cell, and return its index."""
        self.cells.append(Cell(label=label, order=len(self.cells) if order is None else order, language=language))
        return len(self.cells) - 1

    def add(self, lines: list[str], *, kind: Kind) -> None:
        """Add lines to the last cell."""
        self.lines += [Line(text=text, kind=kind, cell=len(self.cells) - 1) for text in lines]

    def sources(self) -> list[tuple[int, str]]:
        """Return the source of each cell that has any, in the order in which they ran."""
        parts: dict[int, list[str]] = {}
        for line in self.lines:
            if line.kind == "source":
                parts.setdefault(line.cell, []).append(line.text)
        return [(cell, "\n".join(parts[cell])) for cell in sorted(parts, key=lambda cell: self.cells[cell].order)]

    def regions(self) -> list[Region]:
        """Return where output stands: from the first printed line of a cell to its last, unless prose parts them."""
        found = []
        numbered = enumerate(self.lines, 1)
        for (cell, outside), group in groupby(numbered, key=lambda pair: (pair[1].cell, pair[1].kind in _OUTSIDE)):
            lines = list(group)
            # A label "Out[3]:" without anything below it is output too.
            printed = [
                n for n, line in lines if line.text.strip() and (line.kind == "output" or line.text.startswith("Out"))
            ]
            if printed and not outside:
                first, last = self._label_above(printed[0], lines[0][0]), printed[-1]
                found.append(Region(cell=cell, label=self._name(first, cell), first=first, last=last))
        return found

    def _label_above(self, first: int, lowest: int) -> int:
        """Return the line of the label ``Out[..]`` that stands directly above output, else `first`."""
        above = first - 1
        while above > lowest and not self.lines[above - 1].text.strip():
            above -= 1
        is_label = above >= lowest and self.lines[above - 1].kind == "label"
        return above if is_label and self.lines[above - 1].text.startswith("Out") else first

    def _name(self, first: int, cell: int) -> str:
        text = self.lines[first - 1].text.replace("\N{NO-BREAK SPACE}", " ")
        return text.partition(":")[0] if self.lines[first - 1].kind == "label" else self.cells[cell].label

    def prose(self) -> Iterator[tuple[int, Line]]:
        """Yield number and line of what is neither source nor output."""
        yield from ((number, line) for number, line in enumerate(self.lines, 1) if line.kind == "prose")


_OUTSIDE = ("source", "prose")
