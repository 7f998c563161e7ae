"""Times of whole studies, from made-up files: read as they were written, and told as ratios of one round."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import make_run, write_store

from mnist_repro.comparison.speed.studies import (
    BUSY_STUDIES_FILE,
    STUDIES_FILE,
    list_efficiencies,
    list_growths,
    list_outside_shares,
    list_processor_shares,
    read_studies,
)
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.reporting.wording.speed import (
    format_efficiency,
    format_processors,
    list_study_rows,
    list_throughput_headings,
    list_throughputs,
)
from mnist_repro.studies.timing import Part
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment

EXPERIMENT = "tf1-basic"


def entry(number: int, *, seeds: int = 40, workers: int = 2, wall: float = 100.0, **changes: Any) -> dict[str, Any]:
    """Return what is written of a study that spent nine tenths of its time in training periods."""
    seconds = dict.fromkeys((part.name for part in Part), 0.0) | {"TRAINING": 0.9 * workers * wall}
    study = {"round": number, "experiment": EXPERIMENT, "seeds": seeds, "workers": workers, "wall_seconds": wall}
    return {**study, "seconds": seconds, "processor_share": 0.99, "processor": "A processor"} | changes


def write(folder: Path, *entries: dict[str, Any], name: str = STUDIES_FILE) -> Path:
    """Write a file of studies, and return its folder."""
    (folder / name).write_text(json.dumps({"studies": entries}), encoding="utf-8")
    return folder


def rounds(count: int) -> list[dict[str, Any]]:
    """Return rounds of which each was slower than the one before it, in all of its studies alike."""
    return [
        study
        for number in range(count)
        for study in (
            entry(number, workers=1, wall=190.0 * (number + 1)),
            entry(number, wall=100.0 * (number + 1)),
            entry(number, seeds=20, wall=50.0 * (number + 1)),
        )
    ]


@pytest.fixture
def result(tmp_path: Path, protocols: dict[str, Protocol], environment: Environment) -> EnvironmentResult:
    """Return an environment with runs of one experiment, which took 3 seconds each."""
    records = [make_run(protocols[EXPERIMENT], seed=seed, environment=environment) for seed in range(4)]
    store = write_store(tmp_path / "records", records)
    return summarize_environment(
        store, documents=load_catalogue().documents, protocols=protocols, alternatives=(), labels={}
    )


def test_read_studies_no_file_gives_none(tmp_path: Path) -> None:
    """Where no study was timed, there is none."""
    assert read_studies(tmp_path) == ()


def test_list_ratios_are_of_the_same_round(tmp_path: Path) -> None:
    """A machine that is slower in some rounds, for all studies alike, changes no ratio."""
    studies = read_studies(write(tmp_path, *rounds(6)))

    (efficiency,), (growth,) = list_efficiencies(studies), list_growths(studies)

    assert (efficiency.seeds, efficiency.workers, len(efficiency.values)) == (40, 2, 6)
    estimates = [efficiency.estimate, growth.estimate]
    assert [each.value for each in estimates] == pytest.approx([0.95, 2.0])
    assert [each.interval.low for each in estimates] == pytest.approx([0.95, 2.0])
    outside = list_outside_shares(studies)
    assert [(each.seeds, each.workers) for each in outside] == [(20, 2), (40, 1), (40, 2)]
    assert [each.estimate.value for each in outside] == pytest.approx([0.1] * 3)


def test_list_ratios_study_without_another_has_none(tmp_path: Path) -> None:
    """One worker's study of another experiment, another round or other seeds says nothing of two workers."""
    others = [
        entry(0, workers=1, wall=190.0, experiment="another"),
        entry(1, workers=1, wall=190.0),
        entry(0, workers=1, wall=190.0, seeds=20),
    ]
    studies = read_studies(write(tmp_path, entry(0), *others))

    assert list_efficiencies(studies) == []
    assert list_growths(studies) == []


def test_pages_unmeasured_efficiency_is_said(result: EnvironmentResult) -> None:
    """Without a measured study, figures for more workers are limits, and are called so."""
    assert list_throughput_headings(())[2:] == ["1 worker", "2 workers, at most", "8 workers, at most"]
    assert list_throughputs(result, ()) == [[EXPERIMENT, "3.00 s", "1,200", "2,400", "9,600"]]
    assert "was not measured here" in format_efficiency(())


def test_pages_measured_efficiency_counts(tmp_path: Path, result: EnvironmentResult) -> None:
    """With a measured study, its efficiency is in the figures, and what goes beyond it is called extrapolated."""
    studies = read_studies(write(tmp_path, *rounds(9)))

    assert list_throughput_headings(studies)[2:5] == ["1 worker", "2 workers", "8 workers, extrapolated"]
    assert list_throughputs(result, studies) == [[EXPERIMENT, "3.00 s", "1,200", "2,280", "9,120"]]
    assert format_efficiency(studies) == (
        "With N workers, multiply by N and by the parallel efficiency: 95.0 % for 2 workers (9 rounds "
        "of 40 seeds of tf1-basic, A processor), extrapolated beyond 2."
    )
    assert [cells[1:] for cells in list_study_rows(studies)] == [
        ["parallel efficiency, workers: 2", "95.0 %", "95.0 %, 9 rounds"],
        ["time relative to half the seeds, workers: 2", "2.00", "2.00, 9 rounds"],
        ["time outside training periods, workers: 2", "10.0 %", "10.0 %, 9 rounds"],
        ["time outside training periods, workers: 1", "10.0 %", "10.0 %, 9 rounds"],
        ["time outside training periods, workers: 2", "10.0 %", "10.0 %, 9 rounds"],
        ["the runs' time with a processor, workers: 2", "99.0 %", "99.0 %, 9 rounds"],
        ["the runs' time with a processor, workers: 1", "99.0 %", "99.0 %, 9 rounds"],
        ["the runs' time with a processor, workers: 2", "99.0 %", "99.0 %, 9 rounds"],
    ]


def test_pages_few_rounds_have_their_spread(tmp_path: Path) -> None:
    """Rounds too few for an interval are told from the lowest to the highest."""
    quick = [entry(2, workers=1, wall=190.0), entry(2, wall=95.0), entry(2, seeds=20, wall=50.0)]
    slow = [entry(3, workers=1, wall=190.0), entry(3, wall=105.0), entry(3, seeds=20, wall=50.0)]

    figures = list_study_rows(read_studies(write(tmp_path, *quick, *rounds(1), *slow)))

    assert figures[0][2:] == ["95.0 %", "90.5 to 100.0 %, 3 rounds"]
    assert figures[1][2:] == ["2.00", "1.90 to 2.10, 3 rounds"]


def test_pages_busy_machine_is_apart(tmp_path: Path) -> None:
    """What was measured while a core was busy has a file and figures of its own, and never those of a quiet machine."""
    busy = [entry(0, workers=1, wall=190.0), entry(0, wall=140.0, processor_share=0.67), entry(0, seeds=10)]
    write(tmp_path, *rounds(2))
    write(tmp_path, *busy, name=BUSY_STUDIES_FILE)
    studies, busy_studies = read_studies(tmp_path), read_studies(tmp_path, is_busy=True)

    quiet, beside = list_study_rows(studies), list_study_rows(busy_studies)

    assert {len(cells) for cells in quiet + beside} == {4}
    assert quiet[0][2:] == ["95.0 %", "95.0 %, 2 rounds"]
    assert quiet[1][2:] == ["2.00", "2.00, 2 rounds"]
    assert beside[0][2:] == ["67.9 %", "67.9 %, 1 round"]
    assert beside[1][::2] == ["tf1-basic, 10 seeds", "10.0 %"]
    assert not any(cells[0] == "tf1-basic, 10 seeds" for cells in quiet)
    assert [ratio.values for ratio in list_processor_shares(busy_studies)] == [(0.99,), (0.99,), (0.67,)]


def test_pages_processors_are_told_once(tmp_path: Path) -> None:
    """Studies name each kind of processor that they were timed on."""
    studies = read_studies(write(tmp_path, entry(0), entry(1), entry(2, processor="Another")))

    assert format_processors(studies) == "A processor and Another"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda _: "{", "cannot be read", id="torn"),
        pytest.param(lambda _: "[]", "cannot be read", id="no object"),
        pytest.param(
            lambda study: json.dumps({"studies": [study | {"workers": 0}]}),
            "workers must be a whole number from 1; received 0",
            id="no worker",
        ),
        pytest.param(lambda study: json.dumps({"studies": [study | {"seconds": {}}]}), "every part", id="no parts"),
        pytest.param(lambda study: json.dumps({"studies": [study | {"wall_seconds": "1"}]}), "wall_", id="a word"),
    ],
)
def test_read_studies_broken_file_is_refused(tmp_path: Path, change: Callable[[Any], str], said: str) -> None:
    """A file that is none of ours is refused, with its name, the reason, and how to measure again."""
    (tmp_path / STUDIES_FILE).write_text(change(entry(0)), encoding="utf-8")

    with pytest.raises(ReproError, match=said) as caught:
        read_studies(tmp_path)
    assert str(tmp_path / STUDIES_FILE) in str(caught.value)
    assert "Remove it and measure again" in str(caught.value)
