"""What lacks a field, has another one, or another type is no record."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from made_up_runs import MakeRecord
from recorded_values import field_values

from mnist_repro.records.environment import Environment
from mnist_repro.records.run import SCHEMA_VERSION, Period, RunRecord, format_record, parse_record

# Each place in a record that holds fields of its own, as keys and indices on the way to it.
_PLACES: dict[str, tuple[type, tuple[str | int, ...]]] = {
    "record": (RunRecord, ()),
    "record.periods[1]": (Period, ("periods", 1)),
    "record.environment": (Environment, ("environment",)),
}

_ALL_FIELDS = [
    pytest.param(place, field.name, id=f"{place}.{field.name}")
    for place, (kind, _) in _PLACES.items()
    for field in fields(kind)
]


def _at(values: dict[str, Any], place: str) -> dict[str, Any]:
    found: Any = values
    for key in _PLACES[place][1]:
        found = found[key]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(("place", "name"), [each for each in _ALL_FIELDS if each.id != "record.arithmetic_sha256"])
def test_parse_record_missing_field_is_named(make_record: MakeRecord, place: str, name: str) -> None:
    """A record that lacks a field is refused, and the field is named; but for one that earlier records lack."""
    values = field_values(make_record())
    del _at(values, place)[name]

    with pytest.raises(ValueError, match="needs") as caught:
        parse_record(json.dumps(values))

    assert str(caught.value).startswith(f"{place} needs {name}; received ")


@pytest.mark.parametrize(("place", "name"), _ALL_FIELDS)
def test_parse_record_field_of_wrong_type_is_named(make_record: MakeRecord, place: str, name: str) -> None:
    """A field whose value is of another type is refused, and the field is named."""
    values = field_values(make_record())
    # A list of lists of lists of text is nowhere right.
    _at(values, place)[name] = [[["wrong"]]]

    with pytest.raises(ValueError, match="received") as caught:
        parse_record(json.dumps(values))

    assert str(caught.value).startswith(f"{place}.{name}")


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        pytest.param("record", "seed", 1.0, id="float for whole number"),
        pytest.param("record", "seed", True, id="boolean for whole number"),
        pytest.param("record", "seed", "1", id="text for whole number"),
        pytest.param("record", "seed", None, id="nothing for whole number"),
        pytest.param("record", "total_seconds", True, id="boolean for number"),
        pytest.param("record", "total_seconds", "1.5", id="text for number"),
        pytest.param("record", "total_seconds", None, id="nothing for number"),
        pytest.param("record", "experiment", 5, id="number for text"),
        pytest.param("record", "experiment", None, id="nothing for text"),
        pytest.param("record", "reason", 5, id="number for reason"),
        pytest.param("record", "status", "done", id="unknown status"),
        pytest.param("record", "status", None, id="no status"),
        pytest.param("record", "final_loss", [1.0], id="list for table"),
        pytest.param("record", "final_loss", {"test": None}, id="nothing for loss"),
        pytest.param("record", "final_loss", None, id="nothing for table"),
        pytest.param("record", "periods", {}, id="table for list"),
        pytest.param("record", "periods", [5], id="number for period"),
        pytest.param("record", "confusion_matrix", [[1, 0.5]], id="half an image"),
        pytest.param("record", "confusion_matrix", [1], id="number for row"),
        pytest.param("record", "environment", "Linux", id="text for environment"),
        pytest.param("record.environment", "dirty", 0, id="number for boolean"),
        pytest.param("record.environment", "dirty", "false", id="text for boolean"),
        pytest.param("record.environment", "flags", {"XLA_FLAGS": 1}, id="number for flag"),
        pytest.param("record.periods[1]", "step", 10.0, id="float for step"),
    ],
)
def test_parse_record_value_of_similar_type_is_refused(
    make_record: MakeRecord, place: str, name: str, value: Any
) -> None:
    """What only looks like the right type is refused too."""
    values = field_values(make_record())
    _at(values, place)[name] = value

    with pytest.raises(ValueError, match="received") as caught:
        parse_record(json.dumps(values))

    assert f"{place}.{name}" in str(caught.value)


@pytest.mark.parametrize("place", _PLACES)
def test_parse_record_unknown_field_is_named(make_record: MakeRecord, place: str) -> None:
    """A field that no record has is refused, and named."""
    values = field_values(make_record())
    _at(values, place)["surprise"] = 1

    with pytest.raises(ValueError, match="surprise") as caught:
        parse_record(json.dumps(values))

    assert str(caught.value).startswith(f"{place} may have the keys ")
    assert str(caught.value).endswith("; received unknown key surprise")


@pytest.mark.parametrize("dirty", [True, False, None], ids=["changed", "as committed", "unknown"])
def test_parse_record_dirty_may_be_unknown(make_record: MakeRecord, *, dirty: bool | None) -> None:
    """Whether the code was changed may be unknown, and stays so."""
    record = make_record()
    record = replace(record, environment=replace(record.environment, dirty=dirty))

    assert parse_record(format_record(record)).environment.dirty is dirty


def test_parse_record_whole_number_for_float_is_read_as_float(make_record: MakeRecord) -> None:
    """Other programs write 1.0 as 1: that is a number."""
    line = format_record(make_record(total_seconds=123.0)).replace("123.0", "123")

    assert isinstance(parse_record(line).total_seconds, float)


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(SCHEMA_VERSION + 1, id="newer"),
        pytest.param(0, id="older"),
        pytest.param(str(SCHEMA_VERSION), id="text"),
        pytest.param(None, id="nothing"),
    ],
)
def test_parse_record_other_schema_is_refused(make_record: MakeRecord, schema: Any) -> None:
    """Only known versions' records are read; the message has all versions."""
    values = {**field_values(make_record()), "schema": schema}

    with pytest.raises(ValueError, match="schema version") as caught:
        parse_record(json.dumps(values))

    assert str(caught.value) == f"the schema version is 1 or {SCHEMA_VERSION}; received {schema!r}"


def test_parse_record_no_schema_is_refused(make_record: MakeRecord) -> None:
    """A record has its version with it."""
    values = field_values(make_record())
    del values["schema"]

    with pytest.raises(ValueError, match="schema version"):
        parse_record(json.dumps(values))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("", id="empty"),
        pytest.param("[]", id="list"),
        pytest.param("null", id="null"),
        pytest.param("{", id="cut off"),
        pytest.param("{} {}", id="two records"),
        pytest.param("[" * 100_000, id="very deep"),
    ],
)
def test_parse_record_line_that_is_no_object_is_refused(line: str) -> None:
    """What is no JSON object is no record."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_record(line)
