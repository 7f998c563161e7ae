"""Records survive being written and read, and nothing that is no record passes for one."""

from __future__ import annotations

import json
import math
import multiprocessing
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings, strategies as st
from made_up_runs import write_store

from mnist_repro import line_files
from mnist_repro.environment import Environment
from mnist_repro.errors import ReproError
from mnist_repro.records import (
    SCHEMA_VERSION,
    Period,
    RecordStore,
    RunRecord,
    TornLineWarning,
    format_record,
    open_store,
    open_stores,
    parse_record,
)

RecordFactory = Callable[..., RunRecord]

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


def test_format_record_floats_keep_every_digit(make_record: RecordFactory) -> None:
    """Raw values are stored exactly."""
    value = 0.1 + 0.2

    assert parse_record(format_record(make_record(total_seconds=value))).total_seconds == value


def test_parse_record_zeros_keep_their_sign(make_record: RecordFactory) -> None:
    """Equal numbers are one object when they are read, but for the two zeros, which are equal and not the same."""
    lines = [format_record(make_record(final_loss={"one": zero, "other": -zero})) for zero in (0.0, -0.0)]

    assert [format_record(parse_record(line)) for line in lines] == lines


def test_parse_record_equal_environments_are_one_object_and_similar_ones_are_not(make_record: RecordFactory) -> None:
    """Most runs of a store share their environment; what only compares equal is read anew."""
    line = format_record(make_record())
    one, same = (parse_record(line).environment for _ in range(2))

    assert one is same
    with pytest.raises(ValueError, match=r"record.environment.threads is int; received 1.0"):
        parse_record(line.replace('"threads": 1,', '"threads": 1.0,'))
    with pytest.raises(ValueError, match=r"record.environment.dirty is .*; received 0"):
        parse_record(line.replace('"dirty": false', '"dirty": 0'))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=["NaN", "infinite", "minus infinite"])
@pytest.mark.parametrize("field", ["total_seconds", "final_loss", "periods"])
def test_format_record_number_that_is_not_finite_is_refused(
    make_record: RecordFactory, field: str, value: float
) -> None:
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
def test_parse_record_number_that_is_not_finite_is_refused(make_record: RecordFactory, number: str) -> None:
    """No number that is not finite is read either."""
    line = format_record(make_record(total_seconds=123.456)).replace("123.456", number)

    with pytest.raises(ValueError, match="finite"):
        parse_record(line)


def _values(record: RunRecord) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(format_record(record))
    return values


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


@pytest.mark.parametrize(("place", "name"), _ALL_FIELDS)
def test_parse_record_missing_field_is_named(make_record: RecordFactory, place: str, name: str) -> None:
    """A record that lacks a field is refused, and the field is named."""
    values = _values(make_record())
    del _at(values, place)[name]

    with pytest.raises(ValueError, match="lacks") as caught:
        parse_record(json.dumps(values))

    assert str(caught.value) == f"{place} lacks {name}"


@pytest.mark.parametrize(("place", "name"), _ALL_FIELDS)
def test_parse_record_field_of_wrong_type_is_named(make_record: RecordFactory, place: str, name: str) -> None:
    """A field whose value is of another type is refused, and the field is named."""
    values = _values(make_record())
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
    make_record: RecordFactory, place: str, name: str, value: Any
) -> None:
    """What only looks like the right type is refused too."""
    values = _values(make_record())
    _at(values, place)[name] = value

    with pytest.raises(ValueError, match="received") as caught:
        parse_record(json.dumps(values))

    assert f"{place}.{name}" in str(caught.value)


@pytest.mark.parametrize("place", _PLACES)
def test_parse_record_unknown_field_is_named(make_record: RecordFactory, place: str) -> None:
    """A field that no record has is refused, and named."""
    values = _values(make_record())
    _at(values, place)["surprise"] = 1

    with pytest.raises(ValueError, match="surprise") as caught:
        parse_record(json.dumps(values))

    assert str(caught.value) == f"{place} has no field surprise"


@pytest.mark.parametrize("dirty", [True, False, None], ids=["changed", "as committed", "unknown"])
def test_parse_record_dirty_may_be_unknown(make_record: RecordFactory, *, dirty: bool | None) -> None:
    """Whether the code was changed may be unknown, and stays so."""
    record = make_record()
    record = replace(record, environment=replace(record.environment, dirty=dirty))

    assert parse_record(format_record(record)).environment.dirty is dirty


def test_parse_record_whole_number_for_float_is_read_as_float(make_record: RecordFactory) -> None:
    """Other programs write 1.0 as 1: that is a number."""
    line = format_record(make_record(total_seconds=123.0)).replace("123.0", "123")

    assert isinstance(parse_record(line).total_seconds, float)


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(SCHEMA_VERSION + 1, id="newer"),
        pytest.param(SCHEMA_VERSION - 1, id="older"),
        pytest.param(str(SCHEMA_VERSION), id="text"),
        pytest.param(None, id="nothing"),
    ],
)
def test_parse_record_other_schema_is_refused(make_record: RecordFactory, schema: Any) -> None:
    """Only this version's records are read; the message has both versions."""
    values = {**_values(make_record()), "schema": schema}

    with pytest.raises(ValueError, match="schema version") as caught:
        parse_record(json.dumps(values))

    assert str(caught.value) == f"the schema version is {SCHEMA_VERSION}; received {schema!r}"


def test_parse_record_no_schema_is_refused(make_record: RecordFactory) -> None:
    """A record has its version with it."""
    values = _values(make_record())
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


def test_conditions_seed_and_times_do_not_change_them(make_record: RecordFactory) -> None:
    """Runs that differ only in seed, outcome or time may be pooled."""
    other = make_record(seed=8, total_seconds=9.0, started="2026-01-01T00:00:00+00:00", status="diverged")

    assert make_record().conditions == other.conditions


@pytest.mark.parametrize("field", ["experiment", "protocol_sha256", "training_sha256", "dataset_sha256"])
def test_conditions_record_field_changes_them(make_record: RecordFactory, field: str) -> None:
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
    make_record: RecordFactory, environment: Environment, field: str, value: Any
) -> None:
    """Runs are not pooled where the environment differs in what may change their arithmetic."""
    other = replace(environment, **{field: value})

    assert make_record().conditions != make_record(environment=other).conditions


def test_conditions_order_of_flags_does_not_change_them(make_record: RecordFactory, environment: Environment) -> None:
    """Flags are the same in any order."""
    flags = {"XLA_FLAGS": "--a", "TF_XLA_FLAGS": "--b"}
    backwards = dict(reversed(flags.items()))

    one, other = (make_record(environment=replace(environment, flags=f)) for f in (flags, backwards))

    assert one.conditions == other.conditions


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    """Return a store that is ready for records."""
    store = RecordStore(tmp_path / "records" / "local")
    store.prepare()
    return store


def test_store_appended_records_are_read_in_their_order(store: RecordStore, make_record: RecordFactory) -> None:
    """What is appended is read, first things first."""
    records = [make_record(seed=seed) for seed in (3, 1, 2)]

    for record in records:
        store.append(record)

    assert records == store.read()


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param("a\nb\r\nc", id="line breaks"),
        pytest.param("a\u2028b\x85c\x0bd\x1ce", id="what Python's text has for line breaks"),
        pytest.param("naïve 数字 🙂", id="letters of the world"),
        pytest.param('"quoted" \\ and \0', id="quotes"),
        pytest.param("file \udcff", id="a name that is no UTF-8"),
    ],
)
def test_store_any_reason_is_read_as_it_was(store: RecordStore, make_record: RecordFactory, reason: str) -> None:
    """An exception's words may hold anything, and are kept."""
    record = make_record(status="failed", reason=reason)
    store.append(record)

    assert [record] == store.read()


def test_store_prepare_keeps_what_is_there(store: RecordStore, make_record: RecordFactory) -> None:
    """Preparing a store a second time takes nothing from it."""
    store.append(make_record())
    store.prepare()

    assert len(store.read()) == 1


def test_store_without_file_has_no_records(tmp_path: Path) -> None:
    """A store that was never written to is empty."""
    assert RecordStore(tmp_path / "nowhere").read() == []


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"{}", id="no schema"),
        pytest.param(b"", id="empty line"),
        pytest.param(b'{"schema": 1, "exper', id="cut off"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
    ],
)
def test_store_broken_line_is_named(store: RecordStore, make_record: RecordFactory, broken: bytes) -> None:
    """The error names file and line number, and says what to do."""
    store.append(make_record())
    with store.file.open("ab") as file:
        file.write(broken + b"\n")
    store.append(make_record())

    with pytest.raises(ReproError) as caught:
        store.read()

    message = str(caught.value)
    assert message.startswith(f"{store.file}, line 2, is no valid record: ")
    assert message.endswith(". Every line is one run; take this line out and run again to replace it.")


def test_store_line_of_a_newer_version_says_what_to_update(store: RecordStore, make_record: RecordFactory) -> None:
    """A record with a schema that is not known yet is not to be taken out, but read by a newer program."""
    values = {**_values(make_record()), "schema": SCHEMA_VERSION + 1}
    store.file.write_text(json.dumps(values) + "\n", encoding="utf-8")

    with pytest.raises(ReproError) as caught:
        store.read()

    assert str(caught.value) == (
        f"{store.file}, line 1, is no valid record: the schema version is {SCHEMA_VERSION}; "
        f"received {SCHEMA_VERSION + 1}. A newer version of mnist-repro wrote it; update this one."
    )


def test_store_last_line_that_breaks_off_is_no_record_and_warned_of(
    store: RecordStore, make_record: RecordFactory
) -> None:
    """What a killed process left is not counted; the warning names file and line."""
    store.append(make_record())
    with store.file.open("a", encoding="utf-8") as file:
        file.write(format_record(make_record(seed=8))[:-20])

    with pytest.warns(TornLineWarning) as caught:
        assert store.read() == [make_record()]

    (warning,) = caught
    assert str(warning.message) == (
        f"{store.file}, line 2, breaks off: the run that it was to record is not counted, and will be made again."
    )


def test_store_warning_points_at_who_reads(store: RecordStore) -> None:
    """The warning of a line that breaks off is shown with the line that asked for the records."""
    store.file.write_text("{", encoding="utf-8")

    with pytest.warns(TornLineWarning) as caught:
        store.read()

    assert caught[0].filename == __file__


def test_store_append_after_line_that_breaks_off_sets_it_aside(store: RecordStore, make_record: RecordFactory) -> None:
    """What a killed process left is not made longer by the next record, but kept beside the file."""
    broken = format_record(make_record(seed=8))[:-20]
    store.file.write_text(broken, encoding="utf-8")

    store.append(make_record())

    assert store.read() == [make_record()]
    assert store.file.with_suffix(".torn").read_text(encoding="utf-8") == f"{broken}\n"


def test_store_append_after_record_without_a_lines_end_keeps_it(store: RecordStore, make_record: RecordFactory) -> None:
    """A whole record that only lacks the line's end is a record."""
    store.file.write_text(format_record(make_record(seed=8)), encoding="utf-8")

    store.append(make_record())

    assert store.read() == [make_record(seed=8), make_record()]


def test_store_append_run_that_is_there_gives_the_first_record(store: RecordStore, make_record: RecordFactory) -> None:
    """A run is recorded once; whoever made it a second time is given what the store has."""
    first = make_record(total_seconds=1.0)

    assert store.append(first) == first
    assert store.append(make_record(total_seconds=2.0)) == first
    assert store.read() == [first]


def test_store_append_run_that_failed_is_recorded_again(store: RecordStore, make_record: RecordFactory) -> None:
    """What became of a run after it failed is recorded too, and is then its record."""
    failed, done = make_record(status="failed", reason="out of memory"), make_record()

    assert store.append(failed) == failed
    assert store.append(done) == done
    assert store.append(failed) == done
    assert store.read() == [failed, done]


def test_store_append_same_seed_under_other_conditions_is_another_run(
    store: RecordStore, make_record: RecordFactory, environment: Environment
) -> None:
    """A run of the same seed on another processor is recorded beside the first."""
    elsewhere = make_record(environment=replace(environment, processor="Another processor"))

    store.append(make_record())

    assert store.append(elsewhere) == elsewhere
    assert store.read() == [make_record(), elsewhere]


def test_store_append_does_not_take_a_broken_line_for_the_same_run(
    store: RecordStore, make_record: RecordFactory
) -> None:
    """A line of the same run that is no record stands for nothing."""
    broken = format_record(make_record()).replace('"total_seconds": 0.5', '"total_seconds": "0.5"')
    store.file.write_text(f"{broken}\n", encoding="utf-8")

    assert store.append(make_record()) == make_record()
    assert store.file.read_text(encoding="utf-8") == f"{broken}\n{format_record(make_record())}\n"


def test_store_read_again_gives_the_same_records_for_the_last_eight_files(
    tmp_path: Path, make_record: RecordFactory
) -> None:
    """A file that did not change is parsed once, as long as no more than seven others were read since."""
    stores = [RecordStore(tmp_path / str(number)) for number in range(9)]
    for store in stores:
        store.prepare()
        store.append(make_record())
    first = stores[0].read()
    for store in stores[1:8]:
        store.read()

    assert stores[0].read()[0] is first[0]
    assert stores[0].read() is not first

    stores[8].read()

    assert stores[0].read()[0] is not first[0]
    assert stores[8].read()[0] is stores[8].read()[0]


def test_store_append_record_that_is_not_finite_leaves_the_file_as_it_was(
    store: RecordStore, make_record: RecordFactory
) -> None:
    """A record that cannot be written leaves no part of itself."""
    store.append(make_record())

    with pytest.raises(ValueError, match="not JSON compliant"):
        store.append(make_record(total_seconds=math.nan))

    assert len(store.read()) == 1


def test_store_folder_that_is_a_file_is_refused(tmp_path: Path, make_record: RecordFactory) -> None:
    """Where the folder cannot be, preparing and appending fail with words, and not with a traceback."""
    (tmp_path / "file").touch()
    store = RecordStore(tmp_path / "file" / "local")

    with pytest.raises(ReproError) as not_prepared:
        store.prepare()
    with pytest.raises(
        ReproError, match=r"^The record of small-net, seed 7, could not be written to .*runs\.jsonl: \["
    ):
        store.append(make_record())

    assert str(not_prepared.value) == (
        f"Records are written to {store.folder}, and that cannot be done: Not a directory. "
        "Name another folder with --records."
    )


def test_store_file_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    """Where `runs.jsonl` is no file, reading fails with words."""
    store = RecordStore(tmp_path)
    store.file.mkdir()

    with pytest.raises(ReproError) as caught:
        store.read()

    assert str(caught.value) == f"Records cannot be read from {store.file}: Is a directory."


def _append_many(folder: Path, record: RunRecord, first_seed: int) -> None:
    store = RecordStore(folder)
    for seed in range(first_seed, first_seed + 25):
        store.append(replace(record, seed=seed))


def test_store_append_from_several_processes_loses_nothing(store: RecordStore, make_record: RecordFactory) -> None:
    """Four processes that write at once leave every record whole."""
    # Longer than what a single write to a file is often promised to keep together.
    record = make_record(reason="x" * 20_000)
    # A fork would take TensorFlow's threads with it where other tests have loaded it.
    processes = multiprocessing.get_context("spawn")
    writers = [
        processes.Process(target=_append_many, args=(store.folder, record, first)) for first in range(0, 100, 25)
    ]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)

    assert [writer.exitcode for writer in writers] == [0] * 4
    assert sorted(record.seed for record in store.read()) == list(range(100))


def test_store_append_while_another_process_writes_waits_for_it(
    store: RecordStore, make_record: RecordFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written while another holds the lock, and who waits too long says so."""
    monkeypatch.setattr(line_files, "LOCK_SECONDS", 0.05)

    with FileLock(store.folder / "runs.lock"), pytest.raises(ReproError, match=r"could not be written .*lock"):
        store.append(make_record())

    assert store.read() == []


def test_open_stores_folder_gives_environments_by_name(tmp_path: Path, make_record: RecordFactory) -> None:
    """Every environment with records is found, and one without is left out."""
    for name in ("tf219", "local"):
        store = RecordStore(tmp_path / name)
        store.prepare()
        store.append(make_record())
    RecordStore(tmp_path / "empty").prepare()

    assert [store.environment for store in open_stores(tmp_path)] == ["local", "tf219"]


def test_open_stores_no_folder_is_refused(tmp_path: Path) -> None:
    """A folder that does not exist is said to be none."""
    with pytest.raises(ReproError) as caught:
        open_stores(tmp_path / "nowhere")

    assert str(caught.value) == (
        f"Records are read from a folder; {tmp_path / 'nowhere'} is none. "
        "Make some with `mnist-repro run`, or correct --records."
    )


def test_open_stores_no_records_is_refused(tmp_path: Path) -> None:
    """A folder without a record is no empty result but an error."""
    RecordStore(tmp_path / "local").prepare()

    with pytest.raises(ReproError) as caught:
        open_stores(tmp_path)

    assert str(caught.value) == (
        f"{tmp_path} has no records (<environment>/runs.jsonl). Make some with `mnist-repro run`."
    )


def test_open_store_gives_the_environment_that_is_named(tmp_path: Path, make_record: RecordFactory) -> None:
    """Of several environments one is opened; the error about one that is not there names those that are."""
    for name in ("tf219", "local"):
        write_store(tmp_path / name, [make_record()])

    assert open_store(tmp_path, environment="tf219") == RecordStore(tmp_path / "tf219")
    with pytest.raises(ReproError) as caught:
        open_store(tmp_path, environment="tf220")
    assert str(caught.value) == (f"{tmp_path} has no records of an environment 'tf220'. It has: local, tf219.")
