"""Files of records that are broken by chance or by rule: each is refused with file and line, and gives no verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from fuzzed_inputs import changed_bytes, changed_trees
from hypothesis import HealthCheck, given, settings, strategies as st
from made_up_runs import make_run, write_store

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.errors import ReproError
from mnist_repro.records.consistency import check_runs
from mnist_repro.records.decoding import decode
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import SCHEMA_VERSION, RunRecord, _parse_fast, format_record, parse_record
from mnist_repro.records.store import RecordStore
from mnist_repro.verdicts.environment import summarize_environment

SAMPLES = Path(__file__).parents[1] / "support" / "data"
SAMPLE_LINES = (SAMPLES / "runs-schema-2.jsonl").read_text(encoding="utf-8").splitlines()
EXAMPLES = settings(max_examples=300, suppress_health_check=list(HealthCheck))
JUDGED_EXAMPLES = settings(max_examples=100, suppress_health_check=list(HealthCheck))
EXPERIMENT = "tf1-basic"
DOCUMENTS, PROTOCOLS = load_catalogue().documents, load_catalogue().protocols
ENVIRONMENT = parse_record(SAMPLE_LINES[0]).environment
VARIED = [make_run(PROTOCOLS[EXPERIMENT], seed=seed, environment=ENVIRONMENT) for seed in range(20)]
EQUAL = [replace(VARIED[0], seed=seed) for seed in range(2)]

pytestmark = [
    # A number that overflows on the way to a verdict.
    pytest.mark.filterwarnings("error::RuntimeWarning")
]


def read(content: bytes) -> list[RunRecord] | str:
    """Return the records of a file with this content, or in which words it is refused."""
    with TemporaryDirectory() as folder:
        store = RecordStore(Path(folder))
        store.file.write_bytes(content)
        try:
            return store.read()
        except ReproError as error:
            message = str(error)
            assert message.startswith(f"{store.file}, line ")
            return message


def write_tree(tree: Any) -> bytes:
    """Write a record's tree, right or wrong, as a line between two right ones."""
    return f"{SAMPLE_LINES[0]}\n{json.dumps(tree)}\n{SAMPLE_LINES[1]}\n".encode()


@given(content=changed_bytes("".join(f"{line}\n" for line in SAMPLE_LINES).encode()))
@EXAMPLES
def test_read_changed_bytes_are_valid_records_or_named_by_line(content: bytes) -> None:
    """Whatever bytes change, the file is read as valid records, or refused with its name and the line."""
    found = read(content)

    if not isinstance(found, str):
        assert [parse_record(format_record(record)) for record in found] == found


@given(tree=changed_trees(json.loads(SAMPLE_LINES[0])))
@EXAMPLES
def test_read_changed_values_are_a_valid_record_or_named_by_line(tree: Any) -> None:
    """Whatever value changes, the record is valid, or refused by its line."""
    found = read(write_tree(tree))

    if isinstance(found, str):
        assert ", line 2, is not a valid record: " in found
    else:
        assert len(found) == 3
        assert parse_record(format_record(found[1])) == found[1]


@given(content=changed_bytes(SAMPLE_LINES[0].encode()))
@EXAMPLES
def test_parse_fast_changed_bytes_are_the_record_that_the_exact_way_gives(content: bytes) -> None:
    """What the fast way reads, the exact way reads as the same record: it lets nothing more pass."""
    line = content.decode("utf-8", "replace")

    record = _parse_fast(line)

    if record is not None:
        assert repr(record) == repr(decode(line, RunRecord, where="record", schema=SCHEMA_VERSION, oldest=1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"seed": 0', '"seed": 0, "seed": 0', id="name twice"),
        pytest.param('"seed": 0', '"seed": 0, "s\\u0065ed": 0', id="name twice, once with an escape"),
        pytest.param('"threads"', '"x": {"y": ""}, "threads"', id="unknown table"),
        pytest.param('"seed": 0', '"seed": 0, "": 0', id="empty name"),
        pytest.param('"seed": 0', '"seed":1, "seed": 0', id="name twice, once without a blank"),
        pytest.param('"seed": 0', '"seed": 0, "surprise" :0', id="unknown name with a blank"),
        pytest.param('"seed": 0', '"seed": 0, "surprise"\t:0', id="unknown name with a tabulator"),
    ],
)
def test_parse_fast_names_that_msgspec_ignores_are_refused(old: str, new: str) -> None:
    """A name twice, or one that no record has, is not read fast, and is refused by the exact way."""
    line = SAMPLE_LINES[0].replace(old, new)
    assert line != SAMPLE_LINES[0]

    assert _parse_fast(line) is None
    with pytest.raises(ValueError, match=r"received twice|unknown key"):
        parse_record(line)


def test_parse_fast_reads_the_usual_line() -> None:
    """The line of a completed run is read fast, so that the tests of the fast way test it."""
    assert _parse_fast(SAMPLE_LINES[0]) == parse_record(SAMPLE_LINES[0]) is not None


@given(
    tree=changed_trees(json.loads(format_record(replace(VARIED[0], seed=30)))), others=st.sampled_from([VARIED, EQUAL])
)
@JUDGED_EXAMPLES
def test_summarize_changed_record_is_whole_or_refused(tree: Any, others: list[RunRecord]) -> None:
    """No verdict is given from a record that lacks a measurement or has an impossible one; no other error is raised."""
    with TemporaryDirectory() as folder:
        store = write_store(Path(folder), others)
        with store.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(tree) + "\n")
        try:
            result = summarize_environment(store, documents=DOCUMENTS, protocols=PROTOCOLS, alternatives=(), labels={})
        except ReproError as error:
            refused = str(error)
            result = None
        if result is None:
            assert str(store.file) in refused
            return
        for record in result.records:
            check_runs([record], protocol=PROTOCOLS[record.experiment], store=store)


def change(path: str, value: Any) -> Callable[[dict[str, Any]], str]:
    """Return a function that puts `value` at a place of a record, such as ``periods.0.step``, and writes the line."""

    def write(tree: dict[str, Any]) -> str:
        *way, last = [int(key) if key.isdigit() else key for key in path.split(".")]
        place: Any = tree
        for key in way:
            place = place[key]
        place[last] = value
        return json.dumps(tree)

    return write


def double(name: str) -> Callable[[dict[str, Any]], str]:
    """Return a function that writes the line with a field twice."""
    return lambda tree: json.dumps(tree).replace(f'"{name}":', f'"{name}": {json.dumps(tree[name])}, "{name}":', 1)


@pytest.mark.parametrize(
    ("write", "named"),
    [
        pytest.param(double("seed"), "received twice: seed", id="field twice"),
        pytest.param(double("environment"), "received twice: environment", id="table twice"),
        pytest.param(change("surprise", 1), "received unknown key surprise", id="unknown field"),
        pytest.param(
            change("environment.gpu", "x"), "record.environment may have the keys python, ", id="unknown field below"
        ),
        pytest.param(change("seed", "7"), "record.seed must be a whole number from 0; received '7'", id="wrong type"),
        pytest.param(change("total_seconds", float("nan")), "numbers are finite; received NaN", id="NaN"),
        pytest.param(change("final_loss.test", float("inf")), "numbers are finite; received Infinity", id="infinite"),
        pytest.param(change("seed", -1), "record.seed must be a whole number from 0; received -1", id="negative seed"),
        pytest.param(
            change("total_seconds", -0.5),
            "record.total_seconds must be a number from 0 to 1e+09; received -0.5",
            id="negative time",
        ),
        pytest.param(
            change("final_accuracy.test", 1.5),
            "record.final_accuracy.test must be a fraction from 0 to 1; received",
            id="accuracy above 1",
        ),
        pytest.param(
            change("final_accuracy.test", -0.1),
            "record.final_accuracy.test must be a fraction from 0 to 1; received",
            id="negative accuracy",
        ),
        pytest.param(
            change("final_loss.test", 1e308),
            "record.final_loss.test must be a number from 0 to 7e+38; received",
            id="enormous loss",
        ),
        pytest.param(
            change("total_seconds", 1e10),
            "record.total_seconds must be a number from 0 to 1e+09",
            id="time of centuries",
        ),
        pytest.param(
            change("confusion_matrix.0.0", 2**63),
            "record.confusion_matrix[0][0] must be a whole number from 0; received",
            id="enormous count",
        ),
        pytest.param(
            change("final_loss.test", -1.0),
            "record.final_loss.test must be a number from 0 to 7e+38; received",
            id="negative loss",
        ),
        pytest.param(
            change("periods.1.accuracy.validation", 97.5),
            "record.periods[1].accuracy.validation must be a fraction from 0 to 1; received 97.5",
            id="percent",
        ),
        pytest.param(
            change("periods.1.loss.validation", -2),
            "record.periods[1].loss.validation must be a number from 0",
            id="negative loss of a period",
        ),
        pytest.param(
            change("periods.1.step", 0), "record.periods[1].step must be a whole number from 1; received 0", id="step 0"
        ),
        pytest.param(change("periods.1.step", 59), "steps grow from period to period", id="step twice"),
        pytest.param(
            change("periods.0.seconds", -1), "record.periods[0].seconds must be a number from 0", id="negative seconds"
        ),
        pytest.param(
            change("periods.0.learning_rate", -1),
            "record.periods[0].learning_rate must be a float32 from 0; received -1",
            id="negative rate",
        ),
        pytest.param(
            change("confusion_matrix.0.0", -1),
            "record.confusion_matrix[0][0] must be a whole number from 0; received",
            id="negative count",
        ),
        pytest.param(change("schema", SCHEMA_VERSION + 1), "update this one", id="newer schema"),
        pytest.param(change("schema", 0), "the schema version is 1 or 2; received 0", id="no such schema"),
    ],
)
def test_read_broken_record_is_named_with_file_line_and_rule(
    write: Callable[[dict[str, Any]], str], named: str
) -> None:
    """Each kind of broken record is refused by the name of the file, the number of the line, and the rule."""
    broken = write(json.loads(SAMPLE_LINES[0]))

    found = read(f"{SAMPLE_LINES[0]}\n{broken}\n".encode())

    assert isinstance(found, str)
    assert ", line 2, is not a valid record: " in found
    assert named in found


@given(length=st.integers(1, len(SAMPLE_LINES[0].encode()) - 1))
@EXAMPLES
def test_read_incomplete_last_line_is_not_a_record_and_is_logged(caplog: pytest.LogCaptureFixture, length: int) -> None:
    """Of a file that ends in the middle of a line all other records are read; the warning names the line."""
    whole = f"{SAMPLE_LINES[1]}\n".encode()

    caplog.clear()

    found = read(whole + SAMPLE_LINES[0].encode()[:length])

    assert re.search(r"line 2, is incomplete: .* will be trained again", caplog.text)
    assert found == [parse_record(SAMPLE_LINES[1])]


def test_parse_record_of_each_schema_stays_readable_and_is_written_like_the_newest(environment: Environment) -> None:
    """A file of each schema that ever was is kept: its records are read, and today's are written like the newest."""
    completed, diverged, failed = (parse_record(line) for line in SAMPLE_LINES)

    assert (completed.experiment, completed.seed, completed.status) == (EXPERIMENT, 0, "completed")
    assert completed.final_accuracy.keys() == {"validation", "test", "all test images"}
    assert (diverged.status, len(diverged.periods), diverged.environment.dirty) == ("diverged", 1, None)
    assert (failed.status, failed.reason) == ("failed", 'ResourceExhaustedError: out of memory — "quoted"')
    assert [format_record(record) for record in (completed, diverged, failed)] == SAMPLE_LINES
    earlier = (SAMPLES / "runs-schema-1.jsonl").read_text(encoding="utf-8").splitlines()
    unknown = [replace(record, arithmetic_sha256=None) for record in (completed, diverged, failed)]
    assert [parse_record(line) for line in earlier] == unknown
    assert _parse_fast(earlier[0]) == unknown[0]
    assert environment != completed.environment


def test_every_schema_has_a_sample() -> None:
    """A new schema needs a file of its own, and the old ones stay."""
    assert [file.name for file in sorted(SAMPLES.glob("runs-schema-*.jsonl"))] == [
        f"runs-schema-{version}.jsonl" for version in range(1, SCHEMA_VERSION + 1)
    ]
