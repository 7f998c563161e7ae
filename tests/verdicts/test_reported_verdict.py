"""A reported run gets the word that its exact place among ours allows, and no other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from made_up_claims import make_claim
from recorded_runs import CATALOGUE, ENVIRONMENTS, REFERENCE, choose_by, measure
from reference_judgement import adjust_families, adjust_runs, find_distances, find_p, print_number

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.reported_run import ReportedRun
from mnist_repro.verdicts.reported_verdict import judge_reported_runs
from mnist_repro.verdicts.run_verdict import RunVerdict

MakeRuns = Callable[..., list[RunRecord]]
MeasureThree = Callable[..., Measurements]
THREE = ("tf1-basic", "tf1-dropout-piecewise", "tf1-dropout-exponential")
DOCUMENTS = sorted(CATALOGUE.documents)
INSIDE, FAR = "0.9001", "0.7000"


@pytest.fixture
def measure_three(make_runs: MakeRuns) -> MeasureThree:
    """Return a function that makes as many runs of each of three experiments, or of some, with accuracies about 0.9."""

    def make(runs: int, *, made: Sequence[str] = THREE) -> Measurements:
        ours = 0.9 + 0.01 * np.random.default_rng(5).normal(size=(3, runs))
        return Measurements(
            run
            for name, values in zip(THREE, ours, strict=True)
            if name in made
            for run in make_runs(name, values.tolist())
        )

    return make


def judge_three(measured: Measurements, basic: str, *chosen_by: str) -> list[RunVerdict]:
    """Judge a document of three runs with one accuracy each: `basic`, and two that lie among ours."""
    printed = dict(zip(THREE, (basic, INSIDE, INSIDE), strict=True))
    claims = tuple(make_claim(text, experiment=name, id=f"{name}.test-accuracy") for name, text in printed.items())
    document = replace(CATALOGUE.documents["tf1-notebook"], claims=claims)
    protocols = choose_by(*chosen_by, protocols=CATALOGUE.protocols)
    return list(judge_reported_runs(document, measured=measured, protocols=protocols))


@pytest.mark.parametrize("made", [THREE, THREE[:1]], ids=["all three made", "one made alone"])
@pytest.mark.parametrize(
    ("printed", "runs", "word"),
    [
        pytest.param(INSIDE, 0, Verdict.NOT_RUN, id="no run"),
        pytest.param(FAR, 18, Verdict.INCONCLUSIVE, id="18 runs cannot tell"),
        pytest.param(INSIDE, 19, Verdict.CONSISTENT, id="19 runs could not refute one of three"),
        pytest.param(FAR, 19, Verdict.DOUBTFUL, id="19 runs, and far off"),
        pytest.param(INSIDE, 58, Verdict.CONSISTENT, id="58 runs could not refute"),
        pytest.param(FAR, 58, Verdict.DOUBTFUL, id="58 runs, and far off"),
        pytest.param(INSIDE, 59, Verdict.REPRODUCED, id="59 runs could refute"),
        pytest.param(FAR, 59, Verdict.NOT_REPRODUCED, id="59 runs, and far off"),
    ],
)
def test_judge_reported_runs_word_is_what_the_number_of_runs_allows(
    printed: str, runs: int, word: Verdict, made: Sequence[str], measure_three: MeasureThree
) -> None:
    """One of three runs is reproduced only with as many of ours as could have refuted it, whichever others we made."""
    found = judge_three(measure_three(runs, made=made), printed)[0]

    assert (found.word, found.runs) == (word, runs)
    assert found.named == (("tf1-basic.test-accuracy",) if word is Verdict.NOT_REPRODUCED else ())


def test_judge_reported_runs_refuted_run_eases_the_others(measure_three: MeasureThree) -> None:
    """Where one of three runs is refuted the two others have Holm's second step: a place more refutes them."""
    found = judge_three(measure_three(119), FAR)

    assert [verdict.refuting_place for verdict in found] == [2, 3, 3]
    assert [verdict.word for verdict in found] == [Verdict.NOT_REPRODUCED, Verdict.REPRODUCED, Verdict.REPRODUCED]


def test_judge_reported_runs_place_that_only_one_run_alone_would_have_is_doubtful(measure_three: MeasureThree) -> None:
    """With 200 runs places 1 to 3 refute, and 4 to 10 give a p of 5 % at most that adjustment makes larger."""
    measured, by_place = measure_three(200), {}
    for accuracy in np.linspace(0.9, 0.94, 81):
        verdict = judge_three(measured, f"{accuracy:.4f}")[0]
        by_place[round((verdict.p or 0) * 201)] = verdict.word

    expected = [
        Verdict.NOT_REPRODUCED if at <= 3 else Verdict.DOUBTFUL if at <= 10 else Verdict.REPRODUCED for at in by_place
    ]
    assert list(by_place.values()) == expected
    assert len(set(expected)) == 3


def test_judge_reported_runs_two_of_one_experiment_have_their_places_among_the_same_runs(
    measure_three: MeasureThree,
) -> None:
    """Shown twice, an experiment is two tests on the same of our runs: 39 refute one, and not the other."""
    claims = (make_claim(INSIDE), make_claim(FAR, id="again.test-accuracy", run="again"))
    document = replace(CATALOGUE.documents["tf1-notebook"], claims=claims)

    found = judge_reported_runs(document, measured=measure_three(39, made=THREE[:1]), protocols=CATALOGUE.protocols)

    assert [(each.reported.id, each.reported.experiment) for each in found] == [
        ("tf1-basic", "tf1-basic"),
        ("again", "tf1-basic"),
    ]
    assert [(each.word, each.runs, each.tests) for each in found] == [
        (Verdict.REPRODUCED, 39, 2),
        (Verdict.NOT_REPRODUCED, 39, 2),
    ]


def test_judge_reported_runs_what_chose_the_protocol_judges_nothing(measure_three: MeasureThree) -> None:
    """Its place is shown, it is no run of Holm's, and so 39 runs can refute the two others."""
    basic, *others = judge_three(measure_three(39), FAR, "tf1-basic.test-accuracy")

    assert (basic.word, basic.p, basic.families[0].p, basic.named) == (Verdict.CHOSE, None, Fraction(1, 40), ())
    assert {verdict.word for verdict in others} == {Verdict.REPRODUCED}


def test_judge_reported_runs_number_that_is_not_finite_decides_nothing(make_runs: MakeRuns) -> None:
    """A value that is not a number has no place, and no run is reproduced by it."""
    found = judge_three(Measurements(make_runs("tf1-basic", [0.9] * 60 + [math.nan])), INSIDE)[0]

    assert (found.word, found.p, found.families) == (Verdict.INCONCLUSIVE, None, ())


def judge(document: Document, *, environment: str = REFERENCE, most: int | None = None) -> dict[str, RunVerdict]:
    """Judge a document, or an altered one, by the records."""
    found = judge_reported_runs(document, measured=measure(environment, most=most), protocols=CATALOGUE.protocols)
    return {verdict.reported.experiment: verdict for verdict in found}


def alter(document: Document, family: tuple[Claim, ...], *, environment: str) -> Document:
    """Return the document with the mean and 100 standard deviations of our runs in place of each value of a family."""
    measured = measure(environment)
    far = {}
    for claim in family:
        ours = measured.of(claim).judged
        far[claim.id] = replace(claim, printed=repr(float(ours.mean() + 100 * ours.std(ddof=1))))
    return replace(document, claims=tuple(far.get(claim.id, claim) for claim in document.claims))


def alterations(run: ReportedRun) -> list[tuple[Claim, ...]]:
    """Return what is altered of a run: each family, and of each the point in its middle alone."""
    return [*run.families, *(family[len(family) // 2 :][:1] for family in run.families if len(family) > 1)]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_judge_reported_runs_reproduced_run_could_have_been_refuted(environment: str) -> None:
    """A value 100 standard deviations off is refuted wherever the value that was printed reproduces."""
    for document in CATALOGUE.documents.values():
        for experiment, verdict in judge(document, environment=environment).items():
            for family in alterations(verdict.reported):
                altered = judge(alter(document, family, environment=environment), environment=environment)[experiment]

                assert altered.p == Fraction(1, verdict.runs + 1)
                assert (verdict.word is not Verdict.REPRODUCED) or (altered.word is Verdict.NOT_REPRODUCED)
                if altered.word is Verdict.NOT_REPRODUCED:
                    assert family[0].family in altered.named


def read_values(verdict: RunVerdict, *, measured: Measurements) -> list[list[list[float]]]:
    """Return all runs, the document's first, printed as the document prints them, for the reference."""
    families = []
    for family in verdict.reported.families:
        decimals = max(claim.decimals for claim in family)
        columns = [[claim.value, *measured.of(claim).judged.tolist()] for claim in family]
        families.append([[print_number(value, decimals=decimals) for value in column] for column in columns])
    return [[[column[run] for column in family] for family in families] for run in range(verdict.runs + 1)]


def check_with_reference(document: Document, *, most: int | None = None) -> None:
    """Hold all p-values of a document against those of the plain implementation."""
    found = judge(document, most=most)
    distances = {
        name: find_distances(read_values(verdict, measured=measure(most=most))) for name, verdict in found.items()
    }

    p_values = {name: find_p(each, range(len(each[0]))) for name, each in distances.items()}
    families = adjust_families(distances)

    assert {name: verdict.p for name, verdict in found.items()} == p_values
    assert {name: verdict.adjusted_p for name, verdict in found.items()} == adjust_runs(p_values)
    for name, verdict in found.items():
        judged = verdict.families[: len(verdict.reported.families)]
        assert [each.p for each in judged] == [find_p(distances[name], [i]) for i in range(len(judged))]
        assert [each.adjusted_p for each in judged] == [families[name, i] for i in range(len(judged))]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_judge_reported_runs_agrees_with_the_plain_implementation(document: str) -> None:
    """Places, and both adjustments, are those of leaving out, printing and closed tests written out."""
    check_with_reference(CATALOGUE.documents[document])


@pytest.mark.parametrize("shifts", [(3.0, 0.0, 0.0), (3.0, 2.0, 0.0), (9.0, 9.0, 9.0), (2.5, 2.0, 2.0)], ids=str)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_judge_reported_runs_agrees_with_it_where_runs_are_off(document: str, shifts: tuple[float, ...]) -> None:
    """The same where some of a document's curves are off by some standard deviations."""
    original = CATALOGUE.documents[document]
    off = {}
    for verdict, shift in zip(judge(original).values(), shifts, strict=True):
        for claim in verdict.reported.families[0]:
            ours = measure().of(claim).judged
            off[claim.id] = replace(claim, printed=repr(float(ours.mean() + shift * ours.std(ddof=1))))

    check_with_reference(
        replace(original, claims=tuple(off.get(claim.id, claim) for claim in original.claims)), most=60
    )
