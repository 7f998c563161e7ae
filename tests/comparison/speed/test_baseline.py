"""The file of the speed gate's baseline."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_verdicts import ENVIRONMENT

from mnist_repro.comparison.speed.baseline import (
    SPEED_BASELINE_FILE,
    add_to_speed_baseline,
    launches_on,
    read_speed_baseline,
)
from mnist_repro.comparison.speed.gate import Launch
from mnist_repro.errors import ReproError

LAUNCHES = [Launch(experiment="net", step_seconds=(ratio,), control_seconds=(1.0,)) for ratio in (1.50, 1.51, 1.52)]


def test_speed_baseline_each_processor_has_its_own(tmp_path: Path) -> None:
    """Launches are read as they were written; those of one experiment and processor take the place of earlier ones."""
    other = replace(ENVIRONMENT, processor="another")
    add_to_speed_baseline(tmp_path, environment=ENVIRONMENT, launches=LAUNCHES)
    add_to_speed_baseline(tmp_path, environment=other, launches=LAUNCHES[:1])
    add_to_speed_baseline(tmp_path, environment=ENVIRONMENT, launches=LAUNCHES[1:])

    entries = read_speed_baseline(tmp_path)

    assert launches_on(ENVIRONMENT.processor, entries) == {"net": tuple(LAUNCHES[1:])}
    assert launches_on("another", entries) == {"net": tuple(LAUNCHES[:1])}
    assert launches_on("a third", entries) == {}


def _twice(text: str) -> str:
    values = json.loads(text)
    return json.dumps(values | {"entries": values["entries"] * 2})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text[: len(text) // 2], id="torn"),
        pytest.param(lambda text: text.replace('"schema": 1', '"schema": 2'), id="newer"),
        pytest.param(lambda text: text.replace('"launches"', '"lunches"'), id="unknown field"),
        pytest.param(lambda text: json.dumps(json.loads(text) | {"entries": None}), id="no entries"),
        pytest.param(lambda _: '{"schema": 1, "entries": [{"environment": {}, "launches": []}]}', id="empty"),
        pytest.param(_twice, id="an experiment twice"),
    ],
)
def test_read_speed_baseline_broken_file_is_told(tmp_path: Path, change: Callable[[str], str]) -> None:
    """A file that is none of ours, or only a part, is named, and is never an empty baseline."""
    add_to_speed_baseline(tmp_path, environment=ENVIRONMENT, launches=LAUNCHES)
    file = tmp_path / SPEED_BASELINE_FILE
    file.write_text(change(file.read_text("utf-8")), encoding="utf-8")

    with pytest.raises(ReproError, match=r"speed\.json cannot be read: .* Restore it, or remove it"):
        read_speed_baseline(tmp_path)
