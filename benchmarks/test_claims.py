"""Every curve and every single number of the documents is reproduced, or the reason why not is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mnist_repro.claims import load_documents
from mnist_repro.datasets import Dataset
from mnist_repro.records import RunRecord
from mnist_repro.verdicts import Verdict, judge_claims

FAMILIES = {
    claim.family: (document, claim.experiment)
    for document in load_documents().values()
    for claim in document.claims
    if claim.experiment is not None
}


@pytest.mark.parametrize(
    ("experiment", "family"),
    [pytest.param(experiment, family, id=family) for family, (_, experiment) in FAMILIES.items()],
)
def test_claim_is_reproduced(
    experiment: str,
    family: str,
    study: dict[str, list[RunRecord]],
    dataset: Dataset,
    record_property: Callable[[str, object], None],
) -> None:
    """The claim is reproduced, contradicted by its own document, or not comparable; too few runs skip it."""
    if dataset.is_stand_in:
        pytest.skip("the stand-in says nothing about any number of the documents")
    document, _ = FAMILIES[family]
    records = [record for records in study.values() for record in records]
    assert study[experiment], "no run, no verdict"

    finding = next(f for f in judge_claims(document.claims, records=records) if f.family == family)

    for name in ("verdict", "p", "adjusted_p", "runs"):
        record_property(name, getattr(finding, name))
    said = f"{finding.verdict.value}: {finding.reason}"
    if finding.verdict is Verdict.INCONCLUSIVE:
        pytest.skip(said)
    assert finding.verdict in {Verdict.REPRODUCED, Verdict.CONTRADICTED, Verdict.NOT_COMPARABLE}, said
