"""One number as a document prints it: its text, where it stands, what was measured and in what unit.

Its value and its rounding are read from the printed text, so they cannot disagree with it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from mnist_repro.documents.protocol import CLASSES

_OF_IMAGES = ("fraction", "percent", "images")
# Every metric, with the units in which it may be reported; "1" is a pure number.
METRIC_UNITS = {
    "loss": ("nat",),
    "accuracy": _OF_IMAGES,
    "error": _OF_IMAGES,
    "learning_rate": ("1",),
    "seconds_per_period": ("seconds",),
    "total_seconds": ("seconds",),
    "label": ("1",),
    "accuracy_promise": _OF_IMAGES,
    "accuracy_target": _OF_IMAGES,
}
# Less than any printed digit of a fraction, and more than what floats make of one.
_ROUNDING = 1e-12
_NOT_OF_RUN = frozenset({"label", "accuracy_promise", "accuracy_target"})
# What is measured on images.
ON_IMAGES = frozenset({"loss", "accuracy", "error", "accuracy_promise", "accuracy_target"})

_NUMBER = re.compile(r"[+-]?(?=\.?[0-9])[0-9]*(?:\.(?P<decimals>[0-9]*))?(?:[eE](?P<exponent>[+-]?[0-9]{1,3}))?")
_COUNT = re.compile(r"(?P<counted>[0-9][0-9,]{0,9})(?:\s*(?:/|of|out of)\s*(?P<all>[1-9][0-9,]{0,9}))?")
_CLOCK = re.compile(r"(?:[0-9]{1,6}:)?[0-9]{1,2}:[0-5][0-9]")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One number that a document reports."""

    id: str  #: unique over all documents
    document: str  #: id of the document
    experiment: str | None  #: id of the experiment that it is about; None where it is about none
    run: str | None = None  #: id of the run of it that printed the number; None for the only one, or the first
    line: int  #: of the stored text, counted from 1
    #: exactly as printed; durations may read ``minutes:seconds`` or ``hours:minutes:seconds``, counts ``9542 / 10000``
    printed: str
    metric: str  #: what was measured: a key of `METRIC_UNITS`
    unit: str  #: in what unit: one of the metric's
    #: of a notebook that printed it, as the document writes it (``In [10]``), or the text before a cell; for readers
    cell: str | None = None
    best_of: int | None = None  #: of how many runs the number is the best, by its metric; None for a single run
    mean_of: int | None = None  #: or of how many it is the mean
    period: int | None = None  #: after which it was printed, counted from 1; None for the whole run, or no run
    evaluation_set: str | None = None  #: on which it was measured, as the experiment declares it
    #: the set on which `metric` is best after the number's period, the first of several: its own names a curve's best
    at_best: str | None = None
    printed_unit: str | None = None  #: that the document prints, where it is not the true one
    cut: bool = False  #: whether the digits that were not printed were cut off; else the number was rounded
    at_least: bool = False  #: of a promise, whether runs keep it that reach it; else those do that round to it
    of: int | None = None  #: how many images a count is of, where `printed` does not say it
    example: int | None = None  #: the training image that a label belongs to, counted from 1
    note: str | None = None  #: what a reader should know about it

    @property
    def family(self) -> str:
        """The id without the period: all points of a curve are one family."""
        return self.id.removesuffix(f".{self.period}")

    @property
    def run_id(self) -> str | None:
        """The id of the reported run: its own, or that of its experiment; None where no experiment is."""
        return self.run or self.experiment

    @property
    def runs_each(self) -> int:
        """How many runs the document made to print the number: the best of several, their mean, or a single one."""
        return self.best_of or self.mean_of or 1

    @property
    def made_as(self) -> str:
        """What the document made of several runs, in words; empty for a single run."""
        if self.runs_each == 1:
            return ""
        return f"{'best' if self.best_of else 'mean'} of {self.runs_each} runs"

    @property
    def value(self) -> float:
        """The printed number, in `unit`."""
        return read_number(self.printed, unit=self.unit)[0]

    @property
    def whole(self) -> float:
        """What all images are in `unit`; 1 where the unit counts none."""
        return read_whole(self.printed, unit=self.unit, of=self.of)

    @property
    def fraction(self) -> float:
        """The printed number, a percentage or a count as a fraction."""
        return self.value / self.whole

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

    def agrees_with(self, other: Claim) -> bool:
        """Return whether both can be prints of one number; an error is 1 minus an accuracy."""
        first, second = (
            sorted(1 - end / each.whole if each.metric == "error" else end / each.whole for end in each.limits)
            for each in (self, other)
        )
        shared = min(first[1], second[1]) - max(first[0], second[0])
        # Decimals overlap by nothing, half or all of the finer: an end alone is shared with the next number too.
        return shared >= min(first[1] - first[0], second[1] - second[0]) / 4 - _ROUNDING

    @property
    def is_of_run(self) -> bool:
        """Whether a training run produced the number; labels, promises and targets have none."""
        return self.metric not in _NOT_OF_RUN


def find_misfit(printed: str, *, metric: str, unit: str, of: int | None) -> str:
    """Return the rule that a printed number breaks, as one read in the wrong unit does; empty if it keeps all.

    Parameters
    ----------
    of
        How many images a count is of, where `printed` does not say it.
    """
    try:
        value, whole = read_number(printed, unit=unit)[0], read_whole(printed, unit=unit, of=of)
    except ValueError:
        forms = {"seconds": ", or minutes:seconds", "images": " of images, such as 9542 or 9542 / 10000"}
        return f"printed must be a {'whole' if unit == 'images' else 'finite'} number{forms.get(unit, ' alone')}"
    instead = '; a percentage has unit = "percent"' if unit == "fraction" else ""
    rules = {
        "of, how many images a count is of, stands with each count whose print does not say it, and nowhere else": (
            (of is not None) != math.isnan(read_whole(printed, unit=unit))
        ),
        f"{metric} is at least 0": value < 0,
        f"{metric} in the unit {unit} is at most {whole:.0f}{instead}": unit in _OF_IMAGES and value > whole,
        'an accuracy of at most 1 is a fraction: unit = "fraction", and printed_unit = "percent" if a % follows': (
            unit == "percent" and metric.startswith("accuracy") and value <= 1  # a tenth of chance
        ),
        f"a label is a whole number from 0 to {CLASSES - 1}": metric == "label" and value not in range(CLASSES),
    }
    return next((rule for rule, is_broken in rules.items() if is_broken), "")


def read_number(printed: str, *, unit: str) -> tuple[float, int]:
    """Return the value of `printed` and the decimal place of its last digit.

    Raises
    ------
    ValueError
        If it is not a finite number.
    """
    if unit == "seconds" and _CLOCK.fullmatch(printed):
        return float(sum(int(part) * 60**power for power, part in enumerate(printed.split(":")[::-1]))), 0
    if unit == "images" and (count := _COUNT.fullmatch(printed)):
        return float(count["counted"].replace(",", "")), 0
    match = None if unit == "images" else _NUMBER.fullmatch(printed)
    # A large exponent passes the expression, but is no finite float.
    if match is None or not math.isfinite(float(printed)):
        msg = f"{printed!r} is no finite number in {unit}."
        raise ValueError(msg)
    return float(printed), len(match["decimals"] or "") - int(match["exponent"] or 0)


def read_whole(printed: str, *, unit: str, of: int | None = None) -> float:
    """Return what all images are in `unit`; 1 where it counts none.

    Parameters
    ----------
    of
        How many images a count is of, where ``9542 / 10000`` does not say it; NaN without either.
    """
    if unit == "images":
        count = _COUNT.fullmatch(printed)
        return float(count["all"].replace(",", "")) if count and count["all"] else float(of or math.nan)
    return 100.0 if unit == "percent" else 1.0
