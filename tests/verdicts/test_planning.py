"""What a study would cost and could decide: by earlier runs where there are any, unknown where there are none."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_runs import make_run, make_unfinished, write_store
from made_up_studies import make_study
from rich.console import Console

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import PROFILES, Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.reporting.terminal.plan import print_plan
from mnist_repro.verdicts.finding import MINIMUM_RUNS
from mnist_repro.verdicts.planning import ExperimentPlan, Need, Refutation, plan_experiments

LINEAR, BASIC = "julia-linear-lr0.003", "tf1-basic"

Plan = Callable[..., ExperimentPlan]


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    """Return the documents."""
    return load_catalogue().documents


@pytest.fixture
def plan(protocols: dict[str, Protocol], documents: dict[str, Document], tmp_path: Path) -> Plan:
    """Return a function that plans one experiment in the environment `local`."""

    def plan_one(
        experiment: str = LINEAR, *, profile: str = "quick", documents: dict[str, Document] = documents
    ) -> ExperimentPlan:
        chosen = {experiment: protocols[experiment]}
        (planned,) = plan_experiments(
            chosen,
            profile=profile,  # type: ignore[arg-type]
            records=tmp_path,
            environment="local",
            documents=documents.values(),
        )
        return planned

    return plan_one


def need_of(planned: ExperimentPlan, claim: str) -> Need:
    """Return what one claim needs."""
    (need,) = (need for need in planned.needs if need.claim == claim)
    return need


def test_plan_experiments_without_records_knows_no_time(plan: Plan) -> None:
    """Where there is no run, time and difference are unknown, and not 0; the number of runs is the profile's."""
    planned = plan(profile="full")

    assert (planned.runs, planned.environment) == (200, None)
    assert (planned.seconds, planned.total_seconds) == (None, None)


def test_plan_experiments_time_is_the_median_of_own_runs(
    plan: Plan, protocols: dict[str, Protocol], environment: Environment, tmp_path: Path
) -> None:
    """The environment's own completed runs give the time, not those that diverged or those of others."""
    runs = [
        make_run(protocols[LINEAR], seed=i, environment=environment, total_seconds=s) for i, s in enumerate((1, 2, 9))
    ]
    slow = replace(make_unfinished(runs[0]), seed=7, total_seconds=1_000.0)
    write_store(tmp_path / "local", [*runs, slow])
    write_store(tmp_path / "another", [replace(run, total_seconds=50.0) for run in runs])

    planned = plan()

    assert (planned.environment, planned.seconds, planned.total_seconds) == ("local", 2.0, 80.0)


def test_plan_experiments_time_of_another_environment_is_said(
    plan: Plan, protocols: dict[str, Protocol], environment: Environment, tmp_path: Path
) -> None:
    """Where the environment has none of an experiment, the first other one by name gives the time."""
    write_store(tmp_path / "local", [make_run(protocols[BASIC], seed=0, environment=environment)])
    write_store(tmp_path / "b", [make_run(protocols[LINEAR], seed=0, environment=environment, total_seconds=7.0)])
    write_store(tmp_path / "c", [make_run(protocols[LINEAR], seed=0, environment=environment, total_seconds=8.0)])

    planned = plan()

    assert (planned.environment, planned.seconds) == ("b", 7.0)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"protocol_sha256": "d" * 64}, id="earlier protocol"),
        pytest.param({"dataset": "digits"}, id="stand-in"),
    ],
)
def test_plan_experiments_other_runs_tell_nothing(
    plan: Plan, protocols: dict[str, Protocol], environment: Environment, tmp_path: Path, changes: dict[str, str]
) -> None:
    """Runs of an earlier protocol, or on the stand-in, are of something else."""
    write_store(tmp_path / "local", [make_run(protocols[LINEAR], seed=0, environment=environment, **changes)])

    assert plan().seconds is None


@pytest.mark.parametrize(
    ("claim", "needed", "reason"),
    [
        pytest.param("test-accuracy", 59, None, id="one of three runs"),
        pytest.param("test-error", None, f"a function of {BASIC}.test-accuracy", id="derived"),
        pytest.param("validation-loss", None, "it chose the protocol", id="chose"),
    ],
)
def test_plan_experiments_curves_and_values_need_what_refutes_their_run(
    plan: Plan, claim: str, needed: int | None, reason: str | None
) -> None:
    """A document of three runs needs 59 of each, 3 / 60 being 5 %, to reproduce as to refute; some judge nothing."""
    need = need_of(plan(BASIC), f"{BASIC}.{claim}")

    assert (need.to_reproduce, need.to_refute, need.reason) == (needed, needed, reason)


def test_plan_experiments_best_of_several_runs_needs_as_many_times_the_runs(
    plan: Plan, documents: dict[str, Document]
) -> None:
    """Where a document shows the best of three, three of our runs have one place."""
    notebook = documents["tf1-notebook"]
    claims = tuple(replace(c, best_of=3) for c in notebook.claims if c.id == f"{BASIC}.test-accuracy")

    planned = plan(BASIC, documents={"tf1-notebook": replace(notebook, claims=claims)})

    assert need_of(planned, f"{BASIC}.test-accuracy").to_reproduce == 57
    assert planned.refutation is not None
    assert planned.refutation.runs_for_place(1) == 57


def test_plan_experiments_times_are_decided_by_no_number(plan: Plan) -> None:
    """Seconds on other hardware are not decided by seeds, and the reason is said."""
    need = need_of(plan(BASIC), f"{BASIC}.total-seconds")

    assert (need.to_reproduce, need.to_refute, need.reason) == (None, None, "a time on other hardware")


def test_plan_experiments_facts_need_as_many_runs_as_their_rules(plan: Plan) -> None:
    """A rate takes a second run to agree, a target as many as a rank; one run refutes either, or judges a statement."""
    rate = need_of(plan("tf1-dropout-piecewise"), "tf1-dropout-piecewise.learning-rate")
    target = need_of(plan("julia-mlp-100x100"), "julia-mlp-100x100.accuracy-target")
    statement = need_of(plan(BASIC), "tf1-notebook.batch-size-comment")

    assert (rate.to_reproduce, rate.to_refute) == (2, 1)
    assert (target.to_reproduce, target.to_refute) == (MINIMUM_RUNS, 1)
    assert (statement.to_reproduce, statement.to_refute) == (1, 1)


def test_plan_experiments_comparison_needs_runs_of_both(plan: Plan) -> None:
    """A comparison stands with both of its experiments, and is decided where it is clear."""
    for experiment in ("tf1-dropout-piecewise", "tf1-dropout-exponential"):
        need = need_of(plan(experiment), "tf1-notebook.piecewise-beats-exponential")
        assert (need.to_reproduce, need.is_certain) == (MINIMUM_RUNS, False)


def test_plan_experiments_promise_needs_as_many_runs_as_any_test(plan: Plan) -> None:
    """A promise is decided by 19 runs where most of them keep it, or most do not."""
    need = need_of(plan(), f"{LINEAR}.accuracy-promise")

    assert (need.to_reproduce, need.to_refute, need.is_certain) == (MINIMUM_RUNS, MINIMUM_RUNS, False)


@pytest.mark.parametrize(
    ("seeds", "recorded", "place", "is_known"),
    [
        pytest.param(58, 58, 0, True, id="too few to refute"),
        pytest.param(59, 59, 1, True, id="the farthest"),
        pytest.param(119, 119, 2, True, id="the second place"),
        pytest.param(59, 58, 1, False, id="not as many recorded"),
    ],
)
def test_plan_experiments_says_what_its_runs_could_refute(
    protocols: dict[str, Protocol],
    documents: dict[str, Document],
    environment: Environment,
    tmp_path: Path,
    *,
    seeds: int,
    recorded: int,
    place: int,
    is_known: bool,
) -> None:
    """Of three reported runs 59 of ours refute one; the shift that is found is known from as many recorded ones."""
    protocol = replace(protocols[BASIC], seeds=dict.fromkeys(PROFILES, seeds))
    write_store(tmp_path / "local", make_study(protocol, range(recorded), environment=environment))

    (planned,) = plan_experiments(
        {BASIC: protocol}, profile="full", records=tmp_path, environment="local", documents=documents.values()
    )

    found = planned.refutation
    assert found is not None
    assert (found.document, found.tests, found.place) == ("tf1-notebook", 3, place)
    assert (found.runs_for_place(1), found.runs_for_place(2)) == (59, 119)
    assert math.isnan(found.detectable) is not is_known
    assert math.isinf(found.detectable) is (place == 0)
    if place and is_known:
        assert 1 < found.detectable < 8


def test_print_plan_says_what_could_be_refuted() -> None:
    """A document's runs are tested together: how many of ours refute one is said once for all."""
    plans = [
        ExperimentPlan(
            experiment=name,
            runs=119,
            environment=None,
            seconds=None,
            needs=(),
            refutation=Refutation(document="a-document", tests=3, runs_each=1, place=place, detectable=detectable),
        )
        for name, place, detectable in (("one", 2, 2.13), ("two", 1, math.nan), ("three", 0, math.inf))
    ]

    shown = show(plans)

    assert "one 119 the 2nd farthest and beyond 2.1 SD of ours" in shown
    assert "two 119 the farthest unknown: not as many are recorded" in shown
    assert "three 119 none none" in shown
    assert shown.count("a-document: 3 reported runs are tested. 59 runs of each of ours can refute one") == 1


def show(plans: list[ExperimentPlan], *, workers: int = 2) -> str:
    """Return what is printed, with single blanks."""
    console = Console(file=io.StringIO(), width=160)
    print_plan(plans, profile="quick", environment="local", workers=workers, console=console)
    return "\n".join(" ".join(line.split()) for line in console.file.getvalue().splitlines())  # type: ignore[attr-defined]


def test_print_plan_unknown_is_said() -> None:
    """Unknown times are neither 0 nor omitted, and what is known is called the least."""
    unknown = ExperimentPlan(
        experiment="one",
        runs=40,
        environment=None,
        seconds=None,
        needs=(Need(claim="one.loss", to_reproduce=19, to_refute=139),),
    )
    known = replace(unknown, experiment="other", environment="elsewhere", seconds=3.0)

    assert "one 40 unknown unknown nobody yet" in show([unknown])
    assert "40 runs; how long they take is unknown: no run of them is recorded." in show([unknown])
    both = show([unknown, known])
    assert "other 40 3.00 120 elsewhere; none here" in both
    assert "80 runs, at least 2 min of one processor core, 1 min on 2 workers" in both


@pytest.mark.parametrize(
    ("need", "said"),
    [
        pytest.param(Need(claim="one.loss", to_reproduce=19, to_refute=139), "loss 19 139 if it reproduces", id="some"),
        pytest.param(Need(claim="one.loss", to_reproduce=19, to_refute=30), "loss 19 30 yes", id="enough"),
        pytest.param(Need(claim="one.loss", to_reproduce=50, to_refute=90), "loss 50 90 no: 40 seeds", id="too few"),
        pytest.param(
            Need(claim="one.order", to_reproduce=19, to_refute=19, is_certain=False),
            "order 19 19 if it is clear",
            id="comparison",
        ),
        pytest.param(
            Need(claim="one.time", to_reproduce=None, to_refute=None, reason="a time"), "time a time", id="never"
        ),
    ],
)
def test_print_plan_says_what_the_profile_decides(need: Need, said: str) -> None:
    """Forty seeds are held against what a claim needs."""
    plan = ExperimentPlan(experiment="one", runs=40, environment="local", seconds=1.0, needs=(need,))

    assert f"one {said}" in show([plan])
    assert "one 40 1.00 40 local" in show([plan])
