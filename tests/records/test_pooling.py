"""Runs with equal conditions are pooled, one record of each run, and all others are counted by their reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from made_up_reports import EXPERIMENT
from made_up_runs import MakeRecord, make_unfinished

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.pooling import Pool, Reason, list_left_out, pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore

PoolAll = Callable[..., Pool]


@pytest.fixture
def pool(protocols: dict[str, Protocol], store: RecordStore) -> PoolAll:
    """Return a function that pools the examined experiment's runs."""

    def pool_all(*records: RunRecord, **options: str) -> Pool:
        return pool_runs(records, protocol=protocols[EXPERIMENT], store=store, **options)  # type: ignore[arg-type]

    return pool_all


def test_pool_runs_newest_record_of_each_seed_is_taken(make: MakeRecord, pool: PoolAll) -> None:
    """A run that was made again counts once, with its newest record, and the rest are counted."""
    records = [make(seed=seed, total_seconds=time) for seed, time in ((2, 4.0), (0, 5.0), (2, 6.0))]

    assert pool(*records) == Pool(records=(records[1], records[2]), set_aside=1)


def test_pool_runs_failed_record_does_not_replace_a_completed_one(make: MakeRecord, pool: PoolAll) -> None:
    """Of two studies at once, the one that fails may record the run last: the run that completed counts."""
    completed = make(0)
    failed = make_unfinished(completed, status="failed")

    assert pool(completed, failed).records == (completed,)
    assert pool(failed, completed).records == (completed,)
    assert pool(failed).records == (failed,)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"protocol_sha256": "other"}, id="protocol"),
        pytest.param({"training_sha256": "other"}, id="code"),
        pytest.param({"dataset": "digits"}, id="dataset"),
    ],
)
def test_pool_runs_earlier_conditions_are_set_aside(make: MakeRecord, pool: PoolAll, change: dict[str, str]) -> None:
    """Runs under other conditions than the newest are left out, and counted."""
    records = [make(0, **change), make(1), make(2)]

    assert pool(*records) == Pool(records=tuple(records[1:]), set_aside=1)


def test_pool_runs_of_the_processor_with_the_most_runs_are_taken(make: MakeRecord, pool: PoolAll) -> None:
    """A study that moves to another machine counts there once it has as many runs; failed ones do not count."""
    here = make(0).environment
    elsewhere = replace(here, processor="another kind")
    earlier = [make(0), make(1)]
    later = [make(seed, environment=elsewhere) for seed in range(3)]
    failed = make_unfinished(later[1], status="failed")

    assert pool(*earlier, later[0]) == Pool(records=tuple(earlier), set_aside=1)
    assert pool(*earlier, later[0], failed) == Pool(records=tuple(earlier), set_aside=2)
    assert pool(*earlier, *later[:2]) == Pool(records=tuple(later[:2]), set_aside=2)
    assert pool(*earlier, *later) == Pool(records=tuple(later), set_aside=2)
    assert pool(*earlier, *later, processor=here.processor) == Pool(records=tuple(earlier), set_aside=3)
    newer = replace(elsewhere, numpy="another version")
    assert pool(*earlier, make(0, environment=newer)).records == (make(0, environment=newer),)


def test_pool_runs_of_other_arithmetic_are_set_aside(
    make: MakeRecord, pool: PoolAll, protocols: dict[str, Protocol]
) -> None:
    """Runs whose first steps end in other weights are not pooled, whatever else is equal; earlier ones tell of none."""
    records = [make(0), make(1, arithmetic_sha256="a" * 64), make(2, arithmetic_sha256="b" * 64), make(3)]

    pooled = pool(*records)

    assert pooled == Pool(records=(records[0], records[2], records[3]), set_aside=1)
    assert pooled.arithmetic_sha256 == "b" * 64
    left = list_left_out(records, pools={EXPERIMENT: pooled}, protocols=protocols)
    assert left == {Reason.CONDITIONS: (2,)}


def test_pool_runs_named_conditions_are_taken(make: MakeRecord, pool: PoolAll) -> None:
    """Where conditions or a protocol are named, the runs under these are pooled, though others are newer."""
    records = [make(0), make(1, training_sha256="d" * 64), make(2, protocol_sha256="e" * 64)]

    assert pool(*records, conditions=records[0].conditions).records == (records[0],)
    assert pool(*records, protocol_sha256="e" * 64).records == (records[2],)


def test_pool_runs_other_experiments_are_no_matter(make: MakeRecord, pool: PoolAll) -> None:
    """Runs of other experiments are neither taken nor counted as set aside."""
    record = make(0)

    assert pool(record, make(0, "tf1-basic")) == Pool(records=(record,), set_aside=0)


def test_pool_runs_protocol_without_runs_gives_none(make: MakeRecord, pool: PoolAll) -> None:
    """Where all runs are of an earlier protocol, there is nothing to pool."""
    assert pool(make(0, protocol_sha256="e" * 64)) == Pool(records=(), set_aside=1)


def test_list_left_out_names_each_line_with_its_reason(
    make: MakeRecord, pool: PoolAll, protocols: dict[str, Protocol]
) -> None:
    """Each line that no pool has is named once, with the rule that leaves it out; what is counted is not."""
    records = [
        replace(make(0), experiment="renamed"),
        make(0, protocol_sha256="0" * 64),
        make(0, training_sha256="0" * 64),
        make(1),
        make(2, protocol_sha256="0" * 64),
        make(1, total_seconds=9.0),
        make(3),
    ]

    def left_out(lines: list[RunRecord]) -> dict[Reason, tuple[int, ...]]:
        return list_left_out(lines, pools={EXPERIMENT: pool(*lines)}, protocols={EXPERIMENT: protocols[EXPERIMENT]})

    assert left_out(records) == {
        Reason.EXPERIMENT: (1,),
        Reason.PROTOCOL: (2, 5),
        Reason.CONDITIONS: (3,),
        Reason.REPLACED: (4,),
    }
    assert left_out(records[-2:]) == {}
