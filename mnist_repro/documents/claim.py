"""One number as a document prints it: its text, where it stands, what was measured and in what unit.

Its value and its rounding are read from the printed text, so they cannot disagree with it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from mnist_repro.documents.protocol import CLASSES

# Every metric, with the units in which it may be reported; "1" is a pure number.
METRIC_UNITS = {
    "loss": ("nat",),
    "accuracy": ("fraction", "percent"),
    "error": ("fraction", "percent"),
    "learning_rate": ("1",),
    "seconds_per_period": ("seconds",),
    "total_seconds": ("seconds",),
    "label": ("1",),
    "accuracy_promise": ("fraction", "percent"),
    "accuracy_target": ("fraction", "percent"),
}
_NOT_OF_RUN = frozenset({"label", "accuracy_promise", "accuracy_target"})

_WHOLE = {"fraction": 1.0, "percent": 100.0}

_NUMBER = re.compile(r"[+-]?(?=\.?[0-9])[0-9]*(?:\.(?P<decimals>[0-9]*))?(?:[eE](?P<exponent>[+-]?[0-9]{1,3}))?")
_CLOCK = re.compile(r"(?:[0-9]{1,6}:)?[0-9]{1,2}:[0-5][0-9]")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One number that a document reports."""

    id: str  #: unique over all documents
    document: str  #: id of the document
    experiment: str | None  #: id of the experiment that it is about; None where it is about none
    line: int  #: of the stored text, counted from 1
    printed: str  #: exactly as printed; durations may read ``minutes:seconds`` or ``hours:minutes:seconds``
    metric: str  #: what was measured: a key of `METRIC_UNITS`
    unit: str  #: in what unit: one of the metric's
    #: of a notebook that printed it, as the document writes it (``In [10]``), or the text before a cell; for readers
    cell: str | None = None
    period: int | None = None  #: after which it was printed, counted from 1; None for the whole run, or no run
    evaluation_set: str | None = None  #: on which it was measured, as the experiment declares it
    printed_unit: str | None = None  #: that the document prints, where it is not the true one
    cut: bool = False  #: whether the digits that were not printed were cut off; else the number was rounded
    example: int | None = None  #: the training image that a label belongs to, counted from 1
    note: str | None = None  #: what a reader should know about it

    @property
    def family(self) -> str:
        """The id without the period: all points of a curve are one family."""
        return self.id.removesuffix(f".{self.period}")

    @property
    def value(self) -> float:
        """The printed number, in `unit`."""
        return read_number(self.printed, unit=self.unit)[0]

    @property
    def fraction(self) -> float:
        """The printed number, a percentage as a fraction."""
        return self.value / 100 if self.unit == "percent" else self.value

    @property
    def decimals(self) -> int:
        """Digits after the point, trailing zeros included; written out where the print has an exponent."""
        return max(0, read_number(self.printed, unit=self.unit)[1])

    @property
    def half_unit(self) -> float:
        """Half a unit of the last printed digit, in `unit`: the most that rounding changed."""
        return float(f"5e{-read_number(self.printed, unit=self.unit)[1] - 1}")

    @property
    def limits(self) -> tuple[float, float]:
        """The smallest and the largest number with this print, in `unit`."""
        half = self.half_unit
        return (self.value, self.value + 2 * half) if self.cut else (self.value - half, self.value + half)

    @property
    def is_of_run(self) -> bool:
        """Whether a training run produced the number; labels, promises and targets have none."""
        return self.metric not in _NOT_OF_RUN


def find_misfit(value: float, *, metric: str, unit: str) -> str:
    """Return the rule that a printed number breaks, as one read in the wrong unit does; empty if it keeps all."""
    if value < 0:
        return f"{metric} is at least 0"
    if value > _WHOLE.get(unit, math.inf):
        instead = '; a percentage has unit = "percent"' if unit == "fraction" else ""
        return f"{metric} in the unit {unit} is at most {_WHOLE[unit]:.0f}{instead}"
    if unit == "percent" and metric.startswith("accuracy") and value <= 1:  # a tenth of chance
        return 'an accuracy of at most 1 is a fraction: unit = "fraction", and printed_unit = "percent" if a % follows'
    if metric == "label" and value not in range(CLASSES):
        return f"a label is a whole number from 0 to {CLASSES - 1}"
    return ""


def is_number(printed: str, *, unit: str) -> bool:
    """Return whether `printed` is just a finite number, or a duration where the unit is seconds."""
    try:
        read_number(printed, unit=unit)
    except ValueError:
        return False
    return True


def read_number(printed: str, *, unit: str) -> tuple[float, int]:
    """Return the value of `printed` and the decimal place of its last digit.

    Raises
    ------
    ValueError
        If it is not a finite number.
    """
    if unit == "seconds" and _CLOCK.fullmatch(printed):
        return float(sum(int(part) * 60**power for power, part in enumerate(printed.split(":")[::-1]))), 0
    match = _NUMBER.fullmatch(printed)
    # A large exponent passes the expression, but is no finite float.
    if match is None or not math.isfinite(float(printed)):
        msg = f"{printed!r} is no finite number in {unit}."
        raise ValueError(msg)
    return float(printed), len(match["decimals"] or "") - int(match["exponent"] or 0)
