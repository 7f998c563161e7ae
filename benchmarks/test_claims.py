"""All that the documents report is reproduced, or the reason why not is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.records.run import RunRecord
from mnist_repro.reporting.exports.junit import describe_finding, describe_run
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.finding import DECIDED, OPEN, REFUTED, Finding, Verdict

DOCUMENTS = load_atlas().usual.documents
PASSING = frozenset({*DECIDED, Verdict.NOT_COMPARABLE}).difference(REFUTED)
# Nothing refutes it, and nothing shows that it reproduces.
UNDECIDED = frozenset({*OPEN, Verdict.CHOSE})


def _cases() -> Iterator[object]:
    """Yield a case for each curve or number, each comparison and each statement, with the experiments that it needs."""
    needed: dict[str, tuple[str, ...]] = {}
    for document in DOCUMENTS.values():
        needed |= {claim.family: (claim.experiment,) if claim.experiment else () for claim in document.claims}
        needed |= {comparison.id: comparison.experiments for comparison in document.comparisons}
        needed |= {statement.id: statement.experiments for statement in document.statements}
    for family, experiments in needed.items():
        yield pytest.param(family, experiments, id=family)


@pytest.mark.parametrize(("family", "experiments"), list(_cases()))
def test_claim_is_reproduced(
    family: str,
    experiments: tuple[str, ...],
    study: dict[str, list[RunRecord]],
    findings: dict[str, tuple[Finding, JudgedRun | None]],
    record_property: Callable[[str, object], None],
) -> None:
    """What is reported is reproduced, explained, contradicted by its own document, or not comparable.

    Too few runs skip it, with the number that would decide: what is only consistent passes for nothing.
    """
    assert all(study[experiment] for experiment in experiments), "no run, no verdict"

    finding, run = findings[family]

    for name, value in {**describe_finding(finding), **(describe_run(run) if run else {})}.items():
        record_property(name, value)
    said = f"{finding.verdict.value}: {finding.reason}"
    if finding.verdict in UNDECIDED:
        pytest.skip(said)
    assert finding.verdict in PASSING, said
