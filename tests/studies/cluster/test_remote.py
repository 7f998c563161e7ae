"""Which workers of a cluster may train: without a cluster, and without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.studies.cluster.connection import _agree
from mnist_repro.studies.cluster.remote import Equipment, list_differences, refuse_worker


@pytest.fixture
def own(environment: Environment) -> Equipment:
    """Return what the process that plans has."""
    return Equipment(package_sha256="a" * 64, training_sha256="b" * 64, environment=environment, runs_at_once=1)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda own: own, [], id="nothing"),
        pytest.param(
            lambda own: replace(own, package_sha256="c" * 64),
            ["code of the package cccccccccccc in place of aaaaaaaaaaaa"],
            id="package",
        ),
        pytest.param(
            lambda own: replace(own, training_sha256="c" * 64),
            ["training code cccccccccccc in place of bbbbbbbbbbbb"],
            id="training code",
        ),
        pytest.param(
            lambda own: replace(own, runs_at_once=4),
            ["runs at once in one process (--nthreads) 4 in place of 1"],
            id="threads",
        ),
        pytest.param(
            lambda own: replace(own, environment=replace(own.environment, tensorflow="2.8.4", numpy="1.26.0")),
            ["TensorFlow 2.8.4 in place of 2.19.1", "NumPy 1.26.0 in place of 2.1.3"],
            id="versions",
        ),
        pytest.param(
            lambda own: replace(own, environment=replace(own.environment, keras="2.15.0", flags={})),
            ["Keras 2.15.0 in place of 3.10.0", 'flags none in place of {"TF_ENABLE_ONEDNN_OPTS": "0"}'],
            id="Keras and flags",
        ),
        pytest.param(
            lambda own: replace(own, environment=replace(own.environment, python="3.10.1", commit="unknown")),
            [],
            id="what decides no run",
        ),
    ],
)
def test_list_differences_names_what_decides_a_run(
    own: Equipment, change: Callable[[Equipment], Equipment], expected: list[str]
) -> None:
    """Each difference that keeps runs from being pooled is told with both values, and no other."""
    assert expected == list_differences(change(own), own)


def test_list_differences_sees_all_that_conditions_have(own: Equipment, make_record: Callable[..., RunRecord]) -> None:
    """Whatever of the environment is part of a run's conditions is compared: two that agree make runs of one pool."""
    changes = {"tensorflow": "another", "keras": "another", "numpy": "another", "processor": "another", "threads": 2}
    for name, value in {**changes, "flags": {"ONEDNN_MAX_CPU_ISA": "SSE41"}}.items():
        change: dict[str, Any] = {name: value}
        changed = replace(own.environment, **change)

        assert list_differences(replace(own, environment=changed), own)
        assert make_record(environment=changed).conditions != make_record().conditions


def test_agree_workers_may_have_another_processor_than_the_planner(own: Equipment) -> None:
    """Whoever plans trains nothing: its processor does not count, and the workers' is that of the records."""
    theirs = replace(own, environment=replace(own.environment, processor="Another processor"))

    assert _agree({"one": theirs, "two": theirs}, own).environment.processor == "Another processor"


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        pytest.param({"processor": "Another"}, r"two differs .*processor Another in place of A p", id="processor"),
        pytest.param({"tensorflow": "2.8.4"}, r"worker two differs .*TensorFlow 2\.8\.4 in place of", id="version"),
    ],
)
def test_agree_worker_that_differs_from_the_others_is_refused(
    own: Equipment, change: dict[str, str], difference: str
) -> None:
    """Workers with two processors, or two versions, are not taken together: the one that differs is named."""
    other = replace(own, environment=replace(own.environment, **change))

    with pytest.raises(ReproError, match=difference):
        _agree({"one": own, "two": other}, own)


def test_refuse_worker_says_what_to_do() -> None:
    """The error names the worker, the difference, and how to start one that is taken."""
    message = str(refuse_worker("tcp://10.0.0.1:5", ["TensorFlow 2.8.4 in place of 2.21.0"]))

    assert "tcp://10.0.0.1:5" in message
    assert "TensorFlow 2.8.4 in place of 2.21.0" in message
    assert "dask worker --nthreads 1" in message
