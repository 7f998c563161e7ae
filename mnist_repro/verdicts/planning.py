"""What a study would cost and could decide, before it is run: from protocols, claims and earlier runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Profile, Protocol
from mnist_repro.records.pooling import pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.stats.ranks import runs_to_reject
from mnist_repro.stats.summary import Summary, detectable_difference, summarize
from mnist_repro.verdicts.finding import MINIMUM_RUNS, RANKED_METRICS
from mnist_repro.verdicts.judge import runs_to_place_mean
from mnist_repro.verdicts.measured import Runs


@dataclass(frozen=True, kw_only=True)
class Need:
    """The number of seeds that decide a claim."""

    claim: str  #: id of the family of claims, comparison or statement
    #: fewest completed runs with which it can be found to reproduce; None where no number decides, or none is known
    to_reproduce: int | None
    to_refute: int | None  #: fewest with which it can be found not to reproduce
    is_certain: bool = True  #: whether these numbers always decide; else they do where the result is clear
    reason: str | None = None  #: why no number decides, or is known; else None


@dataclass(frozen=True, kw_only=True)
class ExperimentPlan:
    """What a profile's runs of an experiment would cost and could decide."""

    experiment: str  #: its id
    runs: int  #: seeds of the profile
    environment: str | None  #: whose runs give the time and the standard deviation; None where none has a run
    seconds: float | None  #: median time of a run there, without tracing and compiling; None where it is unknown
    evaluation_set: str  #: the set of the accuracy
    #: minimum detectable difference of a reported final accuracy from our mean, with a power of 80 %, as a fraction;
    #: None where it is unknown
    detectable: float | None
    needs: tuple[Need, ...]  #: one for each family, comparison and statement about it

    @property
    def total_seconds(self) -> float | None:
        """Time of all runs, one after the other."""
        return None if self.seconds is None else self.runs * self.seconds


def plan_experiments(
    protocols: Mapping[str, Protocol],
    *,
    profile: Profile,
    records: Path,
    environment: str,
    documents: Iterable[Document],
) -> list[ExperimentPlan]:
    """Plan the runs of a profile.

    Parameters
    ----------
    records
        Folder of all environments' records; it need not exist.
    environment
        Whose earlier runs give the time and the standard deviation. For an experiment that it has no run of, the first
        other environment, by name, that has some.

    Raises
    ------
    ReproError
        If a record is broken.
    """
    stores = [RecordStore(file.parent) for file in sorted(records.glob("*/runs.jsonl"))]
    # The environment that was asked for comes first, the others by name.
    stores.sort(key=lambda store: store.environment != environment)
    earlier = [(store, store.read()) for store in stores]
    published = list(documents)
    return [_plan(protocol, profile, earlier, published) for protocol in protocols.values()]


def _plan(
    protocol: Protocol,
    profile: Profile,
    earlier: Sequence[tuple[RecordStore, list[RunRecord]]],
    documents: Sequence[Document],
) -> ExperimentPlan:
    environment, runs = next(
        (
            (store.environment, found)
            for store, records in earlier
            if (found := _completed(records, protocol, store=store))
        ),
        (None, []),
    )
    planned, gate = protocol.seeds[profile], protocol.gate
    summary = summarize([record.final_accuracy[gate.evaluation_set] for record in runs]) if runs else None
    return ExperimentPlan(
        experiment=protocol.id,
        runs=planned,
        environment=environment,
        seconds=float(np.median([record.total_seconds for record in runs])) if runs else None,
        evaluation_set=gate.evaluation_set,
        detectable=_detectable(summary, runs=planned),
        needs=tuple(need for document in documents for need in _list_needs(document, protocol.id, runs)),
    )


def _completed(records: Iterable[RunRecord], protocol: Protocol, *, store: RecordStore) -> list[RunRecord]:
    pool = pool_runs(records, protocol=protocol, store=store)
    return [record for record in pool.records if record.tells_of_mnist]


def _detectable(summary: Summary | None, *, runs: int) -> float | None:
    if summary is None or summary.n < 2:  # noqa: PLR2004 - one run has no standard deviation
        return None
    # The earlier runs' standard deviation, known as well as the planned ones will know it.
    difference = detectable_difference(replace(summary, n=runs))
    return None if math.isnan(difference) else difference


def _list_needs(document: Document, experiment: str, runs: Sequence[RunRecord]) -> list[Need]:
    families = {claim.family: claim for claim in document.claims}
    tests = sum(claim.metric in RANKED_METRICS for claim in families.values())
    about = [_need(claim, tests=tests, earlier=runs) for claim in families.values() if claim.experiment == experiment]
    about += [
        Need(claim=comparison.id, to_reproduce=MINIMUM_RUNS, to_refute=MINIMUM_RUNS, is_certain=False)
        for comparison in document.comparisons
        if experiment in comparison.experiments
    ]
    about += [
        Need(claim=statement.id, to_reproduce=1, to_refute=1)
        for statement in document.statements
        if experiment in statement.experiments
    ]
    return about


def _need(claim: Claim, *, tests: int, earlier: Sequence[RunRecord]) -> Need:
    """Return the number of runs that the verdict on a family needs, by the rule of `judge` for its metric."""
    if claim.metric in RANKED_METRICS:
        return Need(claim=claim.family, to_reproduce=MINIMUM_RUNS, to_refute=runs_to_reject(tests=tests))
    match claim.metric:
        case "seconds_per_period" | "total_seconds":
            return Need(claim=claim.family, to_reproduce=None, to_refute=None, reason="a time on other hardware")
        case "accuracy_promise":
            summary = Runs(earlier).measure(claim).summary
            runs = runs_to_place_mean(claim, summary) if summary else None
            reason = None if runs else "earlier runs do not tell how far our mean lies from where it would round up"
            return Need(claim=claim.family, to_reproduce=runs, to_refute=runs, reason=reason)
        case "accuracy_target":
            # Every run must reach it.
            return Need(claim=claim.family, to_reproduce=MINIMUM_RUNS, to_refute=1)
    # Rates are compared exactly, but a single run says nothing of the next.
    return Need(claim=claim.family, to_reproduce=2, to_refute=1)
