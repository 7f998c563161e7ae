"""Verdicts on statements: what a document says without a number, checked against the protocols that ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.statement import Statement, apply_rule
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import Finding, Verdict, judged_runs


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
