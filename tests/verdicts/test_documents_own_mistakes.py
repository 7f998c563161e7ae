"""What a document prints in the wrong unit, and labels, are held against the images and the number itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judging import judge, judge_all_of
from made_up_claims import make_claim

from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import Basis, Verdict

PROSE = make_claim("99.3", quantity="accuracy-in-the-text", unit="percent")
UNKNOWN_LABEL = "the label of this image in MNIST is not kept with the records"


def test_judge_claims_number_printed_in_the_wrong_unit_is_contradicted(runs: list[RunRecord]) -> None:
    """A fraction with a percent sign is contradicted, and its value is judged in words."""
    claim = make_claim("0.1000", quantity="test-error", metric="error", printed_unit="percent")

    finding = judge(claim, runs)

    same = judge(replace(claim, printed_unit=None), runs)
    assert same.verdict is Verdict.REPRODUCED
    assert finding.verdict is Verdict.CONTRADICTED
    assert finding.reason == f"a fraction, printed as percent; read as a fraction, it is reproduced: {same.reason}"
    assert finding.p == same.p


def test_judge_claims_wrong_unit_without_runs_is_not_run(runs: list[RunRecord]) -> None:
    """What was not run on MNIST gets no other verdict, whatever the document's units."""
    claim = make_claim("0.1000", quantity="test-error", metric="error", printed_unit="percent")
    on_stand_in = [replace(record, dataset="digits") for record in runs]

    assert judge(claim, on_stand_in).verdict is Verdict.NOT_RUN


@pytest.mark.parametrize(
    ("labels", "expected", "reason"),
    [
        pytest.param({72: 7}, Verdict.REPRODUCED, "training image 72 of MNIST is labelled 7", id="the same"),
        pytest.param({72: 1}, Verdict.NOT_REPRODUCED, "training image 72 of MNIST is labelled 1", id="another"),
        pytest.param({71: 7, 73: 7}, Verdict.NOT_RUN, UNKNOWN_LABEL, id="of other images"),
        pytest.param({}, Verdict.NOT_RUN, UNKNOWN_LABEL, id="none kept"),
    ],
)
def test_judge_claims_label_is_that_of_its_image(labels: dict[int, int], expected: Verdict, reason: str) -> None:
    """A label is compared with that of the same image, without any run; where that is not known, nothing is said."""
    claim = make_claim("7.0", experiment=None, metric="label", unit="1", evaluation_set=None, example=72)

    (finding,) = judge_all_of([claim], runs=[], labels=labels)

    assert (finding.verdict, finding.reason) == (expected, reason)
    assert (finding.runs, finding.runs_needed, finding.p, finding.adjusted_p) == (0, None, None, None)


def test_judge_claims_label_beside_runs_is_that_of_its_image(runs: list[RunRecord]) -> None:
    """A label that stands among an experiment's numbers is no measurement of its runs either."""
    claim = make_claim("7.0", quantity="label", metric="label", unit="1", evaluation_set=None, example=72)

    (finding,) = judge_all_of([claim], runs=runs, labels={72: 7})

    assert finding.verdict is Verdict.REPRODUCED


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("0.9913", Verdict.CONTRADICTED, id="rounds to less"),
        pytest.param("0.9927", Verdict.NOT_RUN, id="rounds to it"),
        pytest.param("0.9935", Verdict.NOT_RUN, id="may be rounded down"),
        pytest.param("0.9937", Verdict.CONTRADICTED, id="rounds to more"),
        pytest.param("0.9929999709129333", Verdict.NOT_RUN, id="a float32"),
    ],
)
def test_judge_claims_prose_is_held_against_the_documents_own_number(printed: str, expected: Verdict) -> None:
    """A text that says another number than its run printed is contradicted, by the more exact one and without a run."""
    output = make_claim(printed, line=7)

    prose, own = judge_all_of([PROSE, output], runs=[])

    assert (prose.verdict, own.verdict) == (expected, Verdict.NOT_RUN)
    assert (prose.reason == f"line 7 of the document prints the same number as {printed}") == (
        expected is Verdict.CONTRADICTED
    )


def test_judge_claims_error_in_the_text_is_held_against_the_accuracy(runs: list[RunRecord]) -> None:
    """An error is 1 minus the accuracy, in whichever unit either is printed; what agrees is no evidence of its own."""
    accuracy = make_claim("9012 / 10000", unit="images")
    errors = [make_claim(text, quantity=f"error-{text}", metric="error", unit="percent") for text in ("9.9", "9.8")]

    _, same, other = judge_all_of([accuracy, *errors], runs=runs)

    assert (same.basis, same.verdict) == (Basis.FACT, Verdict.REPRODUCED)
    assert (other.basis, other.verdict) == (Basis.ITSELF, Verdict.CONTRADICTED)
