"""What a verdict is: one word of six for what a document reports, a seventh for a miss that is explained, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from mnist_repro.records.run import RunRecord
from mnist_repro.stats.ranks import runs_to_reject


class Verdict(Enum):
    """Whether what a document reports can be had again."""

    REPRODUCED = "reproduced"
    EXPLAINED = "explained"
    NOT_REPRODUCED = "not reproduced"
    INCONCLUSIVE = "inconclusive"
    CONTRADICTED = "contradicted"
    NOT_COMPARABLE = "not comparable"
    NOT_RUN = "not run"


# What somebody could have had again, and was found to be so or not; a time on other hardware is no part of it.
DECIDED = (Verdict.REPRODUCED, Verdict.EXPLAINED, Verdict.NOT_REPRODUCED, Verdict.CONTRADICTED)

# Fewer runs cannot give an exact p-value of 5 %; with fewer, nothing that chance decides is decided.
MINIMUM_RUNS = runs_to_reject(tests=1)
SIGNIFICANCE = 0.05
# The metrics of which a curve or a figure is ranked among our runs.
RANKED_METRICS = frozenset({"loss", "accuracy", "error"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The verdict on one family of claims (a reported curve, or a single number), a comparison, or a statement.

    Parameters
    ----------
    family
        The id of the family, the comparison or the statement.
    verdict
        Whether it reproduces.
    reason
        The verdict in words.
    runs
        Completed runs that it rests on; of two experiments, those of the one with fewer.
    runs_needed
        Runs that would decide, where the verdict is inconclusive and that can be told; else None.
    p
        Exact rank p-value, in [1 / (runs + 1), 1]; None where no chance is involved.
    adjusted_p
        The same, adjusted by Holm for all ranked families of the document.
    """

    family: str
    verdict: Verdict
    reason: str
    runs: int
    runs_needed: int | None = None
    p: float | None = None
    adjusted_p: float | None = None


def judged_runs(records: Iterable[RunRecord], *, experiment: str | None) -> list[RunRecord]:
    """Return the runs of an experiment that a verdict may rest on: those that completed, on MNIST itself."""
    return [record for record in records if record.experiment == experiment and record.tells_of_mnist]


def count_runs(runs: int) -> str:
    """Say how many runs there are."""
    return "1 run" if runs == 1 else f"{runs} runs"


def round_up(runs: int) -> int:
    """Round an estimated number of runs up to two digits: no estimate is better than that."""
    unit: int = 10 ** max(0, len(str(runs)) - 2)
    return -(-runs // unit) * unit
