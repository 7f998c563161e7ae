"""What a document prints falls into runs, and ours are printed as it prints them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up_claims import make_claim
from recorded_runs import choose_by

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.verdicts.reported_run import ReportedRun, find_printing, list_reported_runs

LINEAR = ("validation-loss", "validation-accuracy")
NOTEBOOK = ("validation-loss", "validation-accuracy", "test-accuracy")


def list_families(run: ReportedRun) -> list[str]:
    """Return the ids of the families that judge a run, without its experiment's."""
    return [family[0].family.removeprefix(f"{run.experiment}.") for family in run.families]


def test_list_reported_runs_of_the_package_are_three_in_each_document(protocols: dict[str, Protocol]) -> None:
    """Each experiment is one run, in whichever cells it is printed; an error is no family beside its accuracy."""
    found = {
        run.experiment: (list_families(run), dict(run.derived))
        for document in load_catalogue().documents.values()
        for run in list_reported_runs(document, protocols=protocols)
    }

    assert found == {
        "julia-linear-lr0.02": ([*LINEAR], {}),
        "julia-linear-lr0.003": ([*LINEAR], {}),
        "julia-mlp-100x100": ([*LINEAR, "test-accuracy"], {}),
        **{
            name: ([*families], {f"{name}.test-error": f"{name}.test-accuracy"})
            for name, families in (
                # Its validation curves chose the validation set.
                ("tf1-basic", ("test-accuracy",)),
                ("tf1-dropout-piecewise", NOTEBOOK),
                ("tf1-dropout-exponential", NOTEBOOK),
            )
        },
    }


def list_runs(*claims: Claim, protocols: dict[str, Protocol]) -> tuple[ReportedRun, ...]:
    """Return the runs of a document that makes these claims."""
    document = replace(next(iter(load_catalogue().documents.values())), claims=claims)
    assert isinstance(document, Document)
    return list_reported_runs(document, protocols=protocols)


def make_point(period: int, **changes: str) -> Claim:
    """Return a point of a curve of accuracies on the validation set."""
    named = {"quantity": f"curve.{period}", "evaluation_set": "validation", **changes}
    return make_claim(period=period, **named)


def test_list_reported_runs_final_value_is_the_end_of_its_curve(protocols: dict[str, Protocol]) -> None:
    """A final accuracy says nothing beside the curve on the same images, even where it is claimed first."""
    end = make_claim(quantity="final", evaluation_set="validation")
    points = [make_point(period) for period in (9, 10)]

    (whole,) = list_runs(end, *points, protocols=protocols)
    (open_,) = list_runs(end, points[0], protocols=protocols)
    (other,) = list_runs(replace(end, evaluation_set="test"), *points, protocols=protocols)

    assert (list_families(whole), dict(whole.derived)) == (["curve"], {"tf1-basic.final": "tf1-basic.curve"})
    assert (list_families(open_), list_families(other)) == (["final", "curve"], ["final", "curve"])


def test_list_reported_runs_curve_printed_twice_counts_once(protocols: dict[str, Protocol]) -> None:
    """Of a second print of a curve only the points count that the first has not; an error alone is a family."""
    first = [make_point(period) for period in (1, 2, 3)]
    again = [make_point(period, quantity=f"again.{period}") for period in (3, 4)]
    error = make_claim("0.1", quantity="error", metric="error")

    (run,) = list_runs(*first, *again, error, protocols=protocols)

    assert [claim.id for claim in run.claims] == [
        *(f"tf1-basic.curve.{i}" for i in (1, 2, 3)),
        *("tf1-basic.again.4", "tf1-basic.error"),
    ]


@pytest.mark.parametrize(
    ("printed", "is_contradicted"), [("0.93", False), ("0.94", True)], ids=["of the curve", "of no point"]
)
def test_list_reported_runs_best_value_is_a_function_of_a_whole_curve(
    protocols: dict[str, Protocol], printed: str, *, is_contradicted: bool
) -> None:
    """Where every point of a curve is printed, so is its best: it is no evidence, and may contradict it."""
    points = [make_point(period, printed=f"0.9{period % 4}") for period in range(1, 11)]
    best = make_claim(printed, quantity="best", evaluation_set="validation", at_best="validation")

    (whole,) = list_runs(*points, best, protocols=protocols)
    (part,) = list_runs(*points[:9], best, protocols=protocols)

    assert (list_families(whole), dict(whole.derived)) == (["curve"], {"tf1-basic.best": "tf1-basic.curve"})
    assert dict(whole.contradicted) == ({"tf1-basic.best": (best, points[2])} if is_contradicted else {})
    assert (list_families(part), dict(part.derived)) == (["curve", "best"], {})
    # Of an experiment that is not known, no curve is whole.
    assert [list_families(run) for run in list_runs(*points, best, protocols={})] == [["curve", "best"]]


def test_list_reported_runs_what_chose_the_protocol_is_no_family(protocols: dict[str, Protocol]) -> None:
    """Values that were used to choose a reconstruction are kept apart; times and rates are of no run that is judged."""
    rate = make_claim("0.5", quantity="rate", metric="learning_rate", unit="1", evaluation_set=None)

    chosen = choose_by("tf1-basic.curve", protocols=protocols)

    (run,) = list_runs(make_point(1), make_claim(), rate, protocols=chosen)

    assert list_families(run) == ["test-accuracy"]
    assert [claim.id for family in run.chose for claim in family] == ["tf1-basic.curve.1"]
    assert list_runs(rate, protocols=protocols) == ()


@pytest.mark.parametrize(
    ("printed", "cut", "values", "expected"),
    [
        pytest.param("0.89", False, [0.8851, 0.8949, -0.8949], [0.89, 0.89, -0.89], id="two digits"),
        pytest.param("0.89", True, [0.8999, 0.89, 0.29, -0.8999], [0.89, 0.89, 0.29, -0.89], id="two digits, cut off"),
        pytest.param("89", False, [88.5001, 89.4], [89.0, 89.0], id="whole"),
        pytest.param("8.9e2", False, [884.0, 886.0], [880.0, 890.0], id="tens"),
        pytest.param("8.9e-3", False, [0.00884, 0.00886], [0.0088, 0.0089], id="an exponent"),
        pytest.param("1.5077540435312957", False, [0.1, 2 / 3], [0.1, 2 / 3], id="all digits"),
    ],
)
def test_printing_prints_as_the_claim_is_printed(
    printed: str, values: list[float], expected: list[float], *, cut: bool
) -> None:
    """Digits are rounded or cut off where the claim's are; to print twice is to print once."""
    printing = find_printing([[make_claim(printed, cut=cut)]])

    once = printing(np.array(values)[:, None])

    assert once[:, 0] == pytest.approx(expected, rel=1e-15)
    assert np.array_equal(printing(once), once)


def test_printing_of_a_curve_has_the_digits_of_its_longest_point() -> None:
    """A point that prints 0.8 among others of three digits had two zeros more; another family has its own digits."""
    curve = [make_claim(text, quantity=f"curve.{i}", period=i) for i, text in enumerate(("0.766", "0.8"), 1)]

    printing = find_printing([curve, [make_claim("0.9")]])

    assert printing(np.array([0.7664, 0.8126, 0.93])) == pytest.approx([0.766, 0.813, 0.9])
