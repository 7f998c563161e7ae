"""What a verdict is: one word of seven for what a document reports, and the reason for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mnist_repro.stats.ranks import runs_to_reject


class Verdict(Enum):
    """Whether a reported result reproduces."""

    REPRODUCED = "reproduced"
    EXPLAINED = "explained"
    NOT_REPRODUCED = "not reproduced"
    INCONCLUSIVE = "inconclusive"
    CONTRADICTED = "contradicted"
    NOT_COMPARABLE = "not comparable"
    NOT_RUN = "not run"


# Verdicts that settle whether a result reproduces; a time on other hardware is never settled.
DECIDED = (Verdict.REPRODUCED, Verdict.EXPLAINED, Verdict.NOT_REPRODUCED, Verdict.CONTRADICTED)

# Fewer runs cannot give an exact p-value of 5 %, so nothing that chance decides is decided with fewer.
MINIMUM_RUNS = runs_to_reject(tests=1)
SIGNIFICANCE = 0.05
# The metrics whose values, of a curve or single, are ranked among our runs.
RANKED_METRICS = frozenset({"loss", "accuracy", "error"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The verdict on a family of claims (a reported curve, or a single value), a comparison, or a statement."""

    family: str  #: id of the family, the comparison or the statement
    verdict: Verdict  #: whether it reproduces
    reason: str  #: the verdict in words
    runs: int  #: completed runs on MNIST that it rests on; of two experiments, the smaller number
    #: number of runs that would decide an inconclusive verdict, where it is known; else None
    runs_needed: int | None = None
    p: float | None = None  #: exact rank p-value, in [1 / (runs + 1), 1]; None where no chance is involved
    adjusted_p: float | None = None  #: `p`, adjusted by Holm over all ranked families of the document


def count_runs(runs: int) -> str:
    """Format a number of runs."""
    return "1 run" if runs == 1 else f"{runs:,} runs"
