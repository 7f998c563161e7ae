"""Claims, verdicts and outcomes as words, and any text is safe."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from made_up_claims import make_claim
from markdown_it import MarkdownIt

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.claim import Claim
from mnist_repro.records.environment import Environment
from mnist_repro.records.pooling import Reason
from mnist_repro.reporting.escaping import escape_markdown, show_unseen
from mnist_repro.reporting.wording.numbers import (
    format_environment,
    format_last,
    format_lines,
    format_made_with,
    format_one_run,
    format_places,
    format_sentence,
    format_subject,
    format_verdict,
    list_family_cells,
    list_remarks,
)
from mnist_repro.verdicts.document import Family
from mnist_repro.verdicts.finding import Finding, Verdict
from mnist_repro.verdicts.measured import Assessment, Judgement, Measured, Runs


def make_family(*judgements: Judgement, verdict: Verdict = Verdict.REPRODUCED, p: float | None = None) -> Family:
    """Return a family with a claim for each judgement, and a verdict."""
    measured = Runs([]).measure(make_claim())
    assessments = [Assessment(measured=measured, judgement=judgement, reason="") for judgement in judgements]
    finding = Finding(family="a-net.a-claim", verdict=verdict, reason="", runs=40, p=p, adjusted_p=p)
    return Family(assessments=tuple(assessments), finding=finding)


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        pytest.param(
            make_claim(metric="loss", unit="nat", evaluation_set="validation"), "validation loss", id="on a set"
        ),
        pytest.param(
            make_claim(metric="learning_rate", unit="1", evaluation_set=None), "learning rate", id="on no set"
        ),
    ],
)
def test_format_subject_claim_names_set_and_metric(claim: Claim, expected: str) -> None:
    """The set comes first where there is one."""
    assert expected == format_subject(claim)


def test_format_last_end_of_a_curve_says_so() -> None:
    """The last of ten points is the final value of a 10-point curve; a single value is just named."""
    claim = make_claim(metric="loss", unit="nat", evaluation_set="validation")

    assert format_last(claim, points=10) == "final validation loss (10-point curve)"
    assert format_last(claim, points=1) == "validation loss"


@pytest.mark.parametrize(
    "claim", [c for d in load_catalogue().documents.values() for c in d.claims], ids=lambda claim: claim.id
)
def test_format_subject_every_metric_has_a_name(claim: Claim) -> None:
    """Each claim of the documents has words for readers, without the code's underscores."""
    assert "_" not in format_subject(claim)


@pytest.mark.parametrize(
    ("judgements", "expected"),
    [
        pytest.param([Judgement.INSIDE], "inside", id="one inside"),
        pytest.param([Judgement.DIFFERENT], "different", id="one different"),
        pytest.param([Judgement.NOT_COMPARABLE], "", id="one without a place"),
        pytest.param([Judgement.INSIDE] * 10, "10 of 10 inside", id="all inside"),
        pytest.param(
            [Judgement.OUTSIDE, *[Judgement.INSIDE] * 9], "9 of 10 inside, 1 of 10 outside", id="one of ten outside"
        ),
        pytest.param([Judgement.EQUAL] * 3, "3 of 3 equal", id="rates"),
        pytest.param([Judgement.NOT_RUN] * 10, "", id="not run"),
        pytest.param([Judgement.INSIDE, Judgement.NOT_JUDGED], "1 of 1 inside", id="only one of two has a place"),
    ],
)
def test_format_places_points_are_counted_among_those_placed(judgements: list[Judgement], expected: str) -> None:
    """A single claim is not counted, and what has no place is not among the points of a curve."""
    assert expected == format_places(make_family(*judgements))


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        pytest.param(
            make_family(Judgement.INSIDE, p=0.4567), "reproduced (p = 0.46; inside)", id="with p-value and place"
        ),
        pytest.param(make_family(Judgement.INSIDE, p=1.0), "reproduced (p = 1.00; inside)", id="p-value of 1"),
        pytest.param(make_family(Judgement.EQUAL), "reproduced (equal)", id="where no chance is involved"),
        pytest.param(make_family(Judgement.NOT_RUN, verdict=Verdict.NOT_RUN), "not run", id="not run"),
        pytest.param(
            make_family(*[Judgement.OUTSIDE] * 2, verdict=Verdict.NOT_REPRODUCED, p=1 / 41),
            "not reproduced (p = 0.02; 2 of 2 outside)",
            id="curve",
        ),
        pytest.param(
            make_family(Judgement.INSIDE, verdict=Verdict.CONTRADICTED, p=0.63), "contradicted", id="contradicted"
        ),
    ],
)
def test_format_verdict_says_what_it_rests_on(family: Family, expected: str) -> None:
    """The p-value and the places stand behind the verdict, where there are any."""
    assert expected == format_verdict(family)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, "test accuracy", id="plain"),
        pytest.param({"at_best": "test"}, "test accuracy at its best", id="best period"),
        pytest.param({"at_best": "validation"}, "test accuracy at the best on validation", id="best of another set"),
        pytest.param(
            {"metric": "accuracy_promise", "at_least": True}, "test accuracy (stated) at least", id="least promised"
        ),
    ],
)
def test_format_subject_says_how_a_value_was_chosen(changes: dict[str, Any], expected: str) -> None:
    """What is no plain value of one run is named so."""
    assert format_subject(make_claim(**changes)) == expected


def test_list_family_cells_promise_stands_beside_our_runs() -> None:
    """A promise stands beside our mean and where one run lies, with how many runs keep it."""
    claim = make_claim("0.9", metric="accuracy_promise", evaluation_set="validation")
    measured = Measured(claim=claim, values=np.array([0.88, 0.89, 0.9]), on_mnist=np.ones(3, dtype=bool))
    assessment = Assessment(measured=measured, judgement=Judgement.NOT_JUDGED, reason="")
    finding = Finding(family="a-net.promise", verdict=Verdict.REPRODUCED, reason="kept by 75 % of our 20 runs", runs=3)

    subject, reported, mean, one_run, runs, verdict = list_family_cells(
        Family(assessments=(assessment,), finding=finding)
    )

    assert (subject, reported, one_run, runs) == ("validation accuracy (stated)", "90 %", "84.03 to 93.97 %", "3")
    assert mean.startswith("89.00 % (")
    assert verdict == "reproduced (kept by 75 % of our 20 runs)"


def test_format_one_run_times_end_at_quantiles() -> None:
    """One run of twenty on a busy machine does not take the range of one run below 0."""
    claim = make_claim("4.59", metric="seconds_per_period", unit="seconds", evaluation_set=None, period=1)
    on_mnist = np.ones(20, dtype=bool)
    measured = Measured(claim=claim, values=np.array([*[1.0] * 18, 1.02, 9.0]), on_mnist=on_mnist)

    low, _, high = format_one_run(measured).removesuffix(" s").partition(" to ")

    assert float(low) == 1
    assert 1 < float(high) < 9


def test_format_environment_names_what_decides_numbers(environment: Environment) -> None:
    """Versions of the libraries, the system and the processor stand in one line."""
    line = format_environment(environment)

    assert line == ("TensorFlow 2.19.1, Keras 3.10.0, NumPy 2.1.3, Python 3.11.9; Linux x86_64, A processor")


def read_cells(text: str) -> list[str]:
    """Return what a Markdown reader shows of a table row with two cells of `text`; fails on anything but text."""
    table = f"| a | b |\n|---|---|\n| {text} | {text} |\n\nthe end\n"
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(table)
    cells = [token.children or [] for token in tokens if token.type == "inline"]
    assert len(cells) == 2 + 2 + 1
    assert {child.type for cell in cells for child in cell} <= {"text"}
    return ["".join(child.content for child in cell) for cell in cells[2:4]]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a | b || c", id="pipes"),
        pytest.param("a\nb\r\nc\n\n# d", id="newlines"),
        pytest.param("<script>alert(1)</script> <b> </td> <!-- -->", id="html tags"),
        pytest.param("&lt;b&gt; &amp; &#124; &vert;", id="html entities"),
        pytest.param("`a` ``b` ```c", id="backticks"),
        pytest.param("[a](https://example.org) ![b](c.png) [d]: e <https://example.org>", id="links"),
        pytest.param("*a* **b** _c_ __d__", id="emphasis"),
        pytest.param("~a~ ~~b~~ ~~~c", id="tildes"),
        pytest.param("\\ \\| \\\\| \\` \\", id="backslashes"),
        pytest.param("ValueError: shapes (3, 784) | (10,) <class 'int'> `x_1`", id="an error's message"),
    ],
)
def test_escape_markdown_hostile_text_stays_text(text: str) -> None:
    """A Markdown reader shows the text itself, on one line, in its own cell."""
    assert read_cells(escape_markdown(text)) == [" ".join(text.split())] * 2


# Letters, figures, marks and signs of all languages: what control characters become is the reader's affair.
@given(
    st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="\ufffd") | st.sampled_from(" \n\t|\\`~"))
)
def test_escape_markdown_any_text_stays_text(text: str) -> None:
    """Whatever the text, a Markdown reader shows it and nothing else; what cannot be seen is spelled."""
    assert read_cells(escape_markdown(text)) == [show_unseen(" ".join(text.split()))] * 2


def test_escape_markdown_other_things_are_written_as_text() -> None:
    """What is no text, such as None where there is no reason, is escaped as it prints."""
    assert escape_markdown(None) == "None"
    assert escape_markdown(["a"]) == "\\['a'\\]"


def _make_result(**parts: Any) -> Any:
    """Return what stands for an environment's result: its remarks need no more."""
    return SimpleNamespace(**{"differing": {}, "left_out": {}, **parts})


def test_list_remarks_writes_neighbouring_lines_as_ranges() -> None:
    """Lines are named, with ranges where they follow each other, and each reason has a sentence."""
    left_out = {Reason.PROTOCOL: (1, 2, 3, 7, 9, 10), Reason.REPLACED: (12,)}

    assert list_remarks(_make_result(left_out=left_out), file="runs.jsonl") == [
        "runs.jsonl, lines 1 to 3, 7, 9 to 10: excluded, of another protocol than today's.",
        "runs.jsonl, line 12: excluded, replaced by a newer one of the same seed.",
    ]
    assert list_remarks(_make_result(), file="runs.jsonl") == []


def test_list_remarks_names_what_experiments_differ_in(environment: Environment) -> None:
    """One sentence has each fact that differs, its values and the experiments that have them; a line has the facts."""
    differing = {
        "TensorFlow": {"2.19.1": ["one", "two", "three"], "2.20.0": ["four"]},
        "flags": {"none": ["one"], '{"XLA_FLAGS": "1"}': ["two", "three", "four"]},
    }
    result = _make_result(differing=differing, environment=environment)

    (sentence,) = list_remarks(result, file="runs.jsonl")

    assert sentence == (
        "The experiments were not made alike: TensorFlow 2.19.1 in one, two and three, 2.20.0 in four; "
        'flags none in one, {"XLA_FLAGS": "1"} in two, three and four.'
    )
    assert format_made_with(result) == f"{format_environment(environment)}; experiments differ in TensorFlow and flags"
    assert format_made_with(_make_result(environment=environment)) == format_environment(environment)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((4,), "line 4"),
        ((171, 173), "lines 171, 173"),
        ((319, 320, 321, 400), "lines 319 to 321, 400"),
        ((545, 367), "lines 545, 367"),
    ],
)
def test_format_lines_neighbours_are_a_range(lines: tuple[int, ...], expected: str) -> None:
    """Lines that follow each other are named by the first and the last, in the order that is given."""
    assert format_lines(lines) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("the same float32 numbers", "The same float32 numbers."), ("It is so.", "It is so."), ("", ".")],
)
def test_format_sentence_begins_large_and_ends(text: str, expected: str) -> None:
    """Words become a sentence, and a sentence stays one."""
    assert format_sentence(text) == expected
