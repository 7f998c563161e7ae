"""Properties of a test case in a JUnit file, for the pages and scripts of a CI."""

from __future__ import annotations

import math

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.protocol import Protocol
from mnist_repro.stats.summary import Summary
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.finding import Finding

_DIGITS = 6


def describe_finding(finding: Finding) -> dict[str, str]:
    """Describe a verdict: `claim`, `verdict` and `n`, the runs; `p`, `adjusted_p` and `runs_needed` where known."""
    numbers = {"p": finding.p, "adjusted_p": finding.adjusted_p}
    return {
        "claim": finding.family,
        "verdict": finding.verdict.value,
        **{name: _format(value) for name, value in numbers.items() if value is not None},
        "n": str(finding.runs),
        **({} if finding.runs_needed is None else {"runs_needed": str(finding.runs_needed)}),
    }


def describe_run(run: JudgedRun) -> dict[str, str]:
    """Describe the reported run of a claim: `run`, its `grade`, `within` as a fraction, and `tells_apart`."""
    worth = run.worth
    return {
        "run": run.id,
        **({"grade": run.grade.value} if run.grade else {}),
        **({} if math.isnan(worth.within) else {"within": _format(worth.within)}),
        **({"tells_apart": f"{len(worth.told_apart)} of {worth.tried}"} if worth.ran else {}),
    }


def describe_gate(
    protocol: Protocol, *, claim: Claim | None, summary: Summary, risk: float, judged: bool
) -> dict[str, str]:
    """Describe an accuracy gate.

    Parameters
    ----------
    claim
        The final accuracy that the document reports on the same set, if any.
    summary
        The accuracies of the runs of the gate, as fractions.
    risk
        Probability that the gate fails by chance alone; NaN where unknown.
    judged
        False on the stand-in, whose accuracies mean nothing.

    Returns
    -------
    dict
        `experiment`, `verdict`, `n` and `threshold`; `claim` and `chance_of_failing`, the risk, where known; `mean`
        where it is judged. A gate is no test, so it has no `p`.
    """
    reached = "reached" if summary.mean >= protocol.gate.minimum else "below the threshold"
    return {
        "experiment": protocol.id,
        **({"claim": claim.id} if claim else {}),
        "verdict": reached if judged else "not judged",
        "n": str(summary.n),
        **({"mean": _format(summary.mean)} if judged else {}),
        "threshold": str(protocol.gate.minimum),
        **({} if math.isnan(risk) else {"chance_of_failing": _format(risk)}),
    }


def _format(value: float) -> str:
    return f"{value:.{_DIGITS}g}"
