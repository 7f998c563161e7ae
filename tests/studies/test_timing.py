"""Where the time of a study goes: every second of every worker is counted once, on whatever clock it was measured."""

from __future__ import annotations

import io
import math

import pytest
from made_up_runs import MakeRecord
from rich.console import Console

from mnist_repro.reporting.terminal.timing import print_timing
from mnist_repro.studies import timing
from mnist_repro.studies.timing import Part, RunClock, RunTimes, StudyClock, StudyTimes


class _Time:
    """Stands in for the module `time`: it goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.processor = 5.0

    def perf_counter(self) -> float:
        return self.now

    def process_time(self) -> float:
        return self.processor

    def wait(self, seconds: float, *, processor: float = 0.0) -> None:
        self.now += seconds
        self.processor += processor


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Time:
    """Return the time that everything here goes by."""
    time = _Time()
    monkeypatch.setattr(timing, "time", time)
    return time


def run_of(worker: str, began: float, *, experiment: str = "small-net", **seconds: float) -> RunTimes:
    """Return a run that began at a moment of its worker's clock, and took so long by part."""
    parts = {Part[name]: value for name, value in seconds.items()}
    return RunTimes(
        experiment=experiment,
        worker=worker,
        began=began,
        ended=began + sum(parts.values()),
        seconds=parts,
        processor_seconds=0.75 * parts.get(Part.TRAINING, 0.0),
    )


@pytest.fixture
def study(clock: _Time) -> StudyTimes:
    """Return a study of three runs on two workers, whose clocks tell another time than this process's."""
    measured = StudyClock()
    clock.wait(1.0)
    measured.begin(workers=2)
    clock.wait(9.0)
    # Three seconds to start; two between its two runs.
    measured.add(run_of("first", 7_000.0, IMPORTING=1.0, COMPILING=1.0, TRAINING=4.0))
    clock.wait(1.0)
    # Five seconds to start; then it waits.
    measured.add(run_of("second", -50.0, IMPORTING=1.0, COMPILING=2.0, TRAINING=1.0, EVALUATING=0.5, DATA=0.5))
    clock.wait(4.0)
    measured.add(run_of("first", 7_008.0, TRAINING=2.5, RECORDING=0.5, DATA=0.0))
    clock.wait(60.0)
    return measured.read()


def test_study_times_add_up_to_all_workers_time(study: StudyTimes) -> None:
    """The parts together are the workers' time until the last run ended, to the second."""
    assert study.wall_seconds == 15.0
    assert study.worker_seconds == 30.0
    assert sum(study.seconds.values()) == pytest.approx(30.0)


def test_study_times_idle_time_is_told_apart(study: StudyTimes) -> None:
    """Starting, pauses between runs, and waiting for the last run are found though no clock is another's."""
    expected = {
        Part.PREPARING: 2.0,
        Part.STARTING: 3.0 + 5.0,
        Part.IMPORTING: 2.0,
        Part.COMPILING: 3.0,
        Part.DATA: 0.5,
        Part.TRAINING: 7.5,
        Part.EVALUATING: 0.5,
        Part.FAILING: 0.0,
        Part.RECORDING: 0.5,
        Part.BETWEEN: 2.0,
        Part.WAITING: 4.0,
    }
    assert expected == pytest.approx(dict(study.seconds))


def test_study_times_outside_share_is_all_but_training(study: StudyTimes) -> None:
    """What is outside of training periods is told as a share of all workers' time."""
    assert study.outside_share == pytest.approx(1 - 7.5 / 30)


def test_study_times_efficiency_counts_once_what_one_worker_does_once(study: StudyTimes) -> None:
    """One worker alone would start, import and build once, and make all three runs."""
    once = (2.0 + 8.0) / 2 + 2.0 / 2 + 3.0 / 2
    each = 0.5 + 7.5 + 0.5 + 0.5 + 2.0

    assert study.efficiency == pytest.approx((once + each) / 30)


def test_study_times_efficiency_two_networks_are_both_built(clock: _Time) -> None:
    """Two workers with an experiment each build what one would have to build, too."""
    measured = StudyClock()
    measured.begin(workers=2)
    clock.wait(10.0)
    measured.add(run_of("first", 0.0, experiment="one", COMPILING=2.0, TRAINING=8.0))
    measured.add(run_of("second", 0.0, experiment="another", COMPILING=2.0, TRAINING=8.0))

    assert measured.read().efficiency == pytest.approx(1.0)


def test_study_times_worker_without_a_run_waited(clock: _Time) -> None:
    """A worker that never got a run did nothing but wait."""
    measured = StudyClock()
    measured.begin(workers=2)
    clock.wait(10.0)
    measured.add(run_of("first", 0.0, TRAINING=10.0))

    times = measured.read()

    assert times.seconds[Part.WAITING] == pytest.approx(10.0)
    assert times.processes == 1


def test_study_times_replaced_workers_still_add_up(clock: _Time) -> None:
    """Where one process took another's place, no second is counted twice."""
    measured = StudyClock()
    measured.begin(workers=1)
    clock.wait(10.0)
    measured.add(run_of("killed later", 0.0, TRAINING=9.0))
    clock.wait(10.0)
    measured.add(run_of("in its place", 0.0, TRAINING=6.0))

    times = measured.read()

    assert sum(times.seconds.values()) == pytest.approx(20.0)
    assert (times.processes, times.seconds[Part.STARTING], times.seconds[Part.WAITING]) == (2, pytest.approx(5.0), 0.0)


def test_run_clock_parts_are_those_of_the_record(clock: _Time, make_record: MakeRecord) -> None:
    """A run's time is split as its record says; what comes after it is its recording."""
    record = make_record()
    measured = RunClock("small-net")
    with measured.measure(Part.IMPORTING):
        clock.wait(3.0)
    with measured.measure(Part.COMPILING):
        clock.wait(2.0)
    with measured.measure(Part.TRAINING):
        clock.wait(0.5, processor=0.375)
    clock.wait(0.25)

    times = measured.stop(record)

    expected = {
        Part.IMPORTING: 3.0,
        Part.COMPILING: 2.0,
        Part.TRAINING: 0.375,
        Part.EVALUATING: 0.0625,
        Part.DATA: 0.0625,
        Part.RECORDING: 0.25,
    }
    assert expected == pytest.approx(dict(times.seconds))
    assert (times.run_seconds, times.processor_seconds) == (pytest.approx(0.5), 0.375)
    assert times.ended - times.began == pytest.approx(5.75)


def test_run_clock_failed_run_is_all_failure(clock: _Time, make_record: MakeRecord) -> None:
    """Of a run that an exception ended, nothing counts as training."""
    measured = RunClock("small-net")
    with measured.measure(Part.COMPILING):
        clock.wait(2.0)

    times = measured.stop(make_record(status="failed", reason="KeyError: 5"))

    assert times.seconds == {Part.FAILING: 2.0}


def printed(times: StudyTimes) -> str:
    """Return what is printed of a study's times."""
    console = Console(file=io.StringIO(), width=160)
    print_timing(times, console=console)
    file = console.file
    assert isinstance(file, io.StringIO)
    return " ".join(file.getvalue().split())


def test_print_timing_every_part_has_seconds_and_share(study: StudyTimes) -> None:
    """The table names every part with its seconds and its share, and what the study can say of its efficiency."""
    text = printed(study)

    assert "training periods 7.5 25.0 %" in text
    assert "waiting for the last runs 4.0 13.3 %" in text
    assert "total: 2 workers, 15.0 s 30.0 100.0 %" in text
    assert "runs that failed" not in text
    assert "small-net 3 2.83 83.3 % 5.6 % 5.6 % 5.6 %" in text
    assert "Outside training periods: 75.0 % of the workers' time." in text
    assert f"Parallel efficiency: at most {100 * study.efficiency:.1f} %" in text
    assert "had a processor for 66.2 %." in text


def test_print_timing_one_worker_claims_no_efficiency(clock: _Time) -> None:
    """A single worker's study has no parallel efficiency; where all runs failed, no processor time is known."""
    measured = StudyClock()
    measured.begin(workers=1)
    clock.wait(4.0)
    measured.add(run_of("only", 0.0, FAILING=3.0))

    text = printed(measured.read())

    assert "Parallel efficiency: unknown with a single worker." in text
    assert "runs that failed 3.0 75.0 %" in text
    assert "had a processor for unknown." in text
    assert math.isnan(measured.read().processor_share)


def test_print_timing_nothing_trained_is_said() -> None:
    """A study that reused all its runs has no table."""
    assert printed(StudyClock().read()) == "Nothing was trained, so there is no time to report."
