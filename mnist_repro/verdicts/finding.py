"""What a verdict is: a word for what a document reports, what it rests on, and the reason for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from mnist_repro.stats.ranks import runs_to_reject


class Verdict(Enum):
    """Whether a reported run, or what else a document reports, reproduces."""

    EXACT = "exact"  #: chance has no part in it, and all printed digits are equal
    REPRODUCED = "reproduced"  #: it could have been refuted with these runs, and is not
    EXPLAINED = "explained"  #: not reproduced, and a variant that differs from the reconstruction makes it possible
    NOT_REPRODUCED = "not reproduced"  #: refuted: adjusted p is 5 % or less
    NOT_EXACT = "not exact"  #: chance has no part in it, and a printed digit differs
    DOUBTFUL = "doubtful"  #: p is 5 % or less, but not after adjustment for the document's other runs
    CONSISTENT = "consistent"  #: nothing speaks against it, but with so few runs nothing could have
    INCONCLUSIVE = "inconclusive"  #: too few runs for any p-value of 5 %, or to decide, or a number that is not finite
    CHOSE = "chose the protocol"  #: its values were used to choose a reconstruction, and so judge nothing
    CONTRADICTED = "contradicted"  #: by the code or the numbers of its own document
    NOT_COMPARABLE = "not comparable"  #: a time on other hardware
    NOT_RUN = "not run"  #: no completed run on MNIST


class Basis(Enum):
    """What a verdict rests on, and so where it counts."""

    RUN = "its run"  #: a curve or a value of a reported run: it is judged and counted with that run
    ITSELF = "itself"  #: an ordering, a promise, an aim, a time or a statement: it has a rule of its own
    #: a number copied from the document's code, a label, or a function of another number: listed, and never counted
    FACT = "fact"


# Verdicts that settle whether a result reproduces; a time on other hardware is never settled.
REFUTED = (Verdict.NOT_REPRODUCED, Verdict.NOT_EXACT)
DECIDED = (Verdict.EXACT, Verdict.REPRODUCED, Verdict.EXPLAINED, *REFUTED, Verdict.CONTRADICTED)
# Those that more of our runs could turn into one that does.
OPEN = (Verdict.DOUBTFUL, Verdict.CONSISTENT, Verdict.INCONCLUSIVE)

# Fewer runs cannot give an exact p-value of 5 %, so nothing that chance decides is decided with fewer.
MINIMUM_RUNS = runs_to_reject(tests=1)
LEVEL = Fraction(1, 20)
SIGNIFICANCE = float(LEVEL)
# The metrics whose values, of a curve or single, are ranked among our runs.
RANKED_METRICS = frozenset({"loss", "accuracy", "error"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The verdict on a family of claims (a reported curve, or a single value), a comparison, or a statement."""

    family: str  #: id of the family, the comparison or the statement
    verdict: Verdict  #: whether it reproduces
    reason: str  #: the verdict in words
    #: completed runs on MNIST that it rests on, the best or the mean of several as one; of two experiments, the fewer
    runs: int
    #: number of runs that would decide an inconclusive verdict, where it is known; else None
    runs_needed: int | None = None
    p: float | None = None  #: exact p-value of this alone, in [1 / (runs + 1), 1]; None where nothing is ranked
    adjusted_p: float | None = None  #: `p`, adjusted for all curves and values of all the document's runs
    basis: Basis = Basis.ITSELF


def count_runs(runs: int, *, made_as: str = "") -> str:
    """Format a number of runs, or of what is made of several each, such as the best of 3 runs."""
    if made_as:
        return f"{runs:,} times the {made_as}"
    return "1 run" if runs == 1 else f"{runs:,} runs"
