"""What a study would cost and could decide, before it is run: from protocols, claims and earlier runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_repro.documents.chance import count_seeds, is_deterministic
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Profile, Protocol
from mnist_repro.records.pooling import pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.stats.ranks import runs_to_reject
from mnist_repro.verdicts.detection import find_detectable
from mnist_repro.verdicts.finding import MINIMUM_RUNS
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.reported_run import ReportedRun, count_tests, list_reported_runs
from mnist_repro.verdicts.reported_verdict import judge_reported_runs


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
class Refutation:
    """What the runs of a profile could refute of a reported run, none of its document's others being refuted."""

    document: str  #: id of the document
    tests: int  #: runs of the document that are tested together
    runs_each: int  #: how many of our runs have one place: several, where the document shows their best or their mean
    place: int  #: largest place among ours at which it would be refuted; 0 where none would be
    #: the smallest shift of all its values that would be found in 80 %, in standard deviations of ours: by as many
    #: earlier runs; infinite where nothing would be found, NaN where they are too few to tell
    detectable: float

    def runs_for_place(self, place: int) -> int:
        """Return the fewest runs with which this place is refuted."""
        return self.runs_each * runs_to_reject(tests=place * self.tests)


@dataclass(frozen=True, kw_only=True)
class ExperimentPlan:
    """What a profile's runs of an experiment would cost and could decide."""

    experiment: str  #: its id
    runs: int  #: seeds of the profile
    environment: str | None  #: whose runs give the time; None where none has a run
    seconds: float | None  #: median time of a run there, without tracing and compiling; None where it is unknown
    needs: tuple[Need, ...]  #: one for each family, comparison and statement about it
    refutation: Refutation | None = None  #: None where no reported run is tested

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
        Whose earlier runs give the time. For an experiment that it has no run of, the first
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
    return [_plan(each, profile, earlier, published, protocols=protocols) for each in protocols.values()]


def _plan(
    protocol: Protocol,
    profile: Profile,
    earlier: Sequence[tuple[RecordStore, list[RunRecord]]],
    documents: Sequence[Document],
    *,
    protocols: Mapping[str, Protocol],
) -> ExperimentPlan:
    environment, runs = next(
        (
            (store.environment, found)
            for store, records in earlier
            if (found := _completed(records, protocol, store=store))
        ),
        (None, []),
    )
    return ExperimentPlan(
        experiment=protocol.id,
        runs=count_seeds(protocol, profile),
        environment=environment,
        seconds=float(np.median([record.total_seconds for record in runs])) if runs else None,
        needs=tuple(need for document in documents for need in _list_needs(document, protocol, protocols=protocols)),
        refutation=next(
            (
                _plan_refutation(document, own, earlier=runs, planned=protocol.seeds[profile], protocols=protocols)
                for document in documents
                for own in list_reported_runs(document, protocols=protocols)
                if own.experiment == protocol.id and own.families and not own.is_deterministic
            ),
            None,
        ),
    )


def _plan_refutation(
    document: Document,
    own: ReportedRun,
    *,
    earlier: Sequence[RunRecord],
    planned: int,
    protocols: Mapping[str, Protocol],
) -> Refutation:
    completed = [record for record in earlier if record.status == "completed"][:planned]
    verdicts = judge_reported_runs(document, measured=Measurements(completed), protocols=protocols)
    verdict = next(each for each in verdicts if each.reported.id == own.id)
    place = (planned // own.runs_each + 1) // (runs_to_reject(tests=verdict.tests) + 1)
    is_known = not place or len(completed) == planned
    return Refutation(
        document=document.id,
        tests=verdict.tests,
        runs_each=own.runs_each,
        place=place,
        detectable=find_detectable(verdict) if is_known else math.nan,
    )


def _completed(records: Iterable[RunRecord], protocol: Protocol, *, store: RecordStore) -> list[RunRecord]:
    pool = pool_runs(records, protocol=protocol, store=store)
    return [record for record in pool.records if record.tells_of_mnist]


def _list_needs(document: Document, protocol: Protocol, *, protocols: Mapping[str, Protocol]) -> list[Need]:
    experiment = protocol.id
    families = {claim.family: claim for claim in document.claims if claim.experiment == experiment}
    reported = list_reported_runs(document, protocols=protocols)
    own = [run for run in reported if run.experiment == experiment]
    with_run = {need.claim: need for run in own for need in _list_run_needs(run, tests=count_tests(reported))}
    about = [
        with_run.get(family) or _need(claim, is_deterministic=is_deterministic(protocol))
        for family, claim in families.items()
    ]
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


def _list_run_needs(run: ReportedRun, *, tests: int) -> Iterator[Need]:
    """Yield the numbers of runs that the verdict on a reported run needs: with fewer it could not be refuted."""
    # Where chance has no part, one run decides.
    needed = 1 if run.is_deterministic else run.runs_each * runs_to_reject(tests=tests)
    for family in run.families:
        yield Need(claim=family[0].family, to_reproduce=needed, to_refute=needed)
    for family in run.chose:
        yield Need(claim=family[0].family, to_reproduce=None, to_refute=None, reason="it chose the protocol")
    for name, source in run.derived.items():
        yield Need(claim=name, to_reproduce=None, to_refute=None, reason=f"a function of {source}")


def _need(claim: Claim, *, is_deterministic: bool) -> Need:
    """Return the number of runs that the verdict on a family needs, by the rule of `judge` for its metric."""
    enough = claim.runs_each * MINIMUM_RUNS
    match claim.metric:
        case "seconds_per_period" | "total_seconds":
            return Need(claim=claim.family, to_reproduce=None, to_refute=None, reason="a time on other hardware")
        case _ if is_deterministic:
            return Need(claim=claim.family, to_reproduce=1, to_refute=1)
        case "accuracy_promise":
            return Need(claim=claim.family, to_reproduce=enough, to_refute=enough, is_certain=False)
        case "accuracy_target":
            # Every run must reach it.
            return Need(claim=claim.family, to_reproduce=enough, to_refute=claim.runs_each)
    # Rates are compared exactly, but a single run says nothing of the next.
    return Need(claim=claim.family, to_reproduce=2, to_refute=1)
