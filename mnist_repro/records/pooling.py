"""Which runs of a store are pooled, which are excluded and why, and whether each is complete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.consistency import check_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Runs of one experiment that may be pooled."""

    records: tuple[RunRecord, ...]  #: the newest record of each seed, by seed
    set_aside: int  #: number of excluded records: other protocol, code, dataset or version, or replaced by a newer one

    @property
    def arithmetic_sha256(self) -> str | None:
        """That of its runs; None where none has it."""
        return find_arithmetic(self.records)


def pool_runs(
    records: Iterable[RunRecord],
    *,
    protocol: Protocol,
    store: RecordStore,
    protocol_sha256: str | None = None,
    conditions: tuple[str, ...] | None = None,
    processor: str | None = None,
    is_altered: bool = False,
) -> Pool:
    """Pool the runs of one experiment or variant under one protocol that have the same conditions.

    Parameters
    ----------
    records
        In the order in which they were written to the `store`.
    protocol
        Today's.
    protocol_sha256
        Of another protocol of the experiment; None is today's.
    conditions
        None takes those of the newest record; of runs that are like it but for the kind of processor, those of the kind
        with the most runs.
    processor
        The only kind of processor whose runs are taken; None takes any.
    is_altered
        Whether the runs are of a variant that alters the images.

    Raises
    ------
    ReproError
        If a record of the protocol is one that no run can have.
    """
    wanted = protocol_sha256 or protocol.sha256
    of_experiment = [record for record in records if record.experiment == protocol.id]
    of_protocol = [record for record in of_experiment if record.protocol_sha256 == wanted]
    known = protocol if wanted == protocol.sha256 else None
    check_runs(of_protocol, protocol=known, store=store, is_altered=is_altered)
    eligible = [record for record in of_protocol if processor in {None, record.environment.processor}]
    made_under = [record.conditions for record in eligible]
    if conditions is None:
        conditions = _choose_conditions(eligible, made_under)
    alike = [record for record, under in zip(eligible, made_under, strict=True) if under == conditions]
    arithmetic = find_arithmetic(alike)
    # Earlier records have none: what made them is known by its conditions alone.
    newest = select_newest(record for record in alike if record.arithmetic_sha256 in {None, arithmetic})
    pooled = tuple(sorted(newest.values(), key=lambda record: record.seed))
    return Pool(records=pooled, set_aside=len(of_experiment) - len(pooled))


def _choose_conditions(records: Sequence[RunRecord], made_under: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return under which conditions the pooled runs were made.

    A study of hundreds of runs may move to another machine: its runs there count once they are as many as before.
    """
    if not records:
        return ()
    newest, here = made_under[-1], records[-1].environment.processor
    counts = {
        conditions: replace(record, environment=replace(record.environment, processor=here)).conditions
        == made_under[-1]
        for conditions, record in dict(zip(made_under, records, strict=True)).items()
    }
    seeds: dict[tuple[str, ...], set[int]] = {newest: set()}
    for record, conditions in zip(reversed(records), reversed(made_under), strict=True):
        if counts[conditions] and record.status != "failed":
            seeds.setdefault(conditions, set()).add(record.seed)
    # Of equal ones the first, which is the newest.
    return max(seeds, key=lambda conditions: len(seeds[conditions]))


def find_arithmetic(records: Sequence[RunRecord]) -> str | None:
    """Return how the process computed that made the newest of the records that say so; None where none does."""
    return next((r.arithmetic_sha256 for r in reversed(records) if r.arithmetic_sha256), None)


def select_newest(records: Iterable[RunRecord]) -> dict[int, RunRecord]:
    """Return the newest of records that are alike, by seed; a failed one only if the run never ended otherwise.

    Two studies at once may train the same run, and the one that fails may record it last.
    """
    failed_first = sorted(records, key=lambda record: record.status != "failed")
    return {record.seed: record for record in failed_first}


class Reason(Enum):
    """Why a record is excluded."""

    EXPERIMENT = "of an experiment that no document has"
    PROTOCOL = "of another protocol than today's"
    CONDITIONS = "made with other code, data, versions or processor than those that are pooled"
    REPLACED = "replaced by a newer one of the same seed"


def list_left_out(
    records: Sequence[RunRecord],
    *,
    pools: Mapping[str, Pool],
    protocols: Mapping[str, Protocol],
    others: Collection[str] = (),
) -> dict[Reason, tuple[int, ...]]:
    """Return which records are in no pool, and why.

    Parameters
    ----------
    records
        All records of a store, in the order of its lines.
    pools
        Those that were pooled, by experiment.
    protocols
        Today's protocols, by id.
    others
        Ids of experiments whose records are not asked for.

    Returns
    -------
    dict
        Lines of the store's file, counted from 1 and ascending, by reason; only reasons that occur.
    """
    counted = {id(record) for pool in pools.values() for record in pool.records}
    lines: dict[Reason, list[int]] = defaultdict(list)
    for number, record in enumerate(records, start=1):
        if id(record) in counted or record.experiment in others:
            continue
        if record.experiment not in protocols:
            reason = Reason.EXPERIMENT
        elif record.protocol_sha256 != protocols[record.experiment].sha256:
            reason = Reason.PROTOCOL
        elif not _is_alike(record, pools[record.experiment]):
            reason = Reason.CONDITIONS
        else:
            reason = Reason.REPLACED
        lines[reason].append(number)
    return {reason: tuple(lines[reason]) for reason in Reason if reason in lines}


def _is_alike(record: RunRecord, pool: Pool) -> bool:
    """Whether a record of the pool's protocol has its conditions, and was computed as its runs were."""
    is_same = record.arithmetic_sha256 in {None, pool.arithmetic_sha256}
    return is_same and record.conditions == pool.records[-1].conditions
