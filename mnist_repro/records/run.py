"""What is kept of a run: raw values, no statistics; and one line of JSON that holds them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Literal

from mnist_repro.records.decoding import parse_versioned, read_typed
from mnist_repro.records.environment import Environment

SCHEMA_VERSION = 1

# What a run can have at most; squares of larger numbers are no longer finite.
_MOST_FLOAT32 = 3.5e38
_MOST_LOSS = 2 * _MOST_FLOAT32  # the difference of two outputs
_MOST_SECONDS = 1e9  # thirty years
_MOST_COUNT = 2**63 - 1

Status = Literal["completed", "diverged", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """What was measured after one period.

    Parameters
    ----------
    step
        Steps made so far.
    learning_rate
        The float32 rate of the period's last step.
    loss, accuracy
        Mean cross-entropy in nats and fraction of right answers, by evaluation set.
    seconds
        Time of the period's training alone.
    """

    step: int
    learning_rate: float
    loss: dict[str, float]
    accuracy: dict[str, float]
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """One training run.

    Parameters
    ----------
    experiment, protocol_sha256
        The protocol's id and hash.
    training_sha256
        Hash of the code that trained.
    dataset, dataset_sha256
        Name and hash of the images and labels.
    seed
        The run's seed.
    status
        "completed"; "diverged" where a loss was not finite; "failed" where an exception ended the run.
    reason
        Why, where the run is not completed.
    periods
        What was measured after each period that was completed.
    final_loss, final_accuracy
        At the end, by evaluation set, and on the whole test set as "all test images"; empty where not completed.
    confusion_matrix
        Counts on the protocol's confusion set: a row for each true class, a column for each predicted class.
    first_call_seconds
        Time to trace and compile; 0 where the process had done that for an earlier run.
    evaluation_seconds, total_seconds
        Time of all evaluations, and of the whole run without the first call.
    started
        UTC, ISO 8601.
    """

    experiment: str
    protocol_sha256: str
    training_sha256: str
    dataset: str
    dataset_sha256: str
    seed: int
    status: Status
    reason: str | None
    periods: tuple[Period, ...]
    final_loss: dict[str, float]
    final_accuracy: dict[str, float]
    confusion_matrix: tuple[tuple[int, ...], ...]
    first_call_seconds: float
    evaluation_seconds: float
    total_seconds: float
    started: str
    environment: Environment

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
    """Return everything but the seed that decides a run."""
    return (
        experiment,
        protocol_sha256,
        training_sha256,
        dataset_sha256,
        environment.tensorflow,
        environment.keras,
        environment.numpy,
        environment.processor,
        str(environment.threads),
        json.dumps(environment.flags, sort_keys=True),
    )


def format_record(record: RunRecord) -> str:
    """Format a record as one line of JSON, without the line's end."""
    return json.dumps({"schema": SCHEMA_VERSION, **asdict(record)}, allow_nan=False)


def parse_record(line: str) -> RunRecord:
    """Read back what `format_record` wrote.

    Raises
    ------
    NewerSchemaError
        If a newer version of this program wrote it.
    ValueError
        If the line is not a whole and valid record; the message says which rule is broken.
    """
    values = parse_versioned(line, schema=SCHEMA_VERSION, what="a record")
    record: RunRecord = read_typed(RunRecord, values, where="record")
    _check_ranges(record)
    return record


def _check_ranges(record: RunRecord) -> None:
    """Raise ValueError where a number is none that a run can have.

    All numbers of a kind are looked at together: a large store has millions.
    """
    periods = record.periods
    seconds = [record.first_call_seconds, record.evaluation_seconds, record.total_seconds]
    seconds += [period.seconds for period in periods]
    losses = [loss for figures in (record.final_loss, *(p.loss for p in periods)) for loss in figures.values()]
    shares = [
        share for figures in (record.final_accuracy, *(p.accuracy for p in periods)) for share in figures.values()
    ]
    counts = [count for row in record.confusion_matrix for count in row]
    steps = [period.step for period in periods]
    _check_range([record.seed], "seed is a whole number from 0", most=_MOST_COUNT)
    _check_range(seconds, f"seconds are numbers from 0 to {_MOST_SECONDS:g}", most=_MOST_SECONDS)
    _check_range(losses, f"losses are numbers from 0 to {_MOST_LOSS:g}", most=_MOST_LOSS)
    _check_range(shares, "accuracies are fractions from 0 to 1", most=1)
    _check_range([p.learning_rate for p in periods], "learning rates are float32 from 0", most=_MOST_FLOAT32)
    _check_range(counts, "counts of the confusion matrix are whole numbers from 0", most=_MOST_COUNT)
    _check_range(steps, "steps are whole numbers from 1", least=1, most=_MOST_COUNT)
    if any(step >= following for step, following in pairwise(steps)):
        msg = f"record's steps grow from period to period; received {steps!r:.80}"
        raise ValueError(msg)


def _check_range(numbers: list[float] | list[int], rule: str, *, least: float = 0, most: float) -> None:
    if numbers and not least <= min(numbers) <= max(numbers) <= most:
        wrong = next(number for number in numbers if not least <= number <= most)
        msg = f"record's {rule}; received {wrong!r:.80}"
        raise ValueError(msg)
