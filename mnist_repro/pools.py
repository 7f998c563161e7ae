"""Runs that may be taken together, and whether each is whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mnist_repro.errors import ReproError
from mnist_repro.protocols import CLASSES, Protocol
from mnist_repro.records import RecordStore, RunRecord


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Runs of one experiment that may be taken together.

    Parameters
    ----------
    records
        The newest record of each seed, by seed.
    set_aside
        Number of records left out: of an earlier protocol, code, dataset or version, or replaced by a newer one.
    """

    records: tuple[RunRecord, ...]
    set_aside: int


def pool_runs(records: Iterable[RunRecord], *, experiment: str, protocol_sha256: str) -> Pool:
    """Take together the runs of one experiment under one protocol that were made under the same conditions.

    Where there are several, the conditions of the newest record are taken.

    Parameters
    ----------
    records
        In the order in which they were written.
    """
    of_experiment = [record for record in records if record.experiment == experiment]
    of_protocol = [record for record in of_experiment if record.protocol_sha256 == protocol_sha256]
    by_seed = {record.seed: record for record in of_protocol if record.conditions == of_protocol[-1].conditions}
    pooled = tuple(by_seed[seed] for seed in sorted(by_seed))
    return Pool(records=pooled, set_aside=len(of_experiment) - len(pooled))


def check_whole(record: RunRecord, *, protocol: Protocol, store: RecordStore) -> None:
    """Refuse a completed run that lacks anything that its protocol measures: it was damaged.

    Raises
    ------
    ReproError
        If it does; names the file and the run.
    """
    each_period, at_end = set(protocol.evaluated_each_period), {each.name for each in protocol.evaluation_sets}
    whole = (
        len(record.periods) == protocol.training.periods
        and all(each_period <= period.loss.keys() & period.accuracy.keys() for period in record.periods)
        and at_end <= record.final_loss.keys() & record.final_accuracy.keys()
        and [len(row) for row in record.confusion_matrix] == [CLASSES] * CLASSES
    )
    if record.status == "completed" and not whole:
        msg = (
            f"{store.file}: the record of {record.experiment}, seed {record.seed}, says completed and lacks a period, "
            "an evaluation or its confusion matrix. Take its line out and run again to replace it."
        )
        raise ReproError(msg)
