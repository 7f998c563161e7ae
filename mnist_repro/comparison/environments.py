"""What differs between two sets of records: two versions, two machines, two commits.

Compares the environments, accuracies and training times of both sides. All accuracies are tested together: the
probability that any is called lower or higher although nothing differs is at most 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mnist_repro.comparison.experiments import AccuracyDifference, Change, MatchedRuns, common_sets
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.pooling import find_arithmetic, pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.stats.ranks import adjust_holm

_SHORT_HASH = 12

_Pools = dict[str, tuple[RunRecord, ...]]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that decides a run's values or its speed, and differs between the sides."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ExperimentDifference:
    """One experiment on both sides: its runs, and how its accuracies changed."""

    runs: MatchedRuns
    accuracies: tuple[AccuracyDifference, ...]

    @property
    def id(self) -> str:
        """The experiment's id."""
        return self.runs.protocol.id


@dataclass(frozen=True, kw_only=True)
class Differences:
    """All that differs between two sets of records."""

    facts: tuple[Fact, ...]  #: what the runs were made with, where it differs
    experiments: tuple[ExperimentDifference, ...]  #: those on both sides
    only_before: tuple[str, ...]  #: ids of experiments on the side before alone
    only_after: tuple[str, ...]  #: ids of experiments on the side after alone
    is_stand_in: bool  #: whether any run was made on the stand-in for MNIST

    def find_worse(self, *, slower_than: float | None = None) -> list[str]:
        """List what got worse, in words: lower accuracies, and a larger fraction of runs that did not complete.

        Parameters
        ----------
        slower_than
            List also experiments whose training time grew by more than this factor, by the whole interval.
        """
        found = []
        for each in self.experiments:
            lower = [accuracy.evaluation_set for accuracy in each.accuracies if accuracy.change is Change.LOWER]
            found += [f"{each.id}: {name} accuracy is lower" for name in lower]
            if each.runs.more_unfinished:
                found.append(f"{each.id}: a larger fraction of runs did not complete")
            slowdown = each.runs.slowdown
            if slower_than is not None and slowdown and slowdown.interval.low > slower_than:
                found.append(f"{each.id}: training takes more than {slower_than:g} times as long")
        return found

    def find_undecided(self, *, slower_than: float | None = None) -> list[str]:
        """List what cannot be decided, in words: what one side lacks, and what has too few runs."""
        found = []
        for each in self.experiments:
            if not each.accuracies:
                found.append(f"{each.id}: no accuracy was measured on both sides")
            if any(accuracy.change is Change.UNDECIDED for accuracy in each.accuracies):
                before, after = each.runs.completed
                found.append(f"{each.id}: too few runs, {before} and {after}")
            slowdown = each.runs.slowdown
            if slower_than is not None and (slowdown is None or math.isnan(slowdown.interval.low)):
                found.append(f"{each.id}: too few runs to compare training times")
        return found


def compare_stores(before: RecordStore, after: RecordStore, *, protocols: Mapping[str, Protocol]) -> Differences:
    """Compare the records of two environments.

    Parameters
    ----------
    protocols
        Today's. Experiments are matched by id; the newest protocol of each side counts, even if it is not today's.

    Raises
    ------
    ReproError
        If no experiment is on both sides, a record is broken, or the images differ.
    """
    sides = [_pool_all(store, protocols=protocols) for store in (before, after)]
    common = [name for name in sides[0] if name in sides[1]]
    if not common:
        had = [", ".join(side) or "none" for side in sides]
        msg = (
            "Two sets of records are compared by the experiments in both; these have none in common. "
            f"{before.file} has: {had[0]}; {after.file} has: {had[1]}. Name two others, or run what is missing."
        )
        raise ReproError(msg)
    pairs = {name: (sides[0][name], sides[1][name]) for name in common}
    for name, (old, new) in pairs.items():
        _check_same_images(name, old[-1], new[-1])
    tests = sum(len(common_sets(protocols[name], old, new)) for name, (old, new) in pairs.items())
    matched = [
        MatchedRuns(protocol=protocols[name], before=old, after=new, tests=tests) for name, (old, new) in pairs.items()
    ]
    return Differences(
        facts=tuple(_find_facts(list(pairs.values()))),
        experiments=tuple(_judge(matched)),
        only_before=tuple(name for name in sides[0] if name not in common),
        only_after=tuple(name for name in sides[1] if name not in common),
        is_stand_in=any(old[-1].dataset != "mnist" for old, _ in pairs.values()),
    )


def _pool_all(store: RecordStore, *, protocols: Mapping[str, Protocol]) -> _Pools:
    """Return the newest pool of each declared experiment that has runs."""
    records = store.read()
    newest = {record.experiment: record.protocol_sha256 for record in records}
    return {
        name: pool_runs(records, protocol=protocol, store=store, protocol_sha256=newest[name]).records
        for name, protocol in protocols.items()
        if name in newest
    }


def _check_same_images(experiment: str, before: RunRecord, after: RunRecord) -> None:
    if before.dataset_sha256 == after.dataset_sha256:
        return
    names = [f"{record.dataset}, {record.dataset_sha256[:_SHORT_HASH]}" for record in (before, after)]
    msg = (
        f"Accuracies are compared on the same images; those of {experiment} are {names[0]}, and {names[1]}. "
        "Name records of runs on the same images."
    )
    raise ReproError(msg)


def _judge(matched: Sequence[MatchedRuns]) -> Iterator[ExperimentDifference]:
    """Yield the difference of each experiment, with all p-values adjusted together."""
    p_values = [runs.test_accuracies() for runs in matched]
    adjusted = iter(adjust_holm([p for found in p_values for p in found]))
    for runs, found in zip(matched, p_values, strict=True):
        numbers = [float(next(adjusted)) for _ in found]
        yield ExperimentDifference(runs=runs, accuracies=runs.judge_accuracies(found, adjusted=numbers))


def _find_facts(pairs: Sequence[tuple[tuple[RunRecord, ...], tuple[RunRecord, ...]]]) -> Iterator[Fact]:
    """Yield what the runs of both sides were made with, where it differs."""
    sides = [[_list_facts(run) for pair in pairs for run in pair[side]] for side in (0, 1)]
    for name in next((facts for side in sides for facts in side), ()):
        before, after = (", ".join(sorted({facts[name] for facts in side})) for side in sides)
        if before != after:
            yield Fact(name=name, before=before, after=after)
    for pair in pairs:
        before, after = (side[-1].protocol_sha256[:_SHORT_HASH] for side in pair)
        if before != after:
            yield Fact(name=f"protocol of {pair[0][-1].experiment}", before=before, after=after)
        first = [find_arithmetic(side) for side in pair]
        if first[0] and first[1] and first[0] != first[1]:
            before, after = (sha256[:_SHORT_HASH] for sha256 in first if sha256)
            yield Fact(name=f"weights after the first steps of {pair[0][-1].experiment}", before=before, after=after)


def _list_facts(record: RunRecord) -> dict[str, str]:
    environment = record.environment
    return {
        "Python": environment.python,
        **environment.deciding,
        "SciPy": environment.scipy,
        "scikit-learn": environment.scikit_learn,
        "system": environment.system,
        "commit": f"{environment.commit[:_SHORT_HASH]}{' with changes' if environment.dirty else ''}",
        "training code": record.training_sha256[:_SHORT_HASH],
    }
