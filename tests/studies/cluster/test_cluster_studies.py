"""A study on a real Dask cluster, some of whose workers are killed, or are other ones."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
from dask_machines import EXPERIMENT, ClusterStudy, Machines, scheduling
from installed import needs_tensorflow
from made_up_runs import Facts
from made_up_trainer import DEADLY_VARIABLE

from mnist_repro.cli.main import main
from mnist_repro.errors import ReproError
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies import study as study_module
from mnist_repro.studies.artifacts import load_first_weights
from mnist_repro.studies.cluster import connection
from mnist_repro.studies.cluster.connection import Cluster, connect_cluster
from mnist_repro.studies.timing import StudyClock

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytestmark = needs_tensorflow


def kill_one_of(cluster: Cluster) -> None:
    """Kill the process of a worker, as the system does where memory ends."""
    processes: Mapping[str, int] = cluster._client.run(os.getpid)  # noqa: SLF001 - tests may look
    os.kill(min(processes.values()), signal.SIGKILL)


@pytest.mark.parametrize("options", [("--no-nanny",), ()], ids=["for good", "started anew"])
def test_study_worker_killed_in_mid_study_every_run_is_recorded_once(
    machines: Machines, study: ClusterStudy, facts: Facts, options: tuple[str, ...]
) -> None:
    """Where one of two workers is killed, every run is still recorded once; none that was recorded is made again."""
    machines.start_worker(*options)
    machines.start_worker(*options)
    made: list[int] = []

    def kill_after_five(record: RunRecord) -> None:
        made.append(record.seed)
        if len(made) == 5:
            kill_one_of(cluster)

    with connect_cluster(machines.address) as cluster:
        assert cluster.workers == 2
        before = study.run(cluster, 0, 1, 2)
        plan = study.plan(cluster, *range(24))
        records = study.run(cluster, *range(24), on_record=kill_after_five)
        again = study.plan(cluster, *range(24))

    assert (plan.planned, len(plan.reused), len(plan.missing)) == (24, 3, 21)
    assert sorted(made) == list(range(3, 24))
    assert dict.fromkeys(range(24), 1) == study.count()
    assert sorted(record.seed for record in records) == list(range(24))
    assert {record.status for record in records} == {"completed"}
    assert [facts(record) for record in before] == [facts(record) for record in study.store.read()[:3]]
    assert (len(again.reused), again.missing) == (24, ())


def test_study_single_worker_trains_there(machines: Machines, study: ClusterStudy) -> None:
    """A cluster of one worker makes the runs in that worker, not in the process that plans; this one keeps pictures."""
    machines.start_worker("--no-nanny")
    clock = StudyClock()

    with connect_cluster(machines.address) as cluster:
        records = study.run(cluster, 0, 1, 2, clock=clock)
        (process,) = cluster._client.run(os.getpid).values()  # noqa: SLF001 - tests may look

    times = clock.read()
    assert sorted(record.seed for record in records) == [0, 1, 2]
    assert {run.worker.rpartition(" ")[2] for run in times.runs} == {str(process)} != {str(os.getpid())}
    assert sum(times.seconds.values()) == pytest.approx(times.worker_seconds)
    (first,) = (record for record in records if record.seed == 0)
    weights = load_first_weights(study.store.folder, record=first)
    assert weights is not None
    assert weights.shape == (784, 10)


def test_study_worker_that_joins_late_and_differs_ends_it(machines: Machines, study: ClusterStudy) -> None:
    """A worker with another setting that joins in mid-study trains nothing; what had ended is recorded."""
    machines.start_worker("--no-nanny")

    def join(_: RunRecord) -> None:
        if machines.started == 1:
            machines.start_worker("--no-nanny", ONEDNN_MAX_CPU_ISA="SSE41")

    with (
        connect_cluster(machines.address) as cluster,
        pytest.raises(ReproError, match=r'flags \{"ONEDNN_MAX_CPU_ISA": "SSE41"\} in place of none'),
    ):
        study.run(cluster, *range(200), on_record=join)

    records = study.store.read()
    assert records
    assert {json.dumps(record.environment.flags) for record in records} == {"{}"}


def test_study_scheduler_that_dies_is_said_in_words(
    tmp_path: Path, study: ClusterStudy, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the scheduler is lost, the error comes in bounded time, says so, and what had ended is recorded."""
    with scheduling(tmp_path) as scheduler, Machines(scheduler) as machines:
        machines.start_worker("--no-nanny")

        def kill(_: RunRecord) -> None:
            scheduler.process.kill()
            scheduler.process.wait()

        with (
            connect_cluster(machines.address) as cluster,
            pytest.raises(ReproError, match=r"connection to the cluster was lost.*cancelled\. .*same command goes on"),
        ):
            study.run(cluster, *range(24), on_record=kill)

    assert capfd.readouterr() == ("", "")
    assert 1 <= sum(study.count().values()) < 24
    assert set(study.count().values()) == {1}


def test_study_without_any_worker_left_ends(
    machines: Machines, study: ClusterStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all workers are killed and none is started anew, the study ends in bounded time, and says so."""
    monkeypatch.setattr(connection, "_WORKERLESS_SECONDS", 2.0)
    machines.start_worker("--no-nanny")

    with (
        connect_cluster(machines.address) as cluster,
        pytest.raises(ReproError, match=r"has had no worker for 2 seconds.*dask worker ADDRESS --nthreads 1"),
    ):
        study.run(cluster, *range(24), on_record=lambda record: None if record.seed > 3 else kill_all(cluster))

    assert set(study.count().values()) == {1}


def kill_all(cluster: Cluster) -> None:
    """Kill the processes of all workers that are left."""
    for process in cluster._client.run(os.getpid, on_error="ignore").values():  # noqa: SLF001 - tests may look
        os.kill(process, signal.SIGKILL)


def test_study_run_that_kills_its_workers_is_said_in_words(tmp_path: Path, study: ClusterStudy) -> None:
    """A run that no worker survives ends the study."""
    settings = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with scheduling(tmp_path, **settings) as scheduler, Machines(scheduler) as machines:
        for _ in range(2):
            machines.start_worker("--no-nanny", **{DEADLY_VARIABLE: "5"})

        with (
            connect_cluster(machines.address) as cluster,
            pytest.raises(ReproError, match=r"A run was started 1 times, and each time its worker was killed"),
        ):
            study.run(cluster, *range(24))

    assert 5 not in study.count()
    assert set(study.count().values()) <= {1}


def test_study_record_that_cannot_be_written_ends_it(
    machines: Machines, study: ClusterStudy, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """Where the process that plans cannot record a run, its error is all that is said."""
    machines.start_worker("--no-nanny")
    full = ReproError("The disk is full.")

    def refuse(*_: object) -> RunRecord:
        raise full

    monkeypatch.setattr(RecordStore, "append", refuse)

    with connect_cluster(machines.address) as cluster, pytest.raises(ReproError, match=r"^The disk is full\.$"):
        study.run(cluster, *range(24))

    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.usefixtures("single_thread")
def test_run_on_a_cluster_is_the_study_of_this_machine(
    machines: Machines, tmp_path: Path, capfd: pytest.CaptureFixture[str], facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run --cluster` really trains, with one TensorFlow thread, and gives the records that this machine gives."""
    root = str(Path(connection.__file__).parents[3])
    for _ in range(2):
        machines.start_worker(PYTHONPATH=root)
    options = ["run", EXPERIMENT, "--dataset", "digits", "--seeds", "0-2", "--keep-models"]

    with monkeypatch.context() as patch:
        patch.setattr(study_module, "train_on_processes", None)
        assert main([*options, "--records", str(tmp_path / "cluster"), "--cluster", machines.address]) == 0
    out, err = capfd.readouterr()
    assert main([*options, "--records", str(tmp_path / "here"), "--workers", "1"]) == 0

    assert err == ""
    assert "3 runs planned: 3 trained, 0 reused, 0 of them not completed." in out
    there, here = (
        sorted(map(str, map(facts, RecordStore(tmp_path / place / "local-digits").read())))
        for place in ("cluster", "here")
    )
    assert there == here
    kept = [
        sorted(file.name for file in (tmp_path / place / "local-digits" / "models").iterdir())
        for place in ("cluster", "here")
    ]
    assert kept == [[f"{EXPERIMENT}-seed{seed}.keras" for seed in range(3)]] * 2
