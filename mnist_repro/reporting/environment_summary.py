"""The runs of one environment, held against all that the documents report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from mnist_repro.causes.finder import find_causes, possible_variants
from mnist_repro.claims import Document
from mnist_repro.errors import ReproError
from mnist_repro.pictures import load_labels
from mnist_repro.placements import assess_claims
from mnist_repro.pools import check_whole, pool_runs
from mnist_repro.protocols import Protocol
from mnist_repro.records import RecordStore, RunRecord
from mnist_repro.reporting.contents import EnvironmentResult, ExperimentResult, Family, Said
from mnist_repro.verdicts import Finding, judge_document


class OutdatedRecordsError(ReproError):
    """An environment has records, and none of today's protocols."""


def summarize_environment(
    store: RecordStore,
    *,
    documents: Mapping[str, Document],
    protocols: Mapping[str, Protocol],
    records: Sequence[RunRecord] | None = None,
) -> EnvironmentResult:
    """Hold the runs of an environment against all that the documents report.

    Parameters
    ----------
    records
        Those of the store's records that count; None takes all of them.

    Raises
    ------
    ReproError
        If the store has a broken record, or none of today's protocols.
    """
    records = store.read() if records is None else records
    pools = {
        name: pool_runs(records, experiment=name, protocol_sha256=protocol.sha256)
        for name, protocol in protocols.items()
    }
    pooled = [record for pool in pools.values() for record in pool.records]
    if not pooled:
        msg = (
            f"{store.file} has no run of today's protocols; its {len(records)} records are of other ones. "
            "Run the study again, or take the folder out."
        )
        raise OutdatedRecordsError(msg)
    for record in pooled:
        check_whole(record, protocol=protocols[record.experiment], store=store)
    labels = _kept_labels(store, pooled)
    causes = find_causes(store, documents=documents, protocols=protocols)
    supported = possible_variants(causes)
    families: list[Family] = []
    compared: list[Said] = []
    stated: list[Said] = []
    for document in documents.values():
        findings = {
            finding.family: finding
            for finding in judge_document(
                document, records=pooled, protocols=protocols, labels=labels, supported=supported
            )
        }
        families += assess_families(document, records=pooled, findings=findings)
        compared += [Said(subject=entry, finding=findings[entry.id]) for entry in document.comparisons]
        stated += [Said(subject=entry, finding=findings[entry.id]) for entry in document.statements]
    return EnvironmentResult(
        store=store,
        environment=max(pooled, key=lambda record: record.started).environment,
        experiments=tuple(
            ExperimentResult(
                protocol=protocol,
                records=pools[name].records,
                set_aside=pools[name].set_aside,
                families=tuple(family for family in families if family.claim.experiment == name),
            )
            for name, protocol in protocols.items()
        ),
        without_experiment=tuple(family for family in families if family.claim.experiment is None),
        compared=tuple(compared),
        stated=tuple(stated),
        causes=causes,
    )


def assess_families(
    document: Document, *, records: Sequence[RunRecord], findings: Mapping[str, Finding]
) -> list[Family]:
    """Put the claims of a document beside pooled runs, and their verdicts, which are given by family, to them."""
    assessments = assess_claims(document.claims, records=records)
    return [
        Family(assessments=tuple(members), finding=findings[name])
        for name, members in groupby(assessments, key=lambda assessment: assessment.claim.family)
    ]


def _kept_labels(store: RecordStore, records: Sequence[RunRecord]) -> dict[int, int]:
    """Return the labels that are kept of the images of the newest run on MNIST; none where there is no such run."""
    on_mnist = [record for record in records if record.dataset == "mnist"]
    if not on_mnist:
        return {}
    dataset = max(on_mnist, key=lambda record: record.started).dataset_sha256
    # They are the images', and any environment may have kept them: a graph session does not.
    folders = [store.folder, *sorted(store.folder.parent.glob("*"))]
    return next((labels for folder in folders if (labels := load_labels(folder, dataset_sha256=dataset))), {})
