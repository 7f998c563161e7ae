"""The cause finder: what is tried for an experiment, and what the recorded runs say of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mnist_repro.documents.chance import is_deterministic
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant, first_steps_set, follow_first_steps, move_start
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.records.variant_runs import VariantRuns, read_variant_runs
from mnist_repro.verdicts.causes.alternatives import Answer, Cause, judge_alternative, judge_reconstruction
from mnist_repro.verdicts.causes.rounding import RoundingSensitivity, measure_rounding
from mnist_repro.verdicts.reported_run import ReportedRun, list_reported_runs

# Fewer pairs hardly determine a standard deviation; more take long on the notebook's dropout networks.
_MOVED_SEEDS = 6


@dataclass(frozen=True, kw_only=True)
class Trials:
    """What is tried for an experiment."""

    protocol: Protocol
    alternatives: tuple[Variant, ...]  #: choices made otherwise
    moved: Variant  #: the experiment from initial values moved by a unit in the last place
    first_steps: Variant  #: its first steps from its own initial values
    first_steps_moved: Variant  #: its first steps from the moved ones

    @property
    def variants(self) -> tuple[Variant, ...]:
        """All that is trained or read for it."""
        return (*self.alternatives, self.moved, self.first_steps, self.first_steps_moved)

    @property
    def seeds(self) -> int:
        """Runs of the experiment itself that they are compared with."""
        return 1 if is_deterministic(self.protocol) else max(variant.seeds for variant in self.variants)


@dataclass(frozen=True, kw_only=True)
class ExperimentCauses:
    """The outcome of an experiment's trials."""

    protocol: Protocol
    reconstruction: Cause  #: the experiment as reconstructed
    alternatives: tuple[Cause, ...]  #: its choices made otherwise
    sensitivity: RoundingSensitivity  #: what rounding does to its runs
    records: Mapping[str, tuple[RunRecord, ...]]  #: pooled runs of each alternative, by its id
    claims: tuple[Claim, ...]  #: what the document reports of it

    @property
    def ways(self) -> tuple[Cause, ...]:
        """All ways in which the document might have been made, the reconstruction first."""
        return (self.reconstruction, *self.alternatives)


def plan_trials(protocol: Protocol, *, alternatives: Sequence[Variant]) -> Trials:
    """Return what is tried for an experiment: those of the `alternatives` that are made from it, and rounding."""
    first_steps, first_steps_moved = follow_first_steps(protocol)
    return Trials(
        protocol=protocol,
        alternatives=tuple(variant for variant in alternatives if variant.experiment == protocol.id),
        moved=move_start(protocol, seeds=_MOVED_SEEDS),
        first_steps=first_steps,
        first_steps_moved=first_steps_moved,
    )


def find_causes(
    store: RecordStore,
    *,
    documents: Mapping[str, Document],
    protocols: Mapping[str, Protocol],
    alternatives: Sequence[Variant],
) -> tuple[ExperimentCauses, ...]:
    """Judge the recorded trials of each experiment that has any; `alternatives` are those of all experiments.

    Raises
    ------
    ReproError
        If a record is broken.
    """
    runs = read_variant_runs(store)
    tried = {record.experiment for record in runs.own_records}
    found = []
    for protocol in protocols.values():
        trials = plan_trials(protocol, alternatives=alternatives)
        if tried.intersection(variant.id for variant in trials.variants):
            claims = [c for document in documents.values() for c in document.claims if c.experiment == protocol.id]
            reported = [
                run
                for document in documents.values()
                for run in list_reported_runs(document, protocols=protocols)
                if run.experiment == protocol.id
            ]
            found.append(_judge(trials, claims, reported=reported, runs=runs))
    return tuple(found)


def _judge(
    trials: Trials, claims: Sequence[Claim], *, reported: Sequence[ReportedRun], runs: VariantRuns
) -> ExperimentCauses:
    protocol = trials.protocol
    own = runs.of_experiment(protocol)
    tried = {variant.id: runs.of_variant(variant) for variant in trials.alternatives}
    moved = runs.of_variant(trials.moved)
    # Two kinds of processor round differently: a pair of runs from the same start is of one.
    processor = moved[-1].environment.processor if moved else None
    # Of several reported runs the first: together they are no one run of ours.
    families = [family for run in reported[:1] for family in (*run.families, *run.chose)]
    is_exact = is_deterministic(protocol)
    reconstruction = judge_reconstruction(claims, records=own, reported=families, is_exact=is_exact)
    return ExperimentCauses(
        protocol=protocol,
        reconstruction=reconstruction,
        alternatives=tuple(
            judge_alternative(
                variant, claims, records=tried[variant.id], reported=families, ours=own, reconstruction=reconstruction
            )
            for variant in trials.alternatives
        ),
        sensitivity=measure_rounding(
            protocol.id,
            evaluation_set=protocol.gate.evaluation_set,
            first_steps_set=first_steps_set(protocol),
            records=runs.of_experiment(protocol, processor=processor),
            moved=moved,
            first_steps=runs.of_variant(trials.first_steps),
            first_steps_moved=runs.of_variant(trials.first_steps_moved),
        ),
        records=tried,
        claims=tuple(claims),
    )


def collect_runs(causes: Iterable[ExperimentCauses]) -> dict[str, tuple[RunRecord, ...]]:
    """Return the runs of each alternative by its id: of several environments', those of the one with most of them."""
    collected: dict[str, tuple[RunRecord, ...]] = {}
    for each in causes:
        for variant, runs in each.records.items():
            if len(runs) >= len(collected.get(variant, ())):
                collected[variant] = runs
    return collected


def possible_variants(causes: Sequence[ExperimentCauses], *, named: Collection[str]) -> frozenset[str]:
    """Return those of the named alternatives in which the documents could have been made, by their ids."""
    return frozenset(
        cause.variant.id
        for experiment in causes
        for cause in experiment.alternatives
        if cause.variant and cause.variant.id in named and cause.answer is Answer.POSSIBLE
    )
