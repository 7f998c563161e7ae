"""The published records, read once: what the judgement is tested on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from mnist_repro.documents.catalogue import Catalogue, load_catalogue
from mnist_repro.documents.protocol import Protocol, Reconstruction
from mnist_repro.records.environment import is_own
from mnist_repro.records.pooling import pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.records.variant_runs import read_variant_runs
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.reported_verdict import judge_reported_runs
from mnist_repro.verdicts.run_verdict import RunVerdict

RECORDS = Path(__file__).parents[2] / "reports" / "records"
ENVIRONMENTS = sorted(file.parent.name for file in RECORDS.glob("*/runs.jsonl") if not is_own(file.parent.name))
REFERENCE = "py311-tf221"
CATALOGUE: Catalogue = load_catalogue()


@cache
def read_runs(environment: str) -> dict[str, tuple[RunRecord, ...]]:
    """Return the pooled runs of each experiment in an environment."""
    store = RecordStore(RECORDS / environment)
    written = store.read()
    return {
        name: pool_runs(written, protocol=protocol, store=store).records
        for name, protocol in CATALOGUE.protocols.items()
    }


def measure(environment: str = REFERENCE, *, most: int | None = None) -> Measurements:
    """Return the runs of an environment, `most` of each experiment, as claims are measured on them."""
    return Measurements(run for runs in read_runs(environment).values() for run in runs[:most])


@cache
def read_alternatives() -> dict[str, tuple[RunRecord, ...]]:
    """Return the pooled runs of each alternative in the reference environment, by id."""
    runs = read_variant_runs(RecordStore(RECORDS / REFERENCE))
    return {variant.id: runs.of_variant(variant) for variant in CATALOGUE.alternatives}


@cache
def judge_all(*, most: int | None = None) -> dict[str, RunVerdict]:
    """Return the verdicts on all runs that the front's documents report, by the reference's runs, `most` of each."""
    return {
        verdict.reported.experiment: verdict
        for document in CATALOGUE.documents.values()
        for verdict in judge_reported_runs(document, measured=measure(most=most), protocols=CATALOGUE.protocols)
    }


def choose_by(*families: str, protocols: Mapping[str, Protocol]) -> dict[str, Protocol]:
    """Return protocols one choice of which was made by the values of these families, and no other by any."""
    made = Reconstruction(choice="any", chosen="one", evidence="It fits.", chosen_by=families)
    return {name: replace(protocol, reconstructions=(made,)) for name, protocol in protocols.items()}
