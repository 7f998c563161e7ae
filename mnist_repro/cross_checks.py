"""Verdicts on what is no single number: a document's comparisons, by our runs, and its statements, by what was run.

Neither enters the family of tests that Holm's adjustment controls: a comparison has its own 95 % interval, and in a
statement no chance is involved.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from mnist_repro.errors import ReproError
from mnist_repro.findings import MINIMUM_RUNS, Finding, Verdict, count_runs, judged_runs, round_up
from mnist_repro.intervals import Estimate, estimate_ratio, estimate_share, runs_to_tell_share
from mnist_repro.placements import measured_value
from mnist_repro.protocols import EvaluationSet, ImageSlice, Protocol
from mnist_repro.records import RunRecord
from mnist_repro.reported.comparisons import Comparison
from mnist_repro.reported.printed import Claim
from mnist_repro.reported.statements import BatchSize, ImageRange, Statement

_BOOTSTRAP_SEED = 0
_HALF = 0.5
_SOURCES = {"train": "training", "test": "test"}


def judge_comparisons(
    comparisons: Iterable[Comparison], *, records: Sequence[RunRecord], protocols: Mapping[str, Protocol]
) -> list[Finding]:
    """Give a verdict on each comparison, in their order.

    Parameters
    ----------
    records
        Pooled runs of any experiments, made in one environment.
    protocols
        Those of the experiments that were run, by id.

    Notes
    -----
    An ordering is reproduced where it holds in more than half of the pairs of our runs, by the whole interval of that
    share, and not where it holds in less. A ratio of times is reproduced where the interval of ours overlaps what is
    printed as the document's. Else two ratios limit what threads and hardware can make of it: 1, where a step costs the
    same whatever is calculated in it, and that of the multiplications, where nothing else costs. Between them it is not
    comparable, beyond them not reproduced.
    """
    return [_judge_comparison(comparison, records, protocols) for comparison in comparisons]


def _judge_comparison(
    comparison: Comparison, records: Sequence[RunRecord], protocols: Mapping[str, Protocol]
) -> Finding:
    first, second = (_measured(claim, records) for claim in (comparison.first, comparison.second))
    runs = min(len(first), len(second))
    verdict, needed = Verdict.INCONCLUSIVE, None
    if not runs:
        verdict, reason = Verdict.NOT_RUN, "no completed run on MNIST of one of its experiments"
    elif not all(map(math.isfinite, (*first, *second))):
        reason = "one of our numbers is not finite"
    elif runs < MINIMUM_RUNS:
        needed = MINIMUM_RUNS
        reason = f"{count_runs(runs)} of each cannot tell; it takes {needed}"
    elif comparison.kind == "ordering":
        verdict, reason, needed = _judge_ordering(first, second, runs=runs)
    else:
        work = [protocols[claim.experiment or ""].multiplications for claim in (comparison.first, comparison.second)]
        verdict, reason = _judge_ratio(comparison, first, second, most=work[0] / work[1])
    return Finding(family=comparison.id, verdict=verdict, reason=reason, runs=runs, runs_needed=needed)


def _measured(claim: Claim, records: Sequence[RunRecord]) -> list[float]:
    return [measured_value(claim, record) for record in judged_runs(records, experiment=claim.experiment)]


def _judge_ordering(greater: list[float], smaller: list[float], *, runs: int) -> tuple[Verdict, str, int | None]:
    share = estimate_share(greater, smaller)
    low, high = share.interval.low, share.interval.high
    reason = f"holds in {100 * share.value:.1f} % ({100 * low:.1f} to {100 * high:.1f} %) of the pairs of our runs"
    if low > _HALF:
        return Verdict.REPRODUCED, reason, None
    if high < _HALF:
        return Verdict.NOT_REPRODUCED, reason, None
    enough = runs_to_tell_share(share.value, runs=runs)
    if enough is None:
        return Verdict.INCONCLUSIVE, f"{reason}; no number of runs would decide", None
    needed = round_up(enough)
    return Verdict.INCONCLUSIVE, f"{reason}; about {needed:,} runs of each would decide", needed


def _judge_ratio(
    comparison: Comparison, numerator: list[float], denominator: list[float], *, most: float
) -> tuple[Verdict, str]:
    ours = estimate_ratio(numerator, denominator, generator=np.random.default_rng(_BOOTSTRAP_SEED))
    (low, high), (least, largest) = comparison.first.limits, comparison.second.limits
    printed = low / largest, high / least
    said = f"the document's is {printed[0]:.2f} to {printed[1]:.2f}, ours {_format_estimate(ours)}"
    if ours.interval.overlaps(*printed):
        return Verdict.REPRODUCED, said
    limits = f"between 1, were each step's cost fixed, and {most:.2f}, were it all arithmetic"
    if printed[1] < 1 or printed[0] > most:
        return Verdict.NOT_REPRODUCED, f"{said}; the document's does not lie {limits}"
    if not ours.interval.overlaps(1, most):
        busy = "other work must have shared the machine with some of our runs"
        return Verdict.INCONCLUSIVE, f"{said}; ours does not lie {limits}: {busy}"
    decided = "threads and hardware, of which the document tells neither, decide where"
    return Verdict.NOT_COMPARABLE, f"{said}; both lie {limits}; {decided}"


def _format_estimate(estimate: Estimate) -> str:
    return f"{estimate.value:.2f} ({estimate.interval.low:.2f} to {estimate.interval.high:.2f})"


def judge_statements(
    statements: Iterable[Statement], *, records: Sequence[RunRecord], protocols: Mapping[str, Protocol]
) -> list[Finding]:
    """Hold each statement against the experiments as they are declared: reproduced where they agree, else contradicted.

    Parameters
    ----------
    records
        Pooled runs of any experiments. A statement about experiments that were not run on MNIST has no verdict: nothing
        says that they are as the document's.
    protocols
        Those of the experiments that were run, by id.

    Raises
    ------
    ReproError
        If a statement names an evaluation set that an experiment does not declare.
    """
    return [_judge_statement(statement, records, protocols) for statement in statements]


def _judge_statement(statement: Statement, records: Sequence[RunRecord], protocols: Mapping[str, Protocol]) -> Finding:
    runs = min(len(judged_runs(records, experiment=name)) for name in statement.experiments)
    if not runs:
        reason = "no completed run on MNIST of one of its experiments"
        return Finding(family=statement.id, verdict=Verdict.NOT_RUN, reason=reason, runs=0)
    checked = [apply_rule(statement, protocols[name]) for name in statement.experiments]
    wrong = [fact for agrees, fact in checked if not agrees]
    facts = wrong or [fact for _, fact in checked]
    return Finding(
        family=statement.id,
        verdict=Verdict.CONTRADICTED if wrong else Verdict.REPRODUCED,
        reason=f"by the code {'; '.join(dict.fromkeys(facts))}",
        runs=runs,
    )


def apply_rule(statement: Statement, protocol: Protocol) -> tuple[bool, str]:
    """Return whether a statement holds of an experiment, and what is declared there, in words.

    Raises
    ------
    ReproError
        If it names an evaluation set that the experiment does not declare.
    """
    rule = statement.rule
    if isinstance(rule, BatchSize):
        size = protocol.training.batch_size
        return size == rule.images, f"a step takes {size:,} images"
    images = _find_set(protocol, rule.evaluation_set, place=statement.id).images
    fact = f"the set called {rule.evaluation_set} is {describe_images(images)}"
    if isinstance(rule, ImageRange):
        return images == ImageSlice(source=rule.source, start=rule.first - 1, stop=rule.last), fact
    trained = protocol.training.images
    inside = images.source == trained.source and trained.start <= images.start and images.stop <= trained.stop
    return inside, f"{fact}, and {describe_images(trained)} are trained on"


def _find_set(protocol: Protocol, name: str, *, place: str) -> EvaluationSet:
    known = {candidate.name: candidate for candidate in protocol.evaluation_sets}
    if name not in known:
        msg = (
            f"Statement {place}: an evaluation set of {protocol.id} is one of {', '.join(known)}. "
            f"Received: {name!r}. Correct it in claims.toml."
        )
        raise ReproError(msg)
    return known[name]


def describe_images(images: ImageSlice) -> str:
    """Name a range of the original images, counted from 1."""
    return f"{_SOURCES[images.source]} images {images.start + 1:,} to {images.stop:,}"
