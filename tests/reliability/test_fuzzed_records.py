"""Files of records that are broken by chance or by rule: each is refused with file and line, and gives no verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from fuzzed_inputs import changed_bytes, changed_trees
from hypothesis import HealthCheck, given, settings, strategies as st
from made_up_runs import make_run, write_store

from mnist_repro.documents.document import load_documents
from mnist_repro.documents.protocol import load_protocols
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.pooling import check_whole
from mnist_repro.records.run import SCHEMA_VERSION, RunRecord, format_record, parse_record
from mnist_repro.records.store import RecordStore, TornLineWarning
from mnist_repro.verdicts.environment import summarize_environment

SAMPLES = Path(__file__).parents[1] / "support" / "data"
SAMPLE_LINES = (SAMPLES / "runs-schema-1.jsonl").read_text(encoding="utf-8").splitlines()
EXAMPLES = settings(max_examples=300, suppress_health_check=list(HealthCheck))
JUDGED_EXAMPLES = settings(max_examples=100, suppress_health_check=list(HealthCheck))
EXPERIMENT = "tf1-basic"
DOCUMENTS, PROTOCOLS = load_documents(), load_protocols()
ENVIRONMENT = parse_record(SAMPLE_LINES[0]).environment
VARIED = [make_run(PROTOCOLS[EXPERIMENT], seed=seed, environment=ENVIRONMENT) for seed in range(20)]
EQUAL = [replace(VARIED[0], seed=seed) for seed in range(2)]

pytestmark = [
    pytest.mark.filterwarnings("ignore::mnist_repro.records.store.TornLineWarning"),
    # A number that overflows on the way to a verdict.
    pytest.mark.filterwarnings("error::RuntimeWarning"),
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
        assert ", line 2, is no valid record: " in found
    else:
        assert len(found) == 3
        assert parse_record(format_record(found[1])) == found[1]


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
            result = summarize_environment(store, documents=DOCUMENTS, protocols=PROTOCOLS)
        except ReproError as error:
            refused = str(error)
            result = None
        if result is None:
            assert str(store.file) in refused
            return
        for record in result.records:
            check_whole(record, protocol=PROTOCOLS[record.experiment], store=store)


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
        pytest.param(change("surprise", 1), "record has no field surprise", id="unknown field"),
        pytest.param(change("environment.gpu", "x"), "record.environment has no field gpu", id="unknown field below"),
        pytest.param(change("seed", "7"), "record.seed is int; received '7'", id="wrong type"),
        pytest.param(change("total_seconds", float("nan")), "numbers are finite; received NaN", id="NaN"),
        pytest.param(change("final_loss.test", float("inf")), "numbers are finite; received Infinity", id="infinite"),
        pytest.param(change("seed", -1), "seed is a whole number from 0; received -1", id="negative seed"),
        pytest.param(
            change("total_seconds", -0.5), "seconds are numbers from 0 to 1e+09; received -0.5", id="negative time"
        ),
        pytest.param(
            change("final_accuracy.test", 1.5), "accuracies are fractions from 0 to 1; received", id="accuracy above 1"
        ),
        pytest.param(
            change("final_accuracy.test", -0.1),
            "accuracies are fractions from 0 to 1; received",
            id="negative accuracy",
        ),
        pytest.param(
            change("final_loss.test", 1e308), "losses are numbers from 0 to 7e+38; received", id="enormous loss"
        ),
        pytest.param(change("total_seconds", 1e10), "seconds are numbers from 0 to 1e+09", id="time of centuries"),
        pytest.param(
            change("confusion_matrix.0.0", 2**63),
            "confusion matrix are whole numbers from 0; received",
            id="enormous count",
        ),
        pytest.param(
            change("final_loss.test", -1.0), "losses are numbers from 0 to 7e+38; received", id="negative loss"
        ),
        pytest.param(change("periods.1.accuracy.validation", 97.5), "from 0 to 1; received 97.5", id="percent"),
        pytest.param(
            change("periods.1.loss.validation", -2), "losses are numbers from 0", id="negative loss of a period"
        ),
        pytest.param(change("periods.1.step", 0), "steps are whole numbers from 1; received 0", id="step 0"),
        pytest.param(change("periods.1.step", 59), "steps grow from period to period", id="step twice"),
        pytest.param(change("periods.0.seconds", -1), "seconds are numbers from 0", id="negative seconds"),
        pytest.param(
            change("periods.0.learning_rate", -1), "learning rates are float32 from 0; received -1", id="negative rate"
        ),
        pytest.param(
            change("confusion_matrix.0.0", -1),
            "confusion matrix are whole numbers from 0; received",
            id="negative count",
        ),
        pytest.param(change("schema", SCHEMA_VERSION + 1), "update this one", id="newer schema"),
        pytest.param(change("schema", 0), "the schema version is 1; received 0", id="no such schema"),
    ],
)
def test_read_broken_record_is_named_with_file_line_and_rule(
    write: Callable[[dict[str, Any]], str], named: str
) -> None:
    """Each kind of broken record is refused by the name of the file, the number of the line, and the rule."""
    broken = write(json.loads(SAMPLE_LINES[0]))

    found = read(f"{SAMPLE_LINES[0]}\n{broken}\n".encode())

    assert isinstance(found, str)
    assert ", line 2, is no valid record: " in found
    assert named in found


@given(length=st.integers(1, len(SAMPLE_LINES[0].encode()) - 1))
@EXAMPLES
def test_read_last_line_that_breaks_off_is_no_record_and_is_warned_of(length: int) -> None:
    """Of a file that ends in the middle of a line all other records are read; the warning names the line."""
    whole = f"{SAMPLE_LINES[1]}\n".encode()

    with pytest.warns(TornLineWarning, match=r"line 2, breaks off: .* will be made again"):
        found = read(whole + SAMPLE_LINES[0].encode()[:length])

    assert found == [parse_record(SAMPLE_LINES[1])]


def test_parse_record_of_schema_1_stays_readable_and_is_written_as_it_was(environment: Environment) -> None:
    """A file of each schema that ever was is kept: its records are read, and today's are written like the newest."""
    completed, diverged, failed = (parse_record(line) for line in SAMPLE_LINES)

    assert (completed.experiment, completed.seed, completed.status) == (EXPERIMENT, 0, "completed")
    assert completed.final_accuracy.keys() == {"validation", "test", "all test images"}
    assert (diverged.status, len(diverged.periods), diverged.environment.dirty) == ("diverged", 1, None)
    assert (failed.status, failed.reason) == ("failed", 'ResourceExhaustedError: out of memory — "quoted"')
    assert [format_record(record) for record in (completed, diverged, failed)] == SAMPLE_LINES
    assert environment != completed.environment


def test_every_schema_has_a_sample() -> None:
    """A new schema needs a file of its own, and the old ones stay."""
    assert [file.name for file in sorted(SAMPLES.glob("runs-schema-*.jsonl"))] == [
        f"runs-schema-{version}.jsonl" for version in range(1, SCHEMA_VERSION + 1)
    ]
