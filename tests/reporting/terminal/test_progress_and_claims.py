"""What a user sees of a study: how far it is, what went wrong, and the table of claims."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from made_up_runs import OTHER_SHA256, make_run, make_unfinished, write_store
from rich.console import Console

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.reporting.terminal import progress as terminal
from mnist_repro.reporting.terminal.claims import print_claims
from mnist_repro.reporting.terminal.plan import print_next_step
from mnist_repro.reporting.terminal.progress import StudyProgress, format_plan
from mnist_repro.reporting.wording.numbers import STAND_IN_WARNING, format_last, format_reported
from mnist_repro.reporting.wording.reported_runs import summarize_result
from mnist_repro.studies.study import Plan
from mnist_repro.studies.worker import PlannedRun
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment
from mnist_repro.verdicts.finding import DECIDED, Verdict

EXPERIMENT = "julia-mlp-100x100"


class _Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    """Return the clock by which progress is shown."""
    stopped = _Clock()
    monkeypatch.setattr(terminal, "time", SimpleNamespace(monotonic=stopped.monotonic))
    return stopped


@pytest.fixture
def records(protocols: dict[str, Protocol], environment: Environment) -> list[RunRecord]:
    """Return four runs of one experiment that took a minute each."""
    runs = (make_run(protocols[EXPERIMENT], seed=seed, environment=environment) for seed in range(4))
    return [replace(record, total_seconds=60.0) for record in runs]


@pytest.fixture
def plan(protocols: dict[str, Protocol], environment: Environment) -> Plan:
    """Return the plan of these four runs over two processes."""
    missing = tuple(PlannedRun(protocols[EXPERIMENT], seed, environment) for seed in range(4))
    return Plan(reused=(), missing=missing, workers=2)


@pytest.fixture
def plain() -> Console:
    """Return a console that is no terminal."""
    return Console(file=io.StringIO(), force_terminal=False, width=200)


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> Console:
    """Return a console that passes for a terminal."""
    # In what calls itself dumb there are no bars.
    monkeypatch.setenv("TERM", "xterm-256color")
    return Console(file=io.StringIO(), force_terminal=True, width=200)


def written_to(console: Console) -> str:
    """Return all that a console got, without its colours and movements of the cursor."""
    assert isinstance(console.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue())


def test_format_plan_tells_runs_that_are_trained_again(plan: Plan, records: list[RunRecord]) -> None:
    """Runs that are trained again for their networks are in the records all the same."""
    again = tuple(replace(run, recorded=record) for run, record in zip(plan.missing[:3], records, strict=False))
    mixed = replace(plan, missing=(*again, plan.missing[3]))

    assert format_plan(plan) == "Runs: 4 planned, 0 in the records, 4 to train."
    assert format_plan(mixed) == "Runs: 4 planned, 3 in the records, 4 to train, 3 of them again, for their networks."


def test_study_progress_time_left_is_that_of_the_command(
    plan: Plan, records: list[RunRecord], plain: Console, clock: _Clock
) -> None:
    """What is still to be trained after this study counts too."""
    with StudyProgress(plan, console=plain, later=plan.cost) as progress:
        clock.seconds += 30
        progress.advance(records[0])

    assert written_to(plain) == "1 of 4 runs, 0:30 elapsed, about 3:30 left\n"


def test_study_progress_no_terminal_prints_plain_lines(
    plan: Plan, records: list[RunRecord], plain: Console, clock: _Clock
) -> None:
    """Each line counts the runs, and tells the time that has passed and that is left."""
    with StudyProgress(plan, console=plain) as progress:
        for record in records:
            clock.seconds += 30
            progress.advance(record)

    assert written_to(plain).splitlines() == [
        "1 of 4 runs, 0:30 elapsed, about 1:30 left",
        "2 of 4 runs, 1:00 elapsed, about 1:00 left",
        "3 of 4 runs, 1:30 elapsed, about 0:30 left",
        "4 of 4 runs, 2:00 elapsed, about 0:00 left",
    ]


def test_study_progress_no_terminal_fast_runs_print_few_lines(
    plan: Plan, records: list[RunRecord], plain: Console, clock: _Clock
) -> None:
    """Where runs end faster than every ten seconds a log is not filled, and the last run is told in any case."""
    with StudyProgress(plan, console=plain) as progress:
        for record, seconds in zip(records, (1, 11, 12, 13), strict=True):
            clock.seconds = seconds
            progress.advance(record)

    assert [line.partition(",")[0] for line in written_to(plain).splitlines()] == ["2 of 4 runs", "4 of 4 runs"]


def test_study_progress_estimate_weighs_runs_by_their_cost(
    protocols: dict[str, Protocol], environment: Environment, plain: Console, clock: _Clock
) -> None:
    """After the long runs it is known that the short ones will take less."""
    long, short = protocols["tf1-dropout-piecewise"], protocols["julia-linear-lr0.02"]
    plan = Plan(reused=(), missing=(PlannedRun(long, 0, environment), PlannedRun(short, 0, environment)), workers=1)
    clock.seconds = 600

    with StudyProgress(plan, console=plain) as progress:
        clock.seconds = 1_200
        progress.advance(make_run(long, seed=0, environment=environment, total_seconds=600.0))

    assert "1 of 2 runs, 10:00 elapsed, about 0:00 left" in written_to(plain)


def test_study_progress_terminal_shows_a_bar(
    plan: Plan, records: list[RunRecord], forced: Console, clock: _Clock
) -> None:
    """A bar goes with the count, the experiment and the time left; no plain lines are mixed in."""
    with StudyProgress(plan, console=forced) as progress:
        for record in records:
            clock.seconds += 30
            progress.advance(record)

    last = written_to(forced).splitlines()[-1]
    assert "━━━━" in last
    assert f"4 of 4 runs, {EXPERIMENT}" in last
    assert "about 0:00 left" in last
    assert "elapsed" not in written_to(forced)


def test_study_progress_terminal_begins_before_the_first_run_ends(plan: Plan, forced: Console) -> None:
    """While the workers start there is a bar already, which promises nothing."""
    with StudyProgress(plan, console=forced):
        pass

    assert "0 of 4 runs" in written_to(forced)
    assert "estimating the time left" in written_to(forced)


@pytest.mark.parametrize("kind", ["plain", "forced"])
@pytest.mark.parametrize("status", ["failed", "diverged"])
def test_study_progress_unfinished_run_is_told_with_its_reason(
    request: pytest.FixtureRequest, plan: Plan, records: list[RunRecord], kind: str, status: str
) -> None:
    """What went wrong is said at once and as it is, also where it looks like Rich's markup."""
    console: Console = request.getfixturevalue(kind)
    unfinished = make_unfinished(records[0], status=status, reason="ValueError: [red] [/] (3, 784)")

    with StudyProgress(plan, console=console) as progress:
        progress.advance(unfinished)
        progress.advance(records[1])

    told = [line for line in written_to(console).splitlines() if "ValueError" in line]
    assert [line.strip() for line in told] == [f"{EXPERIMENT}, seed 0: {status}: ValueError: [red] [/] (3, 784)"]


def test_study_progress_nothing_to_train_prints_nothing(plain: Console) -> None:
    """Where all runs are reused there is no progress to show."""
    with StudyProgress(Plan(reused=(), missing=(), workers=1), console=plain):
        pass

    assert written_to(plain) == ""


@pytest.fixture
def result(protocols: dict[str, Protocol], records: list[RunRecord], tmp_path: Path) -> EnvironmentResult:
    """Return the four runs beside the documents' claims."""
    store = write_store(tmp_path / "somewhere", records)
    return summarize_environment(
        store, documents=load_catalogue().documents, protocols=protocols, alternatives=(), labels={}
    )


def test_print_claims_every_family_of_what_was_run_has_one_row(result: EnvironmentResult, plain: Console) -> None:
    """A curve or a single number is one row with the document's number; what was not run has none."""
    print_claims(result, console=plain)

    (experiment,) = (e for e in result.experiments if e.completed)
    lines = [line.rstrip() for line in written_to(plain).splitlines()]
    rows = lines[lines.index(EXPERIMENT) + 1 : -1]
    subjects = [re.split(r"  +", line.strip())[:2] for line in rows]
    expected = [
        [format_last(f.claim, points=len(f.assessments)), format_reported(f.claim)] for f in experiment.families
    ]
    assert subjects == expected
    assert len(subjects) == 4
    assert not [line for line in lines if line.startswith("tf1")]


def test_print_claims_rows_tell_runs_and_verdict(result: EnvironmentResult, plain: Console) -> None:
    """Our mean, the interval of one run, the number of runs and the verdict stand beside the document's number."""
    print_claims(result, console=plain)

    (row,) = (line for line in written_to(plain).splitlines() if "test accuracy" in line)
    cells = re.split(r"  +", row.strip())
    assert cells[1] == "92.3 %"
    assert cells[2] == "89.88 %"
    assert re.fullmatch(r"\d\d\.\d\d to \d\d\.\d\d %", cells[3])
    assert cells[4:] == ["4", "inconclusive (outside)"]


def test_print_claims_ends_with_the_count(result: EnvironmentResult, plain: Console) -> None:
    """The last line counts all verdicts."""
    print_claims(result, console=plain)

    assert written_to(plain).splitlines()[-1] == f"Verdicts: {summarize_result(result)}"


def test_print_next_step_says_what_is_decided_and_how_long_the_rest_takes(
    result: EnvironmentResult, plain: Console
) -> None:
    """Two workers need half the time of the runs that the full profile still lacks."""
    print_next_step(result, command="train", workers=2, console=plain)

    count = result.outcome() + result.beside()
    decided = sum(count[verdict] for verdict in DECIDED)
    (experiment,) = (each for each in result.experiments if each.completed)
    full = sum(each.protocol.seeds["full"] for each in result.experiments)
    missing = experiment.protocol.seeds["full"] - len(experiment.completed)
    assert experiment.seconds
    hours = missing * experiment.seconds.total / 2 / 3600
    assert written_to(plain) == (
        f"Decided: {decided} of {decided + count[Verdict.INCONCLUSIVE]} runs and claims. "
        f"For the rest, another {full - 4} runs, at least {hours:.1f} h here: `train`\n"
    )


def test_print_next_step_of_a_stand_in_is_nothing(result: EnvironmentResult, plain: Console) -> None:
    """No number of runs on the stand-in decides anything."""
    (experiment,) = (each for each in result.experiments if each.completed)
    digits = tuple(replace(record, dataset="digits") for record in experiment.records)

    only = replace(result, experiments=(replace(experiment, records=digits),))
    print_next_step(only, command="train", workers=2, console=plain)

    assert written_to(plain) == ""


def test_print_claims_stand_in_is_said_first(
    protocols: dict[str, Protocol], records: list[RunRecord], plain: Console, tmp_path: Path
) -> None:
    """Before any number stands that these runs say nothing about the documents, and none is judged."""
    store = write_store(
        tmp_path / "somewhere", [replace(record, dataset="digits", dataset_sha256=OTHER_SHA256) for record in records]
    )
    result = summarize_environment(
        store, documents=load_catalogue().documents, protocols=protocols, alternatives=(), labels={}
    )

    print_claims(result, console=plain)

    text = written_to(plain)
    assert text.strip().startswith(STAND_IN_WARNING)
    assert not re.search(r"\b(inside|outside|equal|different|reproduced|inconclusive)\b", text)


def test_print_claims_mnist_has_no_warning(result: EnvironmentResult, plain: Console) -> None:
    """Runs on MNIST are not called a stand-in's."""
    print_claims(result, console=plain)

    assert "stand-in" not in written_to(plain)
