"""Every experiment reaches the mean accuracy that its document's number calls for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from mnist_repro.cli.options import DEFAULT_RECORDS
from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.documents.chance import is_deterministic
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import LOCAL_ENVIRONMENT
from mnist_repro.records.pooling import pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.exports.junit import describe_gate
from mnist_repro.stats.summary import false_failure_probability, summarize
from mnist_repro.verdicts.measured import find_final_accuracy

CHECKOUT = Path(__file__).parents[1]
PROTOCOLS = load_atlas().usual.protocols
# Stores with their records.
Published: TypeAlias = list[tuple[RecordStore, list[RunRecord]]]
CLAIMS = tuple(claim for document in load_atlas().usual.documents.values() for claim in document.claims)


@pytest.fixture(scope="module")
def published() -> Published:
    """Return the published environments' stores, each read once for all experiments."""
    folders = sorted((CHECKOUT / DEFAULT_RECORDS).glob("*"))
    stores = [RecordStore(folder) for folder in folders if folder.name != LOCAL_ENVIRONMENT]
    return [(store, store.read()) for store in stores]


@pytest.mark.parametrize("experiment", PROTOCOLS)
def test_mean_accuracy_over_seeds_reaches_the_threshold(
    experiment: str,
    study: dict[str, list[RunRecord]],
    dataset: Dataset,
    published: Published,
    record_property: Callable[[str, object], None],
) -> None:
    """The mean accuracy over the profile's seeds is at least the experiment's threshold, and every run completed."""
    protocol, records = PROTOCOLS[experiment], study[experiment]
    assert records, "no run, no verdict"
    unfinished = [f"seed {r.seed}: {r.status}: {r.reason}" for r in records if r.status != "completed"]
    assert not unfinished

    gate = protocol.gate
    summary = summarize(_accuracies(protocol, records))
    reference, source = _reference(protocol, records, published=published)
    risk = false_failure_probability(reference, threshold=gate.minimum, runs=summary.n)
    spread = f"spread {summary.standard_deviation:.4f} over {summary.n} seeds"
    chance = f"fails by chance with probability {risk:.1e} ({source})"
    if is_deterministic(protocol):
        spread, chance = "the same with every seed", "never fails by chance"
    line = (
        f"{experiment}: {gate.evaluation_set} accuracy {summary.mean:.4f}, {spread}; threshold {gate.minimum}, {chance}"
    )
    described = describe_gate(
        protocol,
        claim=find_final_accuracy(CLAIMS, protocol=protocol),
        summary=summary,
        risk=risk,
        judged=not dataset.is_stand_in,
    )
    for name, value in described.items():
        record_property(name, value)
    record_property("accuracy gate", line)
    if dataset.is_stand_in:
        pytest.skip(f"thresholds are for MNIST, and this is the stand-in: {line}")
    assert summary.mean >= gate.minimum, line


def _accuracies(protocol: Protocol, records: list[RunRecord]) -> np.ndarray:
    return np.array([record.final_accuracy[protocol.gate.evaluation_set] for record in records])


def _reference(protocol: Protocol, records: list[RunRecord], *, published: Published) -> tuple[np.ndarray, str]:
    """Return the accuracies by which the risk is estimated: the largest published study's, or else the runs' own."""
    best, source = _accuracies(protocol, records), "by their own spread"
    for store, runs in published:
        pool = pool_runs(runs, protocol=protocol, store=store)
        completed = [record for record in pool.records if record.tells_of_mnist]
        if len(completed) > len(best):
            best = _accuracies(protocol, completed)
            source = f"by the spread of {len(best)} runs of {store.environment}"
    return best, source
