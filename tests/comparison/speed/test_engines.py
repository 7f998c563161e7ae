"""Times of training steps, from made-up files: they are read as they were written, and the page says what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mnist_repro.comparison.speed.engines import BUSY_SPEED_FILE, SPEED_FILE, read_speed
from mnist_repro.errors import ReproError
from mnist_repro.reporting.figures.engines import draw_speed
from mnist_repro.reporting.wording.speed import list_time_cells, list_time_headings, order_engines


def entry(engine: str, *, seconds: float, **changes: Any) -> dict[str, Any]:
    """Return what pytest-benchmark keeps of a case."""
    times = {
        "experiment": "small-net",
        "engine": engine,
        "step_seconds": [seconds * factor for factor in (1.0, 1.1, 0.9, 1.0, 1.2, 1.0)],
        "ready_seconds": 2.5,
        "peak_bytes": 500_000_000,
        "steps_of_a_round": 100,
        "settings": '{"steps_per_execution": 50}',
        "over_floor": 1.5,
        "over_compiled": 1.0,
        "over_control": 1.0,
        "is_busy": False,
        "environment": "{}",
    }
    return {"name": f"test[{engine}]", "stats": {}, "extra_info": times | changes}


def write(folder: Path, *entries: dict[str, Any], name: str = SPEED_FILE) -> Path:
    """Write a file of times, and return its folder."""
    (folder / name).write_text(json.dumps({"machine_info": {}, "benchmarks": entries}), encoding="utf-8")
    return folder


def test_read_speed_engines_are_found_by_experiment(tmp_path: Path) -> None:
    """Every engine is found by its experiment and name, the quickest first on the page; no file gives none."""
    assert read_speed(tmp_path) == {}
    other = entry("floor", seconds=1e-3, experiment="another-net")
    folder = write(
        tmp_path, entry("jax", seconds=3e-3), other, entry("floor", seconds=1e-3), entry("compiled", seconds=2e-3)
    )

    times = read_speed(folder)

    assert {name: set(engines) for name, engines in times.items()} == {
        "another-net": {"floor"},
        "small-net": {"jax", "floor", "compiled"},
    }
    assert [each.engine for each in order_engines(times["small-net"])] == ["floor", "compiled", "jax"]


def test_list_time_cells_ratios_are_of_the_same_round(tmp_path: Path) -> None:
    """A machine that is slower in some rounds, for all engines alike, changes no ratio."""
    times = read_speed(write(tmp_path, entry("floor", seconds=1e-3), entry("compiled", seconds=2e-3)))["small-net"]

    cells = list_time_cells(times["compiled"], times)

    assert cells == ["2,000 µs", "2.00", "1.00", "2.50 s", "500 MB", "steps_per_execution: 50"]


def test_list_time_cells_with_another_core_busy_have_both_ratios(tmp_path: Path) -> None:
    """Ratios of a busy machine stand beside the others, under headings of their own; empty where not timed there."""
    write(tmp_path, *(entry(name, seconds=seconds) for name, seconds in (("floor", 1e-3), ("compiled", 2e-3))))
    write(
        tmp_path,
        *(entry(name, seconds=s, is_busy=True) for name, s in (("floor", 1e-3), ("compiled", 3e-3))),
        name=BUSY_SPEED_FILE,
    )
    times, busy = read_speed(tmp_path)["small-net"], read_speed(tmp_path, is_busy=True)["small-net"]

    cells = list_time_cells(times["compiled"], times, busy=busy)

    headings = list_time_headings(with_busy=True)
    assert len(headings) == len(cells)
    assert dict(zip(headings, cells, strict=True)) == {
        "step": "2,000 µs",
        "over matrix products": "2.00",
        "over ours": "1.00",
        "over matrix products, other core busy": "3.00",
        "over ours, other core busy": "1.00",
        "ready": "2.50 s",
        "memory": "500 MB",
        "settings": "steps_per_execution: 50",
    }
    del busy["compiled"]
    assert list_time_cells(times["compiled"], times, busy=busy)[3:5] == ["", ""]
    assert len(list_time_headings(with_busy=False)) == len(list_time_cells(times["compiled"], times))


def test_draw_speed_every_engine_has_its_row(tmp_path: Path) -> None:
    """The figure is written, with a panel for each experiment that has the matrix products."""
    times = read_speed(write(tmp_path, entry("floor", seconds=1e-3), entry("compiled", seconds=2e-3)))

    draw_speed(tmp_path / "speed.svg", times=times)

    assert (tmp_path / "speed.svg").read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"benchmarks": [{"name": "another benchmark"}]}', "extra_info"),
        (json.dumps({"benchmarks": [entry("jax", seconds=1e-3, step_seconds=[])]}), "positive times"),
        (json.dumps({"benchmarks": [entry("jax", seconds=-1e-3)]}), "must be a positive number; received -0.001"),
        (json.dumps({"benchmarks": [entry("jax", seconds=1e-3, ready_seconds="long")]}), "ready_seconds"),
        (json.dumps({"benchmarks": [entry("jax", seconds=1e-3, is_busy=True)]}), "is_busy is false in this file"),
    ],
    ids=["torn", "no object", "another benchmark", "no round", "negative", "a word", "of a busy machine"],
)
def test_read_speed_broken_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A file that is none of ours is refused, with its name, the reason, and how to measure again."""
    (tmp_path / SPEED_FILE).write_text(text, encoding="utf-8")

    with pytest.raises(ReproError, match=said) as caught:
        read_speed(tmp_path)
    assert str(tmp_path / SPEED_FILE) in str(caught.value)
    assert "Measure again" in str(caught.value)
