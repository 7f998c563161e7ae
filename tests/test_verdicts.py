"""Tests of `mnist_repro.verdicts`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from made_up_runs import make_claim, make_run

from mnist_repro.claims import Claim, load_documents
from mnist_repro.environment import Environment
from mnist_repro.findings import round_up
from mnist_repro.protocols import Protocol
from mnist_repro.records import Period, RunRecord
from mnist_repro.reported.explanations import Explanation
from mnist_repro.verdicts import MINIMUM_RUNS, Finding, Verdict, judge_claims, judge_document

MakeRecord = Callable[..., RunRecord]

UNKNOWN_LABEL = "the label of this image in MNIST is not kept with the records"


def _curve(printed: Sequence[str]) -> list[Claim]:
    return [
        make_claim(
            text,
            quantity=f"validation-loss.{period}",
            metric="loss",
            unit="nat",
            evaluation_set="validation",
            period=period,
        )
        for period, text in enumerate(printed, 1)
    ]


@pytest.fixture
def runs(make_record: MakeRecord) -> list[RunRecord]:
    """Return 40 runs with final accuracies about 0.90 and two losses about 0.8 and 0.5, all with a spread of 0.01."""
    generator = np.random.default_rng(0)
    return [
        make_record(
            experiment="tf1-basic",
            dataset="mnist",
            seed=seed,
            final_accuracy={"test": 0.90 + noise[0]},
            periods=tuple(
                Period(
                    step=100 * (i + 1),
                    learning_rate=0.5,
                    loss={"validation": loss + noise[1 + i]},
                    accuracy={"validation": 0.8},
                    seconds=1.0,
                )
                for i, loss in enumerate((0.8, 0.5))
            ),
        )
        for seed, noise in enumerate(generator.normal(0, 0.01, size=(40, 3)))
    ]


def _judge(claim: Claim, runs: Sequence[RunRecord]) -> Finding:
    return _judge_together(claim, runs=runs)


def _judge_together(*claims: Claim, runs: Sequence[RunRecord]) -> Finding:
    (finding,) = judge_claims(claims, records=runs)
    return finding


def _rate(printed: str, *, period: int = 1) -> Claim:
    return make_claim(
        printed, quantity=f"rate.{period}", metric="learning_rate", unit="1", evaluation_set=None, period=period
    )


def _promise(printed: str) -> Claim:
    return make_claim(printed, quantity="accuracy-promise", metric="accuracy_promise")


def _target(printed: str) -> Claim:
    return make_claim(printed, quantity="accuracy-target", metric="accuracy_target")


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("0.9000", Verdict.REPRODUCED, id="among our runs"),
        pytest.param("0.9500", Verdict.NOT_REPRODUCED, id="above all of them"),
        pytest.param("0.8500", Verdict.NOT_REPRODUCED, id="below all of them"),
    ],
)
def test_judge_claims_final_figure_is_ranked_among_the_runs(
    runs: list[RunRecord], printed: str, expected: Verdict
) -> None:
    """A figure far from all runs is not reproduced, one among them is; the reason says how many are as far out."""
    finding = _judge(make_claim(printed), runs)

    assert finding.verdict is expected
    assert finding.runs == 40
    assert finding.runs_needed is None
    assert finding.p is not None
    assert finding.adjusted_p == finding.p
    place = f"{round(41 * finding.p)} of 41 runs, the document's among them, lie as far out or farther"
    if expected is Verdict.NOT_REPRODUCED:
        assert finding.p == pytest.approx(1 / 41)
        assert finding.reason == f"only {place}"
    else:
        assert finding.reason == place


def test_judge_claims_curve_has_one_verdict(runs: list[RunRecord]) -> None:
    """A curve is judged as a whole: one point off is enough, and no point is judged by itself."""
    (good,) = judge_claims(_curve(["0.8001", "0.5002"]), records=runs)
    (bad,) = judge_claims(_curve(["0.8001", "0.6002"]), records=runs)

    assert good.family == "tf1-basic.validation-loss"
    assert good.verdict is Verdict.REPRODUCED
    assert bad.verdict is Verdict.NOT_REPRODUCED


def test_judge_claims_family_of_tests_is_controlled(runs: list[RunRecord]) -> None:
    """Beside one more test the smallest p-value of 40 runs is doubled, and still decides; beside nine more it waits."""
    two = judge_claims([make_claim("0.9500"), *_curve(["0.8", "0.5"])], records=runs)
    others = [make_claim("0.9000", quantity=f"other-{i}") for i in range(9)]
    ten = judge_claims([make_claim("0.9500"), *others], records=runs)

    assert two[0].adjusted_p == pytest.approx(2 / 41)
    assert two[0].verdict is Verdict.NOT_REPRODUCED
    assert ten[0].adjusted_p == pytest.approx(10 / 41)
    assert ten[0].verdict is Verdict.INCONCLUSIVE
    assert ten[0].reason == (
        "only 1 of 41 runs, the document's among them, lie as far out or farther; among 10 tests 199 runs would decide"
    )
    assert ten[0].runs_needed == 199


def test_judge_claims_nineteen_runs_beside_another_test_wait_for_more(runs: list[RunRecord]) -> None:
    """A p-value of 5 % sharp rejects by itself; of two tests, 39 runs are needed to tell."""
    alone = _judge(make_claim("0.9500"), runs[:19])
    beside, _ = judge_claims([make_claim("0.9500"), make_claim(quantity="other")], records=runs[:19])

    assert alone.p == beside.p == 1 / 20
    assert alone.verdict is Verdict.NOT_REPRODUCED
    assert beside.verdict is Verdict.INCONCLUSIVE
    assert beside.runs_needed == 39


def test_judge_claims_second_farthest_of_enough_runs_is_reproduced(runs: list[RunRecord]) -> None:
    """Of two tests, 39 runs can decide: a figure with p = 5 % that Holm does not reject is then no miss."""
    farther = replace(runs[38], final_accuracy={"test": 0.5})
    finding, _ = judge_claims([make_claim("0.9500"), make_claim(quantity="other")], records=[*runs[:38], farther])

    assert finding.p == 2 / 40
    assert finding.adjusted_p == pytest.approx(4 / 40)
    assert finding.verdict is Verdict.REPRODUCED


def test_judge_claims_too_few_runs_are_inconclusive(runs: list[RunRecord]) -> None:
    """With 18 runs nothing is judged, with 19 it is."""
    assert MINIMUM_RUNS == 19
    few = _judge(make_claim(), runs[:18])
    assert few.verdict is Verdict.INCONCLUSIVE
    assert few.reason == "18 runs cannot tell; it takes 19, and 19 decide in any case"
    assert few.runs_needed == 19
    assert (few.p, few.adjusted_p) == (None, None)
    assert _judge(make_claim(), runs[:19]).verdict is Verdict.REPRODUCED


def test_judge_claims_too_few_runs_for_several_tests_say_how_many_decide_all(runs: list[RunRecord]) -> None:
    """How many runs decide in any case depends on the tests of the document, but not on its times and aims."""
    time = make_claim("44", quantity="time", metric="total_seconds", unit="seconds", evaluation_set=None)
    few, _, _ = judge_claims([make_claim(), time, make_claim(quantity="other")], records=runs[:1])

    assert few.reason == "1 run cannot tell; it takes 19, and 39 decide in any case"
    assert few.runs_needed == 39


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"status": "failed", "reason": "out of memory"}, id="failed"),
        pytest.param({"dataset": "digits"}, id="stand-in"),
        pytest.param({"experiment": "julia-linear-lr0.02"}, id="another experiment"),
    ],
)
def test_judge_claims_runs_that_do_not_count_leave_it_not_run(runs: list[RunRecord], changes: dict[str, str]) -> None:
    """Failed runs, runs on the stand-in and runs of other experiments never reproduce anything."""
    others = [replace(record, **changes) for record in runs]  # type: ignore[arg-type] # keywords by name

    finding = _judge(make_claim(), others)

    assert (finding.verdict, finding.runs) == (Verdict.NOT_RUN, 0)
    assert finding.reason == "no completed run of its experiment on MNIST"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_judge_claims_one_broken_number_is_inconclusive(runs: list[RunRecord], value: float) -> None:
    """One number among ours that is not finite gives no verdict, and the reason says so."""
    finding = _judge(make_claim(), [*runs[:39], replace(runs[39], final_accuracy={"test": value})])

    assert (finding.verdict, finding.runs, finding.p) == (Verdict.INCONCLUSIVE, 40, None)
    assert finding.reason == "one of our numbers is not finite"


def test_judge_claims_without_records_reproduces_nothing() -> None:
    """No runs, no verdict."""
    assert _judge(make_claim(), []).verdict is Verdict.NOT_RUN


@pytest.mark.parametrize(
    ("printed", "expected", "reason"),
    [
        pytest.param(["0.5", "0.5"], Verdict.REPRODUCED, "the same float32 numbers", id="the same"),
        pytest.param(
            ["0.5", "0.50000006"], Verdict.NOT_REPRODUCED, "another float32 number after period 2", id="one the next"
        ),
        pytest.param(
            ["0.6", "0.4"], Verdict.NOT_REPRODUCED, "another float32 number after period 1, 2", id="both others"
        ),
    ],
)
def test_judge_claims_rates_are_compared_exactly(
    runs: list[RunRecord], printed: list[str], expected: Verdict, reason: str
) -> None:
    """The same float32 numbers are reproduced, a neighbour is not, and the reason says after which periods."""
    finding = _judge_together(*(_rate(text, period=period) for period, text in enumerate(printed, 1)), runs=runs[:2])

    assert (finding.verdict, finding.reason, finding.runs_needed) == (expected, reason, None)


def test_judge_claims_rate_of_one_run_alone_is_no_reproduction(runs: list[RunRecord]) -> None:
    """Every run has to have the document's rate."""
    periods = tuple(replace(period, learning_rate=0.25) for period in runs[1].periods)

    assert _judge(_rate("0.5"), [runs[0], replace(runs[1], periods=periods)]).verdict is Verdict.NOT_REPRODUCED


def test_judge_claims_rates_of_a_single_run_are_inconclusive(runs: list[RunRecord]) -> None:
    """One run that has the same rates reproduces nothing yet; one that has others is enough."""
    same, other = _rate("0.5"), _rate("0.6")

    assert _judge(same, runs[:1]).verdict is Verdict.INCONCLUSIVE
    assert _judge(same, runs[:1]).reason == "the same float32 numbers in a single run; 2 runs decide"
    assert _judge(same, runs[:1]).runs_needed == 2
    assert _judge(other, runs[:1]).verdict is Verdict.NOT_REPRODUCED


@pytest.mark.parametrize("metric", ["total_seconds", "seconds_per_period"])
def test_judge_claims_time_is_not_comparable(runs: list[RunRecord], metric: str) -> None:
    """A time on other hardware gets no other verdict."""
    claim = make_claim("44", metric=metric, unit="seconds", evaluation_set=None, period=1)

    finding = _judge(claim, runs)

    assert finding.verdict is Verdict.NOT_COMPARABLE
    assert (finding.reason, finding.runs_needed) == ("a time on other hardware", None)


@pytest.mark.parametrize(
    ("printed", "count", "expected", "reason"),
    [
        pytest.param("0.9", 40, Verdict.REPRODUCED, "our mean rounds to it", id="the mean rounds to it"),
        pytest.param(
            "0.8", 40, Verdict.NOT_REPRODUCED, "our mean rounds to another number", id="the mean rounds to another"
        ),
        pytest.param("0.900", 40, Verdict.INCONCLUSIVE, None, id="the mean is not known so well"),
        pytest.param("0.9", 1, Verdict.INCONCLUSIVE, None, id="one run"),
    ],
)
def test_judge_claims_promise_is_held_against_the_mean(
    runs: list[RunRecord], printed: str, count: int, expected: Verdict, reason: str | None
) -> None:
    """A rough promise is kept where the interval of our mean rounds to it."""
    finding = _judge(_promise(printed), runs[:count])

    assert finding.verdict is expected
    if reason is not None:
        assert (finding.reason, finding.runs_needed) == (reason, None)


def test_judge_claims_promise_rounds_up_at_its_lower_limit(runs: list[RunRecord]) -> None:
    """The least number that rounds to a promise belongs to it, the largest to the next one; no spread, no doubt."""
    promise = _promise("0.9")
    low, high = ([replace(run, final_accuracy={"test": end}) for run in runs[:2]] for end in promise.limits)

    assert _judge(promise, low).verdict is Verdict.REPRODUCED
    assert _judge(promise, high).verdict is Verdict.INCONCLUSIVE
    assert _judge(promise, high).reason == (
        "our mean is not known well enough to say whether it rounds to it; no number of runs would decide"
    )
    assert _judge(promise, high).runs_needed is None


# The mean of the 40 runs is 0.8984: nearer to the upper limit of the first, and to the lower one of the second.
@pytest.mark.parametrize("printed", ["0.898", "0.900"])
def test_judge_claims_promise_that_is_not_decided_names_the_runs_that_would(
    runs: list[RunRecord], printed: str
) -> None:
    """So many runs as are named, with the spread that there is, tell whether the mean rounds to it."""
    claim = _promise(printed)
    finding = _judge(claim, runs)
    values = np.array([record.final_accuracy["test"] for record in runs])

    assert finding.runs_needed is not None
    assert finding.reason == (
        "our mean is not known well enough to say whether it rounds to it; "
        f"about {finding.runs_needed:,} runs would decide"
    )
    # t(0.975; 39) = 2.0227; the nearer end of what rounds to the promise.
    reach = 2.0227 * values.std(ddof=1) / np.sqrt(finding.runs_needed)
    distance = min(abs(values.mean() - end) for end in claim.limits)
    # The number is rounded up to two digits.
    assert 0.9 * distance < reach < 1.001 * distance


def test_judge_claims_promise_after_one_run_says_why_no_number_is_named(runs: list[RunRecord]) -> None:
    """From a single run it cannot be told how many would decide, and that is said."""
    finding = _judge(_promise("0.9"), runs[:1])

    assert finding.runs_needed is None
    assert finding.reason == (
        "our mean is not known well enough to say whether it rounds to it; "
        "a single run has no spread, and from 2 on it can be said how many would decide"
    )


@pytest.mark.parametrize(("runs", "expected"), [(7, 7), (42, 42), (100, 100), (101, 110), (102_440, 110_000)])
def test_round_up_keeps_two_digits(runs: int, expected: int) -> None:
    """Small numbers stay, large ones become the next of two digits and zeros."""
    assert round_up(runs) == expected


def test_judge_claims_target_reached_by_few_runs_is_inconclusive(runs: list[RunRecord]) -> None:
    """Some runs that all reach the aim do not show that the experiment does; 19 do."""
    few, enough = (_judge(_target("0.80"), runs[:count]) for count in (18, 19))

    assert (few.verdict, few.runs_needed) == (Verdict.INCONCLUSIVE, 19)
    assert few.reason == "18 of our 18 runs of the document's experiment reach it; it takes 19 to decide"
    assert (enough.verdict, enough.runs_needed) == (Verdict.REPRODUCED, None)


@pytest.mark.parametrize(
    ("printed", "reached", "expected"),
    [
        pytest.param("0.80", 40, Verdict.REPRODUCED, id="reached by all"),
        pytest.param("0.88", 37, Verdict.CONTRADICTED, id="missed by three"),
        pytest.param("0.95", 0, Verdict.CONTRADICTED, id="reached by none"),
    ],
)
def test_judge_claims_target_is_held_against_the_documents_own_experiment(
    runs: list[RunRecord], printed: str, reached: int, expected: Verdict
) -> None:
    """An aim that the document's experiment does not reach in every run contradicts the document."""
    finding = _judge(_target(printed), runs)

    assert (finding.verdict, finding.runs_needed) == (expected, None)
    assert finding.reason == f"{reached} of our 40 runs of the document's experiment reach it"


def test_judge_claims_target_that_is_just_met_is_reached(runs: list[RunRecord]) -> None:
    """Runs with the very accuracy that is aimed at reach it."""
    assert _judge(_target("0.875"), [replace(run, final_accuracy={"test": 0.875}) for run in runs]).verdict is (
        Verdict.REPRODUCED
    )


def test_judge_claims_number_printed_in_the_wrong_unit_is_contradicted(runs: list[RunRecord]) -> None:
    """A fraction with a percent sign is contradicted, and its value is judged in words."""
    claim = make_claim("0.1000", quantity="test-error", metric="error", printed_unit="percent")

    finding = _judge(claim, runs)

    same = _judge(replace(claim, printed_unit=None), runs)
    assert same.verdict is Verdict.REPRODUCED
    assert finding.verdict is Verdict.CONTRADICTED
    assert finding.reason == f"printed as percent, but a fraction; read as such: reproduced, {same.reason}"
    assert finding.p == same.p


def test_judge_claims_wrong_unit_without_runs_is_not_run(runs: list[RunRecord]) -> None:
    """What was not run on MNIST gets no other verdict, whatever the document's units."""
    claim = make_claim("0.1000", quantity="test-error", metric="error", printed_unit="percent")
    on_stand_in = [replace(record, dataset="digits") for record in runs]

    assert _judge(claim, on_stand_in).verdict is Verdict.NOT_RUN


@pytest.mark.parametrize(
    ("labels", "expected", "reason"),
    [
        pytest.param({72: 7}, Verdict.REPRODUCED, "training image 72 of MNIST is labelled 7", id="the same"),
        pytest.param({72: 1}, Verdict.NOT_REPRODUCED, "training image 72 of MNIST is labelled 1", id="another"),
        pytest.param({71: 7, 73: 7}, Verdict.NOT_RUN, UNKNOWN_LABEL, id="of other images"),
        pytest.param({}, Verdict.NOT_RUN, UNKNOWN_LABEL, id="none kept"),
        pytest.param(None, Verdict.NOT_RUN, UNKNOWN_LABEL, id="not given"),
    ],
)
def test_judge_claims_label_is_that_of_its_image(labels: dict[int, int] | None, expected: Verdict, reason: str) -> None:
    """A label is compared with that of the same image, without any run; where that is not known, nothing is said."""
    claim = make_claim("7.0", experiment=None, metric="label", unit="1", evaluation_set=None, example=72)

    (finding,) = judge_claims([claim], records=[], labels=labels)

    assert (finding.verdict, finding.reason) == (expected, reason)
    assert (finding.runs, finding.runs_needed, finding.p, finding.adjusted_p) == (0, None, None, None)


def test_judge_claims_label_beside_runs_is_that_of_its_image(runs: list[RunRecord]) -> None:
    """A label that stands among an experiment's numbers is no measurement of its runs either."""
    claim = make_claim("7.0", quantity="label", metric="label", unit="1", evaluation_set=None, example=72)

    (finding,) = judge_claims([claim], records=runs, labels={72: 7})

    assert finding.verdict is Verdict.REPRODUCED


EXPLANATION = Explanation(
    family="tf1-basic.test-accuracy", date=date(2025, 1, 31), variant="tf1-basic+scaled", text="Pixels were scaled."
)


@pytest.mark.parametrize(
    ("explanations", "supported", "expected"),
    [
        pytest.param([EXPLANATION], {"tf1-basic+scaled"}, Verdict.EXPLAINED, id="supported"),
        pytest.param([EXPLANATION], set(), Verdict.NOT_REPRODUCED, id="no support"),
        pytest.param([EXPLANATION], {"tf1-basic+relu"}, Verdict.NOT_REPRODUCED, id="another variant is possible"),
        pytest.param([], {"tf1-basic+scaled"}, Verdict.NOT_REPRODUCED, id="nothing written"),
        pytest.param(
            [replace(EXPLANATION, family="tf1-basic.test-error")],
            {"tf1-basic+scaled"},
            Verdict.NOT_REPRODUCED,
            id="of another family",
        ),
        pytest.param(
            [replace(EXPLANATION, variant="tf1-basic+relu"), EXPLANATION],
            {"tf1-basic+scaled"},
            Verdict.EXPLAINED,
            id="one of two",
        ),
    ],
)
def test_judge_claims_miss_is_explained_where_runs_support_it(
    runs: list[RunRecord], explanations: list[Explanation], supported: set[str], expected: Verdict
) -> None:
    """A miss is explained by what is written and borne out; by words alone, or by runs alone, it stays a miss."""
    claim = make_claim("0.9500")

    (finding,) = judge_claims([claim], records=runs, explanations=explanations, supported=supported)

    assert finding.verdict is expected
    assert finding.p == pytest.approx(1 / 41)
    if expected is Verdict.EXPLAINED:
        assert finding.reason == (
            f"{_judge(claim, runs).reason}; explained on 2025-01-31 by tf1-basic+scaled: Pixels were scaled."
        )


def test_judge_claims_explanations_without_support_are_named(runs: list[RunRecord]) -> None:
    """A miss that was explained in vain says by which variants; where several are borne out, the first one tells."""
    claim = make_claim("0.9500")
    two = [EXPLANATION, replace(EXPLANATION, variant="tf1-basic+relu", text="ReLU.")]

    (vain,) = judge_claims([claim], records=runs, explanations=two)
    (explained,) = judge_claims(
        [claim], records=runs, explanations=two, supported={"tf1-basic+relu", "tf1-basic+scaled"}
    )

    miss = _judge(claim, runs).reason
    assert vain.reason == f"{miss}; explained by tf1-basic+scaled, tf1-basic+relu, which no runs support"
    assert explained.reason == f"{miss}; explained on 2025-01-31 by tf1-basic+scaled: Pixels were scaled."


def test_judge_claims_what_reproduces_needs_no_explanation(runs: list[RunRecord]) -> None:
    """An explanation of what is no miss changes nothing."""
    (finding,) = judge_claims([make_claim()], records=runs, explanations=[EXPLANATION], supported={"tf1-basic+scaled"})

    assert finding.verdict is Verdict.REPRODUCED


def test_judge_document_gives_one_finding_for_all_that_it_reports(protocols: dict[str, Protocol]) -> None:
    """Families, comparisons and statements come in this order, each once."""
    for document in load_documents().values():
        findings = judge_document(document, records=[], protocols=protocols)

        expected = [
            *dict.fromkeys(claim.family for claim in document.claims),
            *(comparison.id for comparison in document.comparisons),
            *(statement.id for statement in document.statements),
        ]
        assert [finding.family for finding in findings] == expected
        assert {finding.verdict for finding in findings} == {Verdict.NOT_RUN}


def test_judge_document_comparison_can_be_explained(protocols: dict[str, Protocol], environment: Environment) -> None:
    """An ordering that our runs have the other way round is explained like a claim."""
    better, worse = "tf1-dropout-piecewise", "tf1-dropout-exponential"
    runs = [make_run(protocols[better], seed=seed, environment=environment, accuracy=0.8) for seed in range(19)]
    runs += [make_run(protocols[worse], seed=seed, environment=environment, accuracy=0.9) for seed in range(19)]
    name = "tf1-notebook.piecewise-beats-exponential"
    reason = replace(EXPLANATION, family=name, variant=f"{better}+late")
    document = replace(load_documents()["tf1-notebook"], explanations=(reason,))

    def verdict(supported: set[str]) -> Verdict:
        findings = judge_document(document, records=runs, protocols=protocols, supported=supported)
        return next(finding.verdict for finding in findings if finding.family == name)

    assert verdict(set()) is Verdict.NOT_REPRODUCED
    assert verdict({f"{better}+late"}) is Verdict.EXPLAINED


def test_judge_document_labels_and_runs_decide_its_claims(
    protocols: dict[str, Protocol], environment: Environment
) -> None:
    """A document's labels are held against those of the images, its other claims and its statements against runs."""
    documents = load_documents()
    runs = [
        make_run(protocol, seed=seed, environment=environment)
        for name, protocol in protocols.items()
        for seed in range(19)
        if name.startswith("tf1-")
    ]

    of_post = judge_document(documents["julia-blog"], records=[], protocols=protocols, labels={72: 7})
    of_notebook = judge_document(documents["tf1-notebook"], records=runs, protocols=protocols)

    decided = [finding.family for finding in of_post if finding.verdict is not Verdict.NOT_RUN]
    assert decided == ["julia-example-72.label"]
    assert {finding.runs for finding in of_notebook} == {19}
    assert Verdict.NOT_RUN not in {finding.verdict for finding in of_notebook}


ANY_CLAIM = st.sampled_from(
    [
        make_claim(),
        make_claim("0.1000", quantity="test-error", metric="error"),
        make_claim("0.9", quantity="accuracy-promise", metric="accuracy_promise"),
        make_claim("0.1", quantity="accuracy-target", metric="accuracy_target"),
        make_claim("0.5", quantity="rate.1", metric="learning_rate", unit="1", evaluation_set=None, period=1),
        *_curve(["0.8"]),
    ]
)
# Every number of a run, with at least one that is none.
BROKEN = st.lists(st.sampled_from([0.9, 0.91, math.nan, math.inf, -math.inf]), min_size=1, max_size=40).filter(
    lambda values: not np.isfinite(values).all()
)


def _runs_of(values: Sequence[float], make_record: MakeRecord) -> list[RunRecord]:
    return [
        make_record(
            experiment="tf1-basic",
            dataset="mnist",
            seed=seed,
            final_accuracy={"test": value},
            periods=(
                Period(step=1, learning_rate=value, loss={"validation": value}, accuracy={"validation": 0}, seconds=1),
            ),
        )
        for seed, value in enumerate(values)
    ]


@given(ANY_CLAIM, BROKEN)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_judge_claims_number_that_is_not_finite_reproduces_nothing(
    make_record: MakeRecord, claim: Claim, values: list[float]
) -> None:
    """Whatever the claim, a broken number among ours gives no verdict of success, and no error."""
    finding = _judge(claim, _runs_of(values, make_record))

    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.p is None


@given(ANY_CLAIM, st.floats(0, 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_judge_claims_one_run_or_none_reproduces_nothing(make_record: MakeRecord, claim: Claim, value: float) -> None:
    """Whatever the claim and the run, a single one never reproduces it, nor does none."""
    assert _judge(claim, _runs_of([value], make_record)).verdict is not Verdict.REPRODUCED
    assert _judge(claim, _runs_of([claim.value], make_record)).verdict is not Verdict.REPRODUCED
    assert _judge(claim, []).verdict is Verdict.NOT_RUN
