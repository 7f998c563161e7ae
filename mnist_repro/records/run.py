"""What is kept of a run: raw values, no statistics; and the line of JSON that holds them."""

from __future__ import annotations

import json
import sys
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from itertools import pairwise
from typing import Annotated, Literal, get_type_hints

import msgspec
from msgspec import Meta

from mnist_repro.records.decoding import MOST_BYTES, decode
from mnist_repro.records.environment import Environment

SCHEMA_VERSION = 2
# Its records have no `arithmetic_sha256`.
_OLDEST_SCHEMA = 1

_MOST = 2**63 - 1  # of a whole number
# What a run can measure at most; squares of larger numbers are not finite.
Count = Annotated[int, Meta(ge=0, le=_MOST, description="a whole number from 0")]
Step = Annotated[int, Meta(ge=1, le=_MOST, description="a whole number from 1")]
Rate = Annotated[float, Meta(ge=0, le=3.5e38, description="a float32 from 0")]
Loss = Annotated[float, Meta(ge=0, le=7e38, description="a number from 0 to 7e+38")]  # the difference of two float32
Fraction = Annotated[float, Meta(ge=0, le=1, description="a fraction from 0 to 1")]
Seconds = Annotated[float, Meta(ge=0, le=1e9, description="a number from 0 to 1e+09")]  # thirty years
Status = Literal["completed", "diverged", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """What was measured after one period."""

    step: Step  #: steps made so far
    learning_rate: Rate  #: of the period's last step
    loss: dict[str, Loss]  #: as the protocol declares it, cross entropies in nats; by evaluation set
    accuracy: dict[str, Fraction]  #: by evaluation set
    seconds: Seconds  #: of the period's training alone


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """One training run."""

    experiment: str  #: the protocol's id
    protocol_sha256: str
    training_sha256: str  #: of the code that trained
    dataset: str  #: name of the images and labels
    dataset_sha256: str
    seed: Count
    status: Status  #: "diverged": a loss was not finite; "failed": an exception ended the run
    reason: str | None  #: why the run did not complete
    periods: tuple[Period, ...]  #: those that completed
    final_loss: dict[str, Loss]  #: by evaluation set, with "all test images"; empty unless completed
    final_accuracy: dict[str, Fraction]  #: likewise
    #: counts on the protocol's confusion set: a row for each true class, a column for each predicted class
    confusion_matrix: tuple[tuple[Count, ...], ...]
    first_call_seconds: Seconds  #: to trace and compile; 0 where an earlier run of the process did
    evaluation_seconds: Seconds  #: all evaluations
    total_seconds: Seconds  #: the whole run without the first call
    started: str  #: UTC, ISO 8601
    environment: Environment
    #: of the weights after the first steps of seed 0, in the process that trained; None where they were not looked at
    arithmetic_sha256: str | None = None

    @property
    def tells_of_mnist(self) -> bool:
        """Whether anything can be judged by it: it completed, on MNIST itself."""
        return self.status == "completed" and self.dataset == "mnist"

    @property
    def training_seconds(self) -> float:
        """Time of its training alone."""
        return sum(period.seconds for period in self.periods)

    @property
    def outcome(self) -> tuple[object, ...]:
        """All that conditions and seed determine: what was measured, and nothing that a clock says."""
        periods = tuple(replace(period, seconds=0.0) for period in self.periods)
        measured = self.final_loss, self.final_accuracy, self.confusion_matrix
        return self.experiment, self.seed, self.status, self.reason, periods, *measured

    @property
    def conditions(self) -> tuple[str, ...]:
        """Everything but the seed that decides the run: only runs with equal conditions are pooled."""
        return run_conditions(
            experiment=self.experiment,
            protocol_sha256=self.protocol_sha256,
            training_sha256=self.training_sha256,
            dataset_sha256=self.dataset_sha256,
            environment=self.environment,
        )


def run_conditions(
    *, experiment: str, protocol_sha256: str, training_sha256: str, dataset_sha256: str, environment: Environment
) -> tuple[str, ...]:
    """Return everything but the seed that decides a run; saved pictures keep it as text."""
    return (experiment, protocol_sha256, training_sha256, dataset_sha256, *environment.conditions)


def format_record(record: RunRecord) -> str:
    """Format a record as one line of JSON, without the line's end, in the oldest schema that has what it holds."""
    values = msgspec.to_builtins(record)
    if record.arithmetic_sha256 is None:
        del values["arithmetic_sha256"]
    version = SCHEMA_VERSION if "arithmetic_sha256" in values else _OLDEST_SCHEMA
    return json.dumps({"schema": version, **values}, allow_nan=False)


# Escapes, and blanks between a name and its colon.
_UNUSUAL = ("\\", '" ', '"\t', '"\r')
_STARTS = tuple(f'{{"schema": {version}, "experiment": ' for version in range(_OLDEST_SCHEMA, SCHEMA_VERSION + 1))
_TYPES = get_type_hints(RunRecord, include_extras=True)
# A record whose environment is not read yet: thousands of lines have the same.
_TYPES["environment"] = msgspec.Raw
_Line = msgspec.defstruct(
    "_Line",
    [
        (field.name, _TYPES[field.name], *([] if field.default is MISSING else [field.default]))
        for field in fields(RunRecord)
    ],
)
_decoder = msgspec.json.Decoder(_Line)
# Texts that most records of a store share.
_TEXTS = (
    "experiment",
    "protocol_sha256",
    "training_sha256",
    "dataset",
    "dataset_sha256",
    "status",
    "arithmetic_sha256",
)
# Accuracies are fractions of the images of a set, so that few are different.
_fractions: dict[float, float] = {}
_MOST_FRACTIONS = 1 << 16


def parse_record(line: str) -> RunRecord:
    """Read back what `format_record` wrote.

    Raises
    ------
    NewerSchemaError
        If a newer version of this program wrote it.
    ValueError
        If the line is not a whole and valid record; the message has the place, the rule and what was received.
    """
    if len(line) > MOST_BYTES:
        msg = f"a line has at most {MOST_BYTES:,} bytes; this one has more"
        raise ValueError(msg)
    record = _parse_fast(line) or decode(line, RunRecord, where="record", schema=SCHEMA_VERSION, oldest=_OLDEST_SCHEMA)
    steps = [period.step for period in record.periods]
    if any(step >= following for step, following in pairwise(steps)):
        msg = f"record's steps grow from period to period; received {steps!r:.80}"
        raise ValueError(msg)
    return record


def _parse_fast(line: str) -> RunRecord | None:
    """Return the record, or None where the line is not as usual or not valid: `decode` is ten times slower."""
    if not line.startswith(_STARTS) or any(each in line for each in _UNUSUAL):
        return None
    try:
        values = msgspec.structs.asdict(_decoder.decode(line))
        environment = bytes(values["environment"])
        values["environment"] = _read_environment(environment)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # the first is no ValueError before msgspec 0.20
        return None
    accuracies = [values["final_accuracy"], *(period.accuracy for period in values["periods"])]
    losses = [values["final_loss"], *(period.loss for period in values["periods"])]
    # Unknown and repeated names are ignored above. In usual lines, this stands after each name.
    top = 1 + len(values) - ('"arithmetic_sha256":' not in line)
    names = top + len(fields(Period)) * len(values["periods"]) + sum(map(len, (*losses, *accuracies)))
    if line.count('":') != names + environment.count(b'":'):
        return None
    values.update((name, sys.intern(values[name])) for name in _TEXTS if values[name])
    for accuracy in accuracies:
        for name, value in accuracy.items():
            if value and len(_fractions) < _MOST_FRACTIONS:  # zero has two signs, which are equal
                accuracy[name] = _fractions.setdefault(value, value)
    return RunRecord(**values)


@cache
def _read_environment(text: bytes) -> Environment:
    return decode(text.decode(), Environment, where="record.environment")
