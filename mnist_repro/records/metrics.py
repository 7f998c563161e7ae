"""What a run measures: curves over its periods, and values at its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mnist_repro.records.run import RunRecord


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A quantity that every run of an experiment measures."""

    evaluation_set: str  #: on which it is measured
    metric: Literal["loss", "accuracy"]
    points: int | None  #: number of points of a curve; None for a value at the end

    @property
    def name(self) -> str:
        """The quantity for readers."""
        return f"{self.evaluation_set} {self.metric}{' at the end' if self.points is None else ' curve'}"

    @property
    def width(self) -> int:
        """Number of values."""
        return self.points or 1

    def read(self, record: RunRecord) -> list[float] | None:
        """Return its values in a completed run; None where the run has fewer or more."""
        if self.points is None:
            values = [getattr(record, f"final_{self.metric}").get(self.evaluation_set)]
        else:
            values = [getattr(period, self.metric).get(self.evaluation_set) for period in record.periods]
        return None if None in values or len(values) != self.width else values


def list_quantities(records: Sequence[RunRecord], *, at_end: Iterable[str]) -> tuple[Quantity, ...]:
    """Return what runs of one experiment measured: each curve, and the values at the end.

    Parameters
    ----------
    records
        Completed runs.
    at_end
        Evaluation sets whose values at the end count; runs are evaluated on others too.
    """
    if not records:
        return ()
    periods = records[0].periods
    curves = periods[0].loss if periods else ()
    metrics: tuple[Literal["loss"], Literal["accuracy"]] = ("loss", "accuracy")
    return (
        *(Quantity(evaluation_set=s, metric=m, points=len(periods)) for s in curves for m in metrics),
        *(Quantity(evaluation_set=s, metric=m, points=None) for s in at_end for m in metrics),
    )


def read_quantities(
    records: Iterable[RunRecord], *, quantities: Sequence[Quantity]
) -> tuple[NDArray[np.float64], list[str]]:
    """Return the matrix of quantities by run.

    Returns
    -------
    values
        Of shape (runs, points).
    lacking
        Names of quantities that are missing in a run, or have another number of points; then there are no values.
    """
    read = [[quantity.read(record) for quantity in quantities] for record in records]
    lacking = [quantity.name for i, quantity in enumerate(quantities) if any(row[i] is None for row in read)]
    points = sum(quantity.width for quantity in quantities)
    if lacking:
        return np.empty((0, points)), lacking
    values = [[value for found in row for value in found or ()] for row in read]
    return np.asarray(values, dtype=np.float64).reshape(len(values), points), []
