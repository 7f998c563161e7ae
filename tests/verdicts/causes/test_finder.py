"""Recorded trials become causes, and these become tables and figures."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from made_up_runs import make_run, make_unfinished, write_store
from rich.console import Console

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.records.variant_runs import variant_store
from mnist_repro.reporting.figures.causes import draw_causes
from mnist_repro.reporting.terminal.causes import print_causes
from mnist_repro.reporting.wording.causes import count_tests, list_cause_cells, list_rounding_cells, summarize_causes
from mnist_repro.reporting.wording.digits import name_p
from mnist_repro.verdicts.causes.alternatives import Answer
from mnist_repro.verdicts.causes.finder import ExperimentCauses, find_causes, plan_trials, possible_variants

PROTOCOLS = load_catalogue().protocols
BASIC = PROTOCOLS["tf1-basic"]
RELU, TANH = "tf1-basic+relu", "tf1-basic+tanh"


@pytest.fixture
def store(environment: Environment, tmp_path: Path) -> RecordStore:
    """Return 40 runs of the basic net, 19 of ReLU, all far too good, 19 of tanh, all diverged, and two moved ones."""
    trials = plan_trials(BASIC, alternatives=load_catalogue().alternatives)
    protocols = {variant.id: variant.protocol for variant in trials.variants}

    def runs(name: str, *, n: int, accuracy: float = 0.885) -> list[RunRecord]:
        return [
            make_run(protocols[name], seed=seed, environment=environment, accuracy=accuracy, total_seconds=1.0)
            for seed in range(n)
        ]

    own = [make_run(BASIC, seed=seed, environment=environment, accuracy=0.885) for seed in range(40)]
    moved = [
        replace(run, final_loss={**run.final_loss, "test": run.final_loss["test"] + 0.0001 * (run.seed + 1)})
        for run in runs("tf1-basic+moved", n=2)
    ]
    diverged = [make_unfinished(run) for run in runs(TANH, n=19)]
    found = write_store(tmp_path / "made-up", own)
    write_store(variant_store(found).folder, [*runs(RELU, n=19, accuracy=0.99), *diverged, *moved])
    return found


@pytest.fixture
def causes(store: RecordStore) -> ExperimentCauses:
    """Return what is found of the basic net."""
    (found,) = find_causes(
        store, documents=load_catalogue().documents, protocols=PROTOCOLS, alternatives=load_catalogue().alternatives
    )
    return found


@pytest.mark.parametrize("name", PROTOCOLS)
def test_plan_trials_compare_with_as_many_runs_as_any_alternative(name: str) -> None:
    """Each experiment has alternatives, and at least as many runs of its own to compare them with."""
    trials = plan_trials(PROTOCOLS[name], alternatives=load_catalogue().alternatives)

    assert trials.alternatives
    assert trials.seeds == max(variant.seeds for variant in trials.variants) >= trials.moved.seeds
    assert {variant.experiment for variant in trials.variants} == {name}


def test_find_causes_each_alternative_is_judged_by_its_own_runs(causes: ExperimentCauses) -> None:
    """An alternative that is far off and one whose runs all diverge are excluded; those without runs are undecided."""
    answers = {cause.variant.id: cause for cause in causes.alternatives if cause.variant}

    assert (answers[RELU].answer, answers[RELU].p) == (Answer.EXCLUDED, pytest.approx(1 / 20))
    assert (answers[TANH].answer, answers[TANH].unfinished) == (Answer.EXCLUDED, 19)
    others = [cause for name, cause in answers.items() if name not in {RELU, TANH}]
    assert {cause.answer for cause in others} == {Answer.UNKNOWN}
    assert possible_variants([causes], named={RELU, TANH}) == frozenset()


def test_find_causes_moved_runs_have_their_twins(causes: ExperimentCauses) -> None:
    """Moved runs are compared with the experiment's own runs of the same seeds."""
    assert causes.sensitivity.pairs == 2
    assert 0 < causes.sensitivity.ratio < 0.1
    assert math.isnan(causes.sensitivity.parted)


def test_find_causes_moved_runs_have_twins_of_their_processor(store: RecordStore, causes: ExperimentCauses) -> None:
    """Runs of another kind of processor, which are more and judge the document, are no twins: it rounds differently."""
    elsewhere = replace(store.read()[0].environment, processor="another kind")
    runs = [make_run(BASIC, seed=seed, environment=elsewhere, accuracy=0.95) for seed in range(41)]
    more = write_store(store.folder.parent / "more", [*store.read(), *runs])
    write_store(variant_store(more).folder, variant_store(store).read())

    (found,) = find_causes(
        more, documents=load_catalogue().documents, protocols=PROTOCOLS, alternatives=load_catalogue().alternatives
    )

    assert found.reconstruction.runs == 41
    assert found.sensitivity == causes.sensitivity


def test_find_causes_without_trials_is_empty(environment: Environment, tmp_path: Path) -> None:
    """Records of experiments alone have no causes to show."""
    store = write_store(tmp_path, [make_run(BASIC, seed=0, environment=environment)])

    assert (
        find_causes(
            store, documents=load_catalogue().documents, protocols=PROTOCOLS, alternatives=load_catalogue().alternatives
        )
        == ()
    )


def test_list_cause_cells_row_says_what_was_done_and_what_came_of_it(causes: ExperimentCauses) -> None:
    """A row names the choice, the alternative, its effects in points and nats, and the answer with its reason."""
    found = {cause.variant.id: cause for cause in causes.alternatives if cause.variant}
    rows = {name: list_cause_cells(cause) for name, cause in found.items()}

    assert rows[RELU][:3] == ["hidden activation", "ReLU", "19"]
    assert rows[RELU][3].startswith("+10.4")
    assert rows[RELU][3].endswith("points")
    assert rows[RELU][4].endswith("nats")
    assert rows[RELU][5:] == ["0.05", "100 %", "excluded"]
    assert found[RELU].reason == "0 of its 19 runs lie as far out as the document's"
    assert rows[TANH][2:] == ["0, 19 not completed", "", "", "", "", "excluded"]
    assert found[TANH].reason == "none of its runs completed"
    assert list_cause_cells(causes.reconstruction)[:3] == ["as reconstructed", "", "40"]


def test_list_rounding_cells_row_says_whether_platforms_can_agree(causes: ExperimentCauses) -> None:
    """A row has the ratio with its interval, and says what it comes to; what was not followed is unknown."""
    row = list_rounding_cells(causes.sensitivity)

    assert row[0] == "2"
    assert row[1].startswith("0.")
    assert row[2:] == ["unknown", "platforms can agree run by run"]
    chaotic = replace(causes.sensitivity, ratio=1.1, interval=replace(causes.sensitivity.interval, low=0.8, high=1.4))
    assert list_rounding_cells(replace(chaotic, parted=5.0, followed=8)) == [
        "2",
        "1.10 (0.80 to 1.40)",
        "5 steps (median of 8)",
        "numerically chaotic: runs part within the first steps, and no two platforms agree run by run",
    ]
    assert "more than 50 steps" in list_rounding_cells(replace(chaotic, parted=math.inf))


def test_summarize_causes_counts_add_up(causes: ExperimentCauses) -> None:
    """Excluded, possible and undecided alternatives are all that were tried."""
    tried = len(causes.alternatives)
    first, *others = causes.alternatives
    open_ = replace(causes, alternatives=(replace(first, tested=Answer.POSSIBLE, standing=None), *others))
    decided = replace(causes, alternatives=tuple(c for c in causes.alternatives if c.answer is Answer.EXCLUDED))

    few = f"for {tried - 3} there are too few runs."
    assert summarize_causes([open_]) == f"of {tried} alternatives 2 are excluded and 1 possible; {few}"
    assert summarize_causes([decided]) == "of 2 alternatives 2 are excluded and 0 possible."


def test_count_tests_counts_what_has_a_p_value(causes: ExperimentCauses) -> None:
    """It is said how many tests were made, and that none is adjusted for the others."""
    tests = [cause.p for cause in causes.ways if cause.p is not None]

    assert count_tests([causes, causes]).startswith(f"These are {2 * len(tests)} tests, each at 5 % by itself: ")
    assert count_tests([causes] * 10).endswith(f"chance would exclude {len(tests) / 2:.1f}.")


def test_print_causes_has_a_row_for_every_alternative(causes: ExperimentCauses) -> None:
    """The tables in the terminal have every alternative and the rounding."""
    console = Console(width=250, record=True, file=io.StringIO())

    print_causes([causes], console=console)

    text = console.export_text()
    for cause in causes.alternatives:
        assert cause.variant
        assert cause.variant.change in text
    assert "platforms can agree run by run" in text


def test_draw_causes_draws_every_row_that_has_runs(causes: ExperimentCauses, tmp_path: Path) -> None:
    """The figure is the same bytes each time, and says of each way that has runs whether it is excluded, and its p."""
    draw_causes(tmp_path / "one.svg", causes=causes)
    draw_causes(tmp_path / "two.svg", causes=causes)

    drawn = (tmp_path / "one.svg").read_bytes()
    assert drawn == (tmp_path / "two.svg").read_bytes()
    assert b"<title>" in drawn
    for cause in causes.ways:
        assert cause.runs == 0 or f">{cause.answer.value}".encode() in drawn
        assert cause.p is None or f">{escape(name_p(cause.p))}<".encode() in drawn
