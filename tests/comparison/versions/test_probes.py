"""Probes are read as they were measured, their ratios are right, and nothing broken passes for one."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from mnist_repro.comparison.versions.probes import PROBE_FILE, SCHEMA_VERSION, Probe, read_probe
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.stats.summary import Interval

# A step takes two to ten times as long as the control.
_ROUNDS = [[seconds / 100, 0.005] for seconds in (1, 5, 2, 4, 3, 1.5, 2.5, 3.5, 4.5)]


@dataclass(frozen=True)
class ProbeFile:
    """A probe's file, and what it is to hold."""

    folder: Path
    values: dict[str, Any]

    def read(self) -> Probe:
        """Write the values, and read them."""
        (self.folder / PROBE_FILE).write_text(json.dumps(self.values), encoding="utf-8")
        probe = read_probe(self.folder)
        assert probe is not None
        return probe


@pytest.fixture
def probe_file(tmp_path: Path, environment: Environment) -> ProbeFile:
    """Return a valid probe that was not written yet."""

    def steps(peak_bytes: int) -> dict[str, Any]:
        return {"first_call_seconds": 0.25, "rounds": [list(times) for times in _ROUNDS], "peak_bytes": peak_bytes}

    repeated = {"in_one_process": True, "in_two_processes": False}
    values = {
        "schema": SCHEMA_VERSION,
        "started": "2025-01-31T23:59:59+00:00",
        "probe_sha256": "a" * 64,
        "environment": asdict(environment),
        "dataset_sha256": "b" * 64,
        "bytecode_is_kept": True,
        "import_seconds": {"tensorflow": [3.0, 4.0, 2.0], "control": [0.1, 0.1, 0.1]},
        "control": "zlib 1.2.13",
        "steps": {"session": {"small-net": steps(300_000_000)}, "compiled": {"small-net": steps(450_000_000)}},
        "control_peak_bytes": 100_000_000,
        "installed_bytes": 2_000_000_000,
        "repeated": {"session": {"small-net": repeated}, "compiled": {"small-net": repeated}},
        "first_losses": {"session": {"small-net": [[2.5, 2.25]]}, "compiled": {"small-net": [[2.5, 2.25]]}},
        "defaults": {"rate": 0.001, "name": "auto", "seed": None, "nesterov": False, "steps": 1, "epsilon": 1e-07},
    }
    return ProbeFile(tmp_path, values)


def test_read_probe_folder_without_one_gives_none(tmp_path: Path) -> None:
    """Where nothing was measured, there is no probe."""
    assert read_probe(tmp_path) is None


def test_read_probe_values_are_those_of_the_file(probe_file: ProbeFile, environment: Environment) -> None:
    """Every part of the file is in the probe, unchanged; only defaults are turned to text."""
    probe = probe_file.read()

    kept = {
        **json.loads(json.dumps(asdict(probe))),
        "schema": SCHEMA_VERSION,
        "defaults": probe_file.values["defaults"],
    }
    assert probe_file.values == kept
    assert environment == probe.environment


def test_read_probe_defaults_are_text_as_json_has_it(probe_file: ProbeFile) -> None:
    """Numbers, booleans and null are told by their JSON, and text is itself."""
    expected = {"rate": "0.001", "name": "auto", "seed": "null", "nesterov": "false", "steps": "1", "epsilon": "1e-07"}

    assert expected == probe_file.read().defaults


def test_steps_ratio_is_the_median_of_the_rounds_between_the_second_and_the_eighth(probe_file: ProbeFile) -> None:
    """Each step is divided by its own round's control; of nine ratios, ranks 2 and 8 hold the median with 96 %."""
    ratio = probe_file.read().steps["session"]["small-net"].ratio

    assert ratio.value == pytest.approx(6.0)
    assert (ratio.interval.low, ratio.interval.high) == pytest.approx((3.0, 9.0))


def test_steps_ratio_machine_that_slows_down_does_not_change_it(probe_file: ProbeFile) -> None:
    """Where step and control both take twice as long in some rounds, the ratio stays."""
    slowed = [[time * (1 + number % 2) for time in times] for number, times in enumerate(_ROUNDS)]
    probe_file.values["steps"]["compiled"]["small-net"]["rounds"] = slowed

    probe = probe_file.read()

    assert probe.steps["session"]["small-net"].ratio == probe.steps["compiled"]["small-net"].ratio


def test_imports_ratio_of_few_rounds_has_no_interval(probe_file: ProbeFile) -> None:
    """Three rounds have a median, and no two of them hold it with 95 %."""
    ratio = probe_file.read().import_seconds.ratio

    assert ratio.value == pytest.approx(30.0)
    assert isinstance(ratio.interval, Interval)
    assert math.isnan(ratio.interval.low)
    assert math.isnan(ratio.interval.high)


def test_memory_ratios_are_in_units_of_the_control(probe_file: ProbeFile) -> None:
    """Memory is told in that of a process with the images alone."""
    assert probe_file.read().memory_ratios == {"session": {"small-net": 3.0}, "compiled": {"small-net": 4.5}}


_BREAKS = [
    pytest.param(("schema",), 2, f"the schema version is {SCHEMA_VERSION}; received 2", id="newer schema"),
    pytest.param(("schema",), True, f"the schema version is {SCHEMA_VERSION}; received True", id="schema that is true"),
    pytest.param(("started",), 5, "probe.started must be str; received 5", id="number for text"),
    pytest.param(
        ("environment", "threads"), "1", "probe.environment.threads must be int; received '1'", id="text for number"
    ),
    pytest.param(
        ("surprise",),
        1,
        f"probe may have the keys {', '.join(Probe.__dataclass_fields__)}; received unknown key surprise",
        id="unknown field",
    ),
    pytest.param(
        ("import_seconds", "control"),
        [0.1],
        "probe.import_seconds: has a control for each import",
        id="too few controls",
    ),
    pytest.param(
        ("import_seconds", "tensorflow"),
        [0.0, 1.0, 1.0],
        "probe.import_seconds.tensorflow[0] must be a positive number; received 0.0",
        id="import that took no time",
    ),
    pytest.param(
        ("steps", "session", "small-net", "rounds"),
        [],
        "probe.steps.session.small-net.rounds must be pairs of times, at least one; received []",
        id="no round",
    ),
    pytest.param(
        ("steps", "session", "small-net", "rounds"),
        [[1.0, 1.0], [1.0]],
        "probe.steps.session.small-net.rounds[1] must be array of length 2; received [1.0]",
        id="round without control",
    ),
    pytest.param(
        ("steps", "session", "small-net", "peak_bytes"),
        0,
        "probe.steps.session.small-net.peak_bytes must be a whole number from 1; received 0",
        id="no memory",
    ),
    pytest.param(
        ("installed_bytes",), -1, "probe.installed_bytes must be a whole number from 1; received -1", id="negative size"
    ),
    pytest.param(
        ("repeated",), {}, "probe: has steps, repeated and first_losses of the same backends", id="nothing repeated"
    ),
    pytest.param(
        ("defaults", "rate"),
        [0.1],
        "probe: defaults.rate is text, a number, true, false or null; received [0.1]",
        id="list for default",
    ),
    pytest.param(("defaults", "rate"), math.nan, "numbers are finite; received NaN", id="default that is no number"),
]


@pytest.mark.parametrize(("place", "value", "rule"), _BREAKS)
def test_read_probe_broken_value_is_named(
    probe_file: ProbeFile, *, place: tuple[str, ...], value: Any, rule: str
) -> None:
    """The error has the file, the rule with what was received, and what to do."""
    broken = probe_file.values
    for name in place[:-1]:
        broken = broken[name]
    broken[place[-1]] = value

    with pytest.raises(ReproError) as caught:
        probe_file.read()

    folder = probe_file.folder
    next_step = f"Measure again, in its environment: python benchmarks/era/probe.py --records {folder}"
    assert str(caught.value) == f"{folder / PROBE_FILE} cannot be read: {rule}. {next_step}"


@pytest.mark.parametrize("name", ["schema", *Probe.__dataclass_fields__])
def test_read_probe_missing_part_is_named(probe_file: ProbeFile, name: str) -> None:
    """A probe that lacks a part is refused."""
    del probe_file.values[name]

    with pytest.raises(ReproError, match=rf"needs {name}; received" if name != "schema" else "received None"):
        probe_file.read()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="list"),
        pytest.param(b'{"schema": 1, "star', id="cut off"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"[" * 100_000, id="very deep"),
    ],
)
def test_read_probe_file_that_is_no_probe_is_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever else the file holds, the error is one for users."""
    (tmp_path / PROBE_FILE).write_bytes(content)

    with pytest.raises(ReproError, match=r"probe\.json cannot be read: .* Measure again"):
        read_probe(tmp_path)


def test_read_probe_file_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    """Where `probe.json` is no file, reading fails with words."""
    (tmp_path / PROBE_FILE).mkdir()

    with pytest.raises(ReproError, match=r"probe\.json cannot be read: Is a directory\. Measure again"):
        read_probe(tmp_path)
