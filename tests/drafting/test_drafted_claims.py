"""Which printed numbers become claims, of which run, period, images and unit; the others have a reason."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from draft_forms import draft_log
from git_files import make_notebook

from mnist_repro.drafting.claims import OTHER_VALUE, VAGUER
from mnist_repro.drafting.draft import draft_file
from mnist_repro.drafting.series import AGAIN, UNFINISHED
from mnist_repro.errors import ReproError

pytest.importorskip("nbformat")


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        pytest.param({}, "test-loss.1 test-loss.2", id="the guess: counted from 0, running"),
        pytest.param({"first-period": "1"}, "test-loss.1", id="counted from 1: 0 is before training"),
        pytest.param({"training": "after"}, "training-loss.1 test-loss.1 training-loss.2 test-loss.2", id="after"),
        pytest.param({"set.score": "validation"}, "test-loss.1 test-loss.2", id="another set"),
    ],
)
def test_draft_answers_decide_what_is_claimed(answers: dict[str, str], found: str, tmp_path: Path) -> None:
    """Answers change periods, images, and whether a number is a claim."""
    text = "Epoch 0: train loss 0.5, test loss 0.6\nEpoch 1: train loss 0.4, test loss 0.5\nScore: 0.9\n"
    (tmp_path / "a.log").write_text(text)

    drafted = draft_file(tmp_path / "a.log", answers=answers)

    named = [f"{claim.quantity}.{claim.period}" for claim in drafted.claims if claim.period]
    final = [claim.quantity for claim in drafted.claims if not claim.period]
    assert named == found.split()
    assert final == [f"{answers.get('set.score', 'test')}-accuracy"]


def test_draft_of_training_values_alone_takes_them_for_measured(tmp_path: Path) -> None:
    """A file that prints nothing else is not left without a claim by a guess; the question is asked."""
    drafted = draft_log(tmp_path, "Epoch 1 cost= 0.5\nEpoch 2 cost= 0.4\n")

    assert [claim.quantity for claim in drafted.claims] == ["training-loss", "training-loss"]
    with pytest.raises(ReproError, match="no number that an experiment measures"):
        draft_log(tmp_path, "Epoch 1 cost= 0.5\nEpoch 2 cost= 0.4\n", training="running")


@pytest.mark.parametrize(
    ("printed", "unit", "printed_unit", "is_asked"),
    [
        pytest.param("Test accuracy: 0.97", "fraction", None, False, id="a fraction"),
        pytest.param("Test accuracy: 97.0%", "percent", None, False, id="percent"),
        pytest.param("Test accuracy: 97.0", "percent", None, True, id="percent without a sign"),
        pytest.param("Test accuracy: 0.97%", "fraction", "percent", True, id="a fraction with a percent sign"),
        pytest.param("Test error: 0.97%", "percent", None, True, id="a small error"),
        pytest.param("Test accuracy: 0.97\nTest error: 0.03%", "fraction", "percent", True, id="an error that makes 1"),
    ],
)
def test_draft_units_are_guessed_from_number_and_sign(
    printed: str, unit: str, printed_unit: str | None, *, is_asked: bool, tmp_path: Path
) -> None:
    """The number and its percent sign decide; where they disagree, it is asked."""
    drafted = draft_log(tmp_path, printed + "\n")
    asked = [question.key for question in drafted.questions if question.key.startswith("unit.")]

    assert (drafted.claims[-1].unit, drafted.claims[-1].printed_unit) == (unit, printed_unit)
    assert bool(asked) == is_asked


def test_draft_unfinished_bar_is_no_result(tmp_path: Path) -> None:
    """What a bar shows that had not ended is of no period."""
    done = "422/422 [====] - 13s 29ms/step - loss: 0.7 - val_loss: 0.3\n"
    drafted = draft_log(tmp_path, f"Epoch 1/2\n{done}Epoch 2/2\n237/422 [=>..] - ETA: 7s - loss: 0.6 - val_loss: 0.2\n")

    assert [(claim.quantity, claim.period, claim.printed) for claim in drafted.claims] == [
        ("validation-loss", 1, "0.3")
    ]
    assert drafted.not_claimed[UNFINISHED] == 2


def test_draft_line_printed_twice_is_claimed_once(tmp_path: Path) -> None:
    """Of two lines of a period the last counts, and the first has the reason."""
    line = "469/469 ━━━━━━━━━━━━━━━━━━━━ 9s 10ms/step - val_loss: {}\n"
    drafted = draft_log(tmp_path, f"Epoch 1/1\n{line.format('0.31')}{line.format('0.3')}")

    assert [(claim.line, claim.printed) for claim in drafted.claims] == [(3, "0.3")]
    assert drafted.not_claimed[AGAIN] == 1


@pytest.mark.parametrize(
    ("printed", "reason"),
    [pytest.param("97.1 %", VAGUER, id="the same, rounded"), pytest.param("96.1 %", OTHER_VALUE, id="another")],
)
def test_draft_of_two_results_alike_by_the_answers_says_whether_they_are(
    printed: str, reason: str, tmp_path: Path
) -> None:
    """A value that is dropped beside another of the same run and images is not called the same where it is not."""
    drafted = draft_log(tmp_path, f"Test accuracy: 0.9712\nAccuracy: {printed}\n", set__accuracy="test")

    assert [claim.printed for claim in drafted.claims] == ["0.9712"]
    assert drafted.not_claimed[reason] == 1


def test_draft_cells_out_of_order_belong_to_the_run_that_came_before_them(tmp_path: Path) -> None:
    """Which run a final number is of is said by the numbers of the cells, and not by their places."""
    printed = ["Test accuracy: 0.91\n", "Epoch 1 val loss: 0.5\n", "Epoch 1 val loss: 0.4\n", "Test accuracy: 0.92\n"]
    notebook = json.loads(make_notebook(*zip(("batch_size = 10", "batch_size = 20", "x", "x"), printed, strict=True)))
    for cell, number in zip(notebook["cells"], (2, 1, 3, 4), strict=True):
        cell["execution_count"] = number
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook))

    drafted = draft_file(tmp_path / "a.ipynb", answers={})

    runs = {claim.printed: claim.subject for claim in drafted.claims}
    assert runs == {"0.5": "a-1", "0.91": "a-1", "0.4": "a-2", "0.92": "a-2"}
    # In [2] stands first and ran second: its batch size is that of the second run.
    assert re.findall(r"batch_size=(\d+)", drafted.experiments_file) == ["20", "10"]
    assert drafted.by_hand[0].startswith("Cells ran in another order")


def test_draft_setting_beside_no_period_is_no_claim(tmp_path: Path) -> None:
    """A learning rate is claimed after a period, and excused in a listing of settings."""
    drafted = draft_log(tmp_path, "base_lr: 0.01\nEpoch 1 lr: 0.005\nEpoch 1 val loss: 0.5\n")

    assert [(claim.quantity, claim.period) for claim in drafted.claims] == [
        ("learning-rate", 1),
        ("validation-loss", 1),
    ]
    assert drafted.not_claimed["A setting: no period stands beside it."] == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("Words 0.5\n\n.. note::\n\n   More.\n\nIt prints::\n\n    Test accuracy: 0.9\n", "rst", id="rst"),
        pytest.param("Words: accuracy 5\n\n```\nTest accuracy: 0.9\n```\n", "markdown", id="Markdown"),
        pytest.param("<div>\n```\nTest accuracy: 0.9\n\n```\n</div>\n", "markdown", id="Markdown within HTML"),
    ],
)
def test_draft_text_with_marks_is_read_as_what_it_is(text: str, kind: str, tmp_path: Path) -> None:
    """Of a page whose name does not say its form, prose is not taken for output."""
    (tmp_path / "page.txt").write_text(text)

    drafted = draft_file(tmp_path / "page.txt", answers={})

    assert [claim.cell for claim in drafted.claims] == ["block 1"], kind


def test_draft_second_run_of_a_cell_is_another_experiment(tmp_path: Path) -> None:
    """Where periods are counted from the start again, a run begins."""
    run = "Epoch 1 val loss: 0.5\nEpoch 2 val loss: 0.4\nTest accuracy: 0.9\n"

    drafted = draft_log(tmp_path, run + run.replace("0.", "0.8"))

    assert [claim.subject for claim in drafted.claims] == ["a-1"] * 3 + ["a-2"] * 3
