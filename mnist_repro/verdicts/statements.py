"""Verdicts on statements: what a document says without a number, checked against the protocols that ran.

No chance is involved, so Holm's adjustment does not cover them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.statement import Statement, apply_rule
from mnist_repro.verdicts.finding import Finding, Verdict
from mnist_repro.verdicts.measured import Measurements


def judge_statements(
    statements: Iterable[Statement], *, measured: Measurements, protocols: Mapping[str, Protocol]
) -> list[Finding]:
    """Compare each statement with the experiments as declared: reproduced where they agree, else contradicted.

    A statement about an experiment that was not run on MNIST has no verdict: nothing shows that it is the document's.

    Raises
    ------
    ReproError
        If a statement names an evaluation set that an experiment does not declare.
    """
    return [_judge_statement(statement, measured, protocols) for statement in statements]


def _judge_statement(statement: Statement, measured: Measurements, protocols: Mapping[str, Protocol]) -> Finding:
    runs = min(measured.count_judged(name) for name in statement.experiments)
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
