"""Runs are pooled where their conditions are the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_up_runs import MakeRecord

from mnist_repro.records.environment import Environment


def test_conditions_seed_and_times_do_not_change_them(make_record: MakeRecord) -> None:
    """Runs that differ only in seed, outcome or time may be pooled."""
    other = make_record(seed=8, total_seconds=9.0, started="2026-01-01T00:00:00+00:00", status="diverged")

    assert make_record().conditions == other.conditions


@pytest.mark.parametrize("field", ["experiment", "protocol_sha256", "training_sha256", "dataset_sha256"])
def test_conditions_record_field_changes_them(make_record: MakeRecord, field: str) -> None:
    """Runs of another experiment, protocol, code or data are not pooled."""
    assert make_record().conditions != make_record(**{field: "other"}).conditions


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("tensorflow", "2.20.0", id="TensorFlow"),
        pytest.param("keras", "3.10.1", id="Keras"),
        pytest.param("numpy", "2.1.4", id="NumPy"),
        pytest.param("processor", "Another processor", id="processor"),
        pytest.param("threads", 2, id="threads"),
        pytest.param("flags", {}, id="no flags"),
        pytest.param("flags", {"TF_ENABLE_ONEDNN_OPTS": "1"}, id="other flags"),
    ],
)
def test_conditions_environment_field_changes_them(
    make_record: MakeRecord, environment: Environment, field: str, value: Any
) -> None:
    """Runs are not pooled where the environment differs in what may change their arithmetic."""
    other = replace(environment, **{field: value})

    assert make_record().conditions != make_record(environment=other).conditions


def test_conditions_order_of_flags_does_not_change_them(make_record: MakeRecord, environment: Environment) -> None:
    """Flags are the same in any order."""
    flags = {"XLA_FLAGS": "--a", "TF_XLA_FLAGS": "--b"}
    backwards = dict(reversed(flags.items()))

    one, other = (make_record(environment=replace(environment, flags=f)) for f in (flags, backwards))

    assert one.conditions == other.conditions
