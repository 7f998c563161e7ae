"""A record is one line that gives the same record again; numbers that are not finite have no line."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from made_up_runs import MakeRecord

from mnist_repro.records.environment import Environment
from mnist_repro.records.run import Period, RunRecord, format_record, parse_record

_rate = st.floats(0, 3e38)
_seconds = st.floats(0, 1e9)
_losses = st.dictionaries(st.text(max_size=5), st.floats(0, 6e38), max_size=2)
_accuracies = st.dictionaries(st.text(max_size=5), st.floats(0, 1), max_size=2)
_whole = st.integers(0, 2**61)


@st.composite
def _periods(draw: st.DrawFn) -> tuple[Period, ...]:
    one = st.builds(Period, step=_whole, learning_rate=_rate, loss=_losses, accuracy=_accuracies, seconds=_seconds)
    drawn = draw(st.lists(one, max_size=2))
    return tuple(replace(period, step=period.step + 2**62 * index + 1) for index, period in enumerate(drawn))


_environments = st.builds(Environment, flags=st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
_records = st.builds(
    RunRecord,
    seed=_whole,
    periods=_periods(),
    final_loss=_losses,
    final_accuracy=_accuracies,
    confusion_matrix=st.lists(st.lists(_whole, max_size=2).map(tuple), max_size=2).map(tuple),
    first_call_seconds=_seconds,
    evaluation_seconds=_seconds,
    total_seconds=_seconds,
    environment=_environments,
)


@given(record=_records)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_parse_record_formatted_record_is_the_same(record: RunRecord) -> None:
    """Whatever a record holds, it is one line that gives the same record again."""
    line = format_record(record)

    assert len(line.encode().splitlines()) == 1
    assert record == parse_record(line)


def test_format_record_floats_keep_every_digit(make_record: MakeRecord) -> None:
    """Raw values are stored exactly."""
    value = 0.1 + 0.2

    assert parse_record(format_record(make_record(total_seconds=value))).total_seconds == value


def test_parse_record_zeros_keep_their_sign(make_record: MakeRecord) -> None:
    """Equal numbers are one object when they are read, but for the two zeros, which are equal and not the same."""
    lines = [format_record(make_record(final_loss={"one": zero, "other": -zero})) for zero in (0.0, -0.0)]

    assert [format_record(parse_record(line)) for line in lines] == lines


def test_parse_record_equal_environments_are_one_object_and_similar_ones_are_not(make_record: MakeRecord) -> None:
    """Most runs of a store share their environment; what only compares equal is read anew."""
    line = format_record(make_record())
    one, same = (parse_record(line).environment for _ in range(2))

    assert one is same
    with pytest.raises(ValueError, match=r"record.environment.threads must be int; received 1.0"):
        parse_record(line.replace('"threads": 1,', '"threads": 1.0,'))
    with pytest.raises(ValueError, match=r"record.environment.dirty must be .*; received 0"):
        parse_record(line.replace('"dirty": false', '"dirty": 0'))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=["NaN", "infinite", "minus infinite"])
@pytest.mark.parametrize("field", ["total_seconds", "final_loss", "periods"])
def test_format_record_number_that_is_not_finite_is_refused(make_record: MakeRecord, field: str, value: float) -> None:
    """No record with a number that is not finite is written."""
    record = make_record()
    period = replace(record.periods[0], loss={"test": value})
    changes: dict[str, Any] = {"total_seconds": value, "final_loss": {"test": value}, "periods": (period,)}

    with pytest.raises(ValueError, match="not JSON compliant"):
        format_record(replace(record, **{field: changes[field]}))


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("NaN", id="NaN"),
        pytest.param("Infinity", id="infinite"),
        pytest.param("-Infinity", id="minus infinite"),
        pytest.param("1e999", id="too large a float"),
        pytest.param("1" + "0" * 400, id="too large a whole number"),
    ],
)
def test_parse_record_number_that_is_not_finite_is_refused(make_record: MakeRecord, number: str) -> None:
    """No number that is not finite is read either."""
    line = format_record(make_record(total_seconds=123.456)).replace("123.456", number)

    with pytest.raises(ValueError, match=r"finite|a number from 0 to 1e\+09"):
        parse_record(line)
