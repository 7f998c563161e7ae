"""All that the documents report is reproduced, or the reason why not is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.run import RunRecord
from mnist_repro.reporting.exports.junit import describe_finding
from mnist_repro.verdicts.finding import Finding, Verdict

DOCUMENTS = load_catalogue().documents
PASSING = frozenset({Verdict.REPRODUCED, Verdict.EXPLAINED, Verdict.CONTRADICTED, Verdict.NOT_COMPARABLE})


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
    findings: dict[str, Finding],
    record_property: Callable[[str, object], None],
) -> None:
    """What is reported is reproduced, explained, contradicted by its own document, or not comparable.

    Too few runs skip it, with the number that would decide.
    """
    assert all(study[experiment] for experiment in experiments), "no run, no verdict"

    finding = findings[family]

    for name, value in describe_finding(finding).items():
        record_property(name, value)
    said = f"{finding.verdict.value}: {finding.reason}"
    if finding.verdict is Verdict.INCONCLUSIVE:
        pytest.skip(said)
    assert finding.verdict in PASSING, said
