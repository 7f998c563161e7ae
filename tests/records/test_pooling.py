"""Runs with equal conditions are pooled, one record of each run, and all others are counted by their reason."""

from __future__ import annotations

from functools import partial

import pytest
from made_up_runs import MakeRecord

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.pooling import Reason, list_left_out, pool_runs
from mnist_repro.records.run import RunRecord


def test_pool_runs_newest_record_of_each_seed_is_taken(make_record: MakeRecord) -> None:
    """A run that was made again counts once, with its newest record, and the rest are counted."""
    records = [make_record(seed=seed, total_seconds=time) for seed, time in ((2, 1.0), (0, 2.0), (2, 3.0))]

    pool = pool_runs(records, experiment="small-net", protocol_sha256="a" * 64)

    assert pool.records == (records[1], records[2])
    assert pool.set_aside == 1


def test_pool_runs_failed_record_does_not_replace_a_completed_one(make_record: MakeRecord) -> None:
    """Of two studies at once, the one that fails may record the run last: the run that completed counts."""
    completed, failed = make_record(seed=0), make_record(seed=0, status="failed")

    assert pool_runs([completed, failed], experiment="small-net", protocol_sha256="a" * 64).records == (completed,)
    assert pool_runs([failed, completed], experiment="small-net", protocol_sha256="a" * 64).records == (completed,)
    assert pool_runs([failed], experiment="small-net", protocol_sha256="a" * 64).records == (failed,)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"protocol_sha256": "other"}, id="protocol"),
        pytest.param({"training_sha256": "other"}, id="code"),
        pytest.param({"dataset_sha256": "other"}, id="dataset"),
    ],
)
def test_pool_runs_earlier_conditions_are_set_aside(make_record: MakeRecord, change: dict[str, str]) -> None:
    """Runs under other conditions than the newest are left out, and counted."""
    records = [make_record(seed=0, **change), make_record(seed=1), make_record(seed=2)]

    pool = pool_runs(records, experiment="small-net", protocol_sha256="a" * 64)

    assert pool.records == tuple(records[1:])
    assert pool.set_aside == 1


def test_pool_runs_other_experiments_are_no_matter(make_record: MakeRecord) -> None:
    """Runs of other experiments are neither taken nor counted as set aside."""
    records = [make_record(), make_record(experiment="another")]

    pool = pool_runs(records, experiment="small-net", protocol_sha256="a" * 64)

    assert (pool.records, pool.set_aside) == ((records[0],), 0)


def test_pool_runs_protocol_without_runs_gives_none(make_record: MakeRecord) -> None:
    """Where all runs are of an earlier protocol, there is nothing to pool."""
    pool = pool_runs([make_record()], experiment="small-net", protocol_sha256="new")

    assert (pool.records, pool.set_aside) == ((), 1)


def test_list_left_out_names_each_line_with_its_reason(make_record: MakeRecord, protocols: dict[str, Protocol]) -> None:
    """Each line that no pool has is named once, with the rule that leaves it out; what is counted is not."""
    protocol = protocols["tf1-basic"]
    run = partial(make_record, experiment=protocol.id, protocol_sha256=protocol.sha256)
    records = [
        make_record(experiment="renamed"),
        run(protocol_sha256="0" * 64),
        run(seed=0, training_sha256="0" * 64),
        run(seed=1),
        run(seed=2, protocol_sha256="0" * 64),
        run(seed=1, total_seconds=9.0),
        run(seed=3),
    ]

    def left_out(lines: list[RunRecord]) -> dict[Reason, tuple[int, ...]]:
        pools = {protocol.id: pool_runs(lines, experiment=protocol.id, protocol_sha256=protocol.sha256)}
        return list_left_out(lines, pools=pools, protocols={protocol.id: protocol})

    assert left_out(records) == {
        Reason.EXPERIMENT: (1,),
        Reason.PROTOCOL: (2, 5),
        Reason.CONDITIONS: (3,),
        Reason.REPLACED: (4,),
    }
    assert left_out(records[-2:]) == {}
