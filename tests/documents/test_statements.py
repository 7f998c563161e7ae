"""Statements, comparisons and explanations are read as they stand in `claims.toml`; what breaks a rule is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.document import Document, labelled_examples, load_document
from mnist_repro.documents.explanation import Explanation
from mnist_repro.documents.statement import ImageRange, Statement
from mnist_repro.errors import ReproError

SMALL = """\
id = "small"
title = "A small document"
file = "small.txt"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

[statement.comment]
experiments = ["net", "deep-net"]
lines = [3, 9]
says = "A comment: batches of 5."
batch_size = 5

[statement.range]
experiments = ["net"]
lines = [4]
says = "Validation is on 7 to 9."
images = { evaluation_set = "validation", source = "train", first = 7, last = 9 }

[statement.list]
experiments = ["net"]
lines = [5]
says = "A list of training accuracies."
trained_on = "validation"

[comparison.deep-beats-shallow]
greater = "deep-net.accuracy"
smaller = "net.accuracy"
says = "The deep one is better."

[comparison.time]
ratio_of = "deep-net.time"
to = "net.time"
says = "The deep one takes longer."
note = "By a clock."

[quantity.accuracy]
metric = "accuracy"
unit = "fraction"
evaluation_set = "validation"

[quantity.loss]
metric = "loss"
unit = "nat"

[quantity.time]
metric = "total_seconds"
unit = "seconds"
cut = true

[quantity.label]
metric = "label"
unit = "1"

[[group]]
experiment = "net"
cell = "In [1]"
claims.accuracy = [{ line = 11, printed = "0.90" }]
claims.loss = [{ period = 1, line = 10, printed = "0.50" }]
claims.time = [{ line = 12, printed = "00:44" }]

[[group]]
experiment = "deep-net"
cell = "In [2]"
claims.accuracy = [{ line = 21, printed = "0.92" }]
claims.time = [{ line = 22, printed = "01:07" }]

[[group]]
about = "example"
cell = "Out[3]"
claims.label = [{ line = 31, printed = "7", example = 72 }]

[[explanation]]
family = "net.loss"
date = 2025-01-31
variant = "net+relu"
text = "It was ReLU."

[output]
regions = [{ cell = "In [1]", first_line = 10, last_line = 12 }]
not_claims = []
"""


def _load(folder: Path, text: str = SMALL) -> Document:
    (folder / "claims.toml").write_text(text, encoding="utf-8")
    return load_document(folder)


def test_load_document_statements_have_their_rules(tmp_path: Path) -> None:
    """Each statement says where it stands, what it is about, and by which rule it is judged."""
    comment, images, trained = _load(tmp_path).statements

    assert comment == Statement(
        id="small.comment",
        document="small",
        experiments=("net", "deep-net"),
        lines=(3, 9),
        says="A comment: batches of 5.",
        rule="batch_size",
        value=5,
    )
    assert images.value == ImageRange(evaluation_set="validation", source="train", first=7, last=9)
    assert (trained.rule, trained.value) == ("trained_on", "validation")


def test_load_document_comparisons_hold_their_claims(tmp_path: Path) -> None:
    """A comparison has the two claims themselves, so that numbers and lines have one home."""
    ordering, ratio = _load(tmp_path).comparisons

    assert (ordering.id, ordering.kind, ordering.lines) == ("small.deep-beats-shallow", "ordering", (21, 11))
    assert (ordering.first.printed, ordering.second.printed) == ("0.92", "0.90")
    assert ordering.experiments == ("deep-net", "net")
    assert (ratio.kind, ratio.first.value, ratio.second.value, ratio.note) == ("ratio", 67.0, 44.0, "By a clock.")


def test_load_document_explanation_has_its_date(tmp_path: Path) -> None:
    """An explanation is what was written, when, and by which variant."""
    assert _load(tmp_path).explanations == (
        Explanation(family="net.loss", date=date(2025, 1, 31), variant="net+relu", text="It was ReLU."),
    )


def test_claim_limits_cut_number_lies_above_its_print(tmp_path: Path) -> None:
    """Digits that were cut leave the number between its print and one unit more; rounded ones, half a unit around."""
    ordering, ratio = _load(tmp_path).comparisons

    assert ratio.first.limits == (67.0, 68.0)
    assert ordering.first.limits == pytest.approx((0.915, 0.925))


def test_labelled_examples_are_those_of_all_documents(tmp_path: Path) -> None:
    """Each image whose label is reported is named once, in order."""
    document = _load(tmp_path)

    assert labelled_examples([document, document]) == (72,)
    assert labelled_examples([]) == ()


@pytest.mark.parametrize(
    ("old", "new", "place", "rule"),
    [
        pytest.param("[statement.comment]", "[statement.Comment]", "statement.Comment", "lower-case", id="capitals"),
        pytest.param('experiments = ["net", "deep-net"]\n', "", "statement.comment", "needs experiments", id="of none"),
        pytest.param("lines = [3, 9]", "lines = []", "statement.comment", "array of line numbers", id="no lines"),
        pytest.param(
            "lines = [3, 9]",
            "lines = [true]",
            "statement.comment.lines, entry 1",
            "whole number from 1",
            id="odd lines",
        ),
        pytest.param("batch_size = 5\n", "", "statement.comment", "exactly one rule", id="no rule"),
        pytest.param(
            "batch_size = 5", 'batch_size = 5\ntrained_on = "a"', "statement.comment", "exactly one", id="two rules"
        ),
        pytest.param(
            "batch_size = 5", 'optimizer = "Momentum"', "statement.comment.optimizer", "one of SGD, SGD with", id="kind"
        ),
        pytest.param("batch_size = 5", "batch_size = 0", "statement.comment", "whole number from 1", id="no images"),
        pytest.param(
            'source = "train"', 'source = "both"', "statement.range.images.source", "one of train, test", id="source"
        ),
        pytest.param("last = 9", "last = 6", "statement.range", "last must be at least first, 7", id="backward range"),
        pytest.param('smaller = "net.accuracy"\n', "", "comparison.deep-beats", "either greater and", id="half a pair"),
        pytest.param(
            'ratio_of = "deep-net.time"', 'greater = "deep-net.time"', "comparison.time", "either greater", id="mixed"
        ),
        pytest.param(
            'to = "net.time"', 'to = "net.times"', "comparison.time, to", "Received: 'net.times'. Ids: ", id="no claim"
        ),
        pytest.param(
            'to = "net.time"', 'to = "net.loss.1"', "comparison.time, to", "without `period`", id="point of a curve"
        ),
        pytest.param(
            'to = "net.time"', 'to = "example.label"', "comparison.time, to", "of a whole run", id="claim of no run"
        ),
        pytest.param(
            'to = "net.time"', 'to = "net.accuracy"', "comparison.time", "of one metric and unit", id="other metric"
        ),
        pytest.param('"00:44"', '"00:00"', "comparison.time", "more than 0", id="ratio to nothing"),
        pytest.param('"0.92"', '"0.90"', "comparison.deep-beats-shallow", "as the greater number", id="not greater"),
        pytest.param(
            'family = "net.loss"',
            'family = "net.loss.1"',
            "explanation, entry 1",
            "without its period",
            id="explained point",
        ),
        pytest.param(
            'family = "net.loss"',
            'family = "example.label"',
            "explanation, entry 1",
            "claims of a run",
            id="explained fact",
        ),
        pytest.param(
            'variant = "net+relu"',
            'variant = "deep-net+relu"',
            "explanation, entry 1",
            "experiment of the family: net",
            id="n",
        ),
        pytest.param(
            'variant = "net+relu"', 'variant = "relu"', "explanation, entry 1", "id of a variant", id="no variant"
        ),
        pytest.param(
            "date = 2025-01-31", 'date = "2025-01-31"', "explanation, entry 1", "without quotes", id="quoted date"
        ),
        pytest.param("date = 2025-01-31\n", "", "explanation, entry 1", "needs date", id="no date"),
        pytest.param(", example = 72", "", "claims.label, entry 1", "stands with each label", id="label of no image"),
        pytest.param(
            'line = 11, printed = "0.90"',
            'line = 11, printed = "0.90", example = 3',
            "claims.accuracy, entry 1",
            "stands with each label and with nothing else",
            id="accuracy of one image",
        ),
        pytest.param("cut = true", "at_least = true", "quantity.time", "is of an accuracy_promise", id="least time"),
        pytest.param(
            'unit = "nat"', 'unit = "nat"\nat_best = "validation"', "claims.loss, entry 1", "at_best", id="best point"
        ),
        pytest.param("cut = true", 'at_best = "validation"', "claims.time, entry 1", "at_best", id="best time"),
        pytest.param("cut = true", 'cut = "yes"', "quantity.time", "true or false", id="cut in words"),
    ],
)
def test_load_document_broken_rule_names_place_rule_and_remedy(
    tmp_path: Path, *, old: str, new: str, place: str, rule: str
) -> None:
    """Each broken rule is refused with the file, the entry, the rule, what was received and what to do."""
    assert old in SMALL

    with pytest.raises(ReproError) as caught:
        _load(tmp_path, SMALL.replace(old, new, 1))

    message = str(caught.value)
    assert message.startswith(str(tmp_path / "claims.toml"))
    assert place in message
    assert rule in message
    assert any(word in message for word in ("Received", "Known"))
    assert any(word in message for word in ("Correct", "Add", "Keep", "Name", "Rename"))


def test_load_document_id_of_a_claim_for_a_statement_is_refused(tmp_path: Path) -> None:
    """Whatever gets a verdict has an id of its own."""
    text = SMALL.replace('id = "small"', 'id = "net"', 1).replace("[statement.comment]", "[statement.time]", 1)

    with pytest.raises(ReproError, match=r"ids are unique. Received twice: net\.time"):
        _load(tmp_path, text)


def test_package_times_of_tqdm_are_cut() -> None:
    """The notebook's total times are what is left of a time without its fraction of a second."""
    claims = load_catalogue().documents["tf1-notebook"].claims

    assert {claim.cut for claim in claims if claim.metric == "total_seconds"} == {True}
    assert {claim.cut for claim in claims if claim.metric != "total_seconds"} == {False}
