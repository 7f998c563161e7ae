"""What benchmark-tracking actions read: names that stay, values with their range, and no stand-in among the results."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import stdev
from typing import Any

import pytest
from made_up_claims import Summarize
from made_up_runs import make_run, make_unfinished, write_store

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.reporting.exports.benchmark_json import Measure, format_benchmark
from mnist_repro.verdicts.environment import summarize_environment

EXPERIMENT = "julia-mlp-100x100"

Export = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def export(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Export:
    """Return a function that makes runs, changes them, and returns the list of one measure."""

    def make(
        measure: Measure, seeds: range, *, change: Callable[[RunRecord], RunRecord] = replace, **changes: Any
    ) -> list[dict[str, Any]]:
        made = {"environment": environment, **changes}
        runs = [change(make_run(protocols[EXPERIMENT], seed=seed, **made)) for seed in seeds]
        result = summarize_environment(
            write_store(tmp_path / "linux", runs),
            documents=load_catalogue().documents,
            protocols=protocols,
            alternatives=(),
            labels={},
        )
        found: list[dict[str, Any]] = json.loads(format_benchmark(result, measure=measure))
        return found

    return make


def test_format_benchmark_accuracy_is_the_mean_with_its_interval(export: Export) -> None:
    """Each set of which the document tells has an entry in percent, with half the interval as the action reads it."""
    entries = export("accuracy", range(3))

    assert [entry["name"] for entry in entries] == [
        f"{EXPERIMENT}: validation accuracy",
        f"{EXPERIMENT}: test accuracy",
    ]
    (first, _) = entries
    assert (first["unit"], first["value"]) == ("%", 89.9867)
    # The runs recognise 2,237, 2,250 and 2,262 of 2,500 images.
    # 4.3027 is the quantile of Student's t with 2 degrees of freedom.
    assert first["range"] == f"± {4.302653 * stdev([89.48, 90.0, 90.48]) / 3**0.5:.4f}"
    assert re.fullmatch(r"(\+-|±)\s*\d[0-9.]+", first["range"])
    assert first["extra"].startswith("mean of 3 runs, with half its 95 % interval\nTensorFlow 2.19.1, ")
    assert first["extra"].endswith("\nreported run: inconclusive")


def test_format_benchmark_seconds_is_the_median_of_the_training(export: Export) -> None:
    """The time of all periods' training is taken, and a run that was disturbed moves neither value nor range far."""

    def disturb(run: RunRecord) -> RunRecord:
        seconds = 100.0 if run.seed == 4 else 0.25 + 0.01 * run.seed
        return replace(run, periods=tuple(replace(period, seconds=seconds) for period in run.periods))

    (entry,) = export("seconds", range(5), change=disturb)

    # Ten periods each: 2.5, 2.6, 2.7, 2.8 and 1,000 seconds; quartiles 2.6 and 2.8.
    assert (entry["name"], entry["unit"]) == (f"{EXPERIMENT}: training of a run", "s")
    assert (entry["value"], entry["range"]) == (2.7, "± 0.1")
    assert entry["extra"].startswith("median of 5 runs, with half the distance between the quartiles\n")


@pytest.mark.parametrize("measure", ["accuracy", "seconds"])
def test_format_benchmark_single_run_has_no_range(export: Export, measure: Measure) -> None:
    """What one run cannot tell is left out, not 0."""
    for entry in export(measure, range(1)):
        assert set(entry) == {"name", "unit", "value", "extra"}
        assert "of 1 run\n" in entry["extra"]


@pytest.mark.parametrize("measure", ["accuracy", "seconds"])
def test_format_benchmark_stand_in_is_another_name(export: Export, measure: Measure) -> None:
    """Runs on the stand-in never continue a chart of results."""
    assert all(entry["name"].endswith(" (stand-in for MNIST)") for entry in export(measure, range(2), dataset="digits"))


def test_format_benchmark_without_a_completed_run_is_refused(export: Export) -> None:
    """An empty list would look like a success."""
    with pytest.raises(ReproError, match=r"runs.jsonl has no completed run to export\. Record runs"):
        export("accuracy", range(2), change=make_unfinished)


def test_format_benchmark_leaves_out_what_did_not_complete(export: Export) -> None:
    """A run that diverged counts in neither value nor number."""
    (entry, _) = export("accuracy", range(4), change=lambda run: make_unfinished(run) if run.seed == 3 else run)

    assert entry["value"] == 89.9867
    assert entry["extra"].startswith("mean of 3 runs")


def test_format_benchmark_each_experiment_tells_what_made_it(
    summarize: Summarize, protocols: dict[str, Protocol], environment: Environment
) -> None:
    """An experiment that was made with another version or flag says its own, not the newest one's."""
    plain = replace(environment, tensorflow="2.20.0", flags={})
    runs = [
        make_run(protocols[EXPERIMENT], seed=0, environment=environment),
        make_run(protocols["tf1-basic"], seed=0, environment=plain),
    ]

    entries = json.loads(format_benchmark(summarize(*runs), measure="seconds"))

    extras = {entry["name"].partition(":")[0]: entry["extra"].rpartition("\n")[2] for entry in entries}
    assert extras[EXPERIMENT].startswith("TensorFlow 2.19.1, ")
    assert extras[EXPERIMENT].endswith('; flags {"TF_ENABLE_ONEDNN_OPTS": "0"}')
    assert extras["tf1-basic"].startswith("TensorFlow 2.20.0, ")
    assert "flags" not in extras["tf1-basic"]
