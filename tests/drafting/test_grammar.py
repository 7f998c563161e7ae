"""One grammar reads a line of each printed form, and says of each of its digits what it is."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from mnist_repro.drafting.grammar import parse_line

BAR = "[==============================]"


@pytest.mark.parametrize(
    ("printed", "marker", "values"),
    [
        pytest.param(
            f"60000/60000 {BAR} - 2s - loss: 0.25 - acc: 0.92",
            (None, None),
            ["loss - 0.25", "accuracy - 0.92"],
            id="Keras 1",
        ),
        pytest.param(
            f"60000/60000 {BAR} - 7s 109us/sample - loss: 2.25 - val_loss: 2.2 - val_accuracy: 0.3",
            (None, None),
            ["loss - 2.25", "loss validation 2.2", "accuracy validation 0.3"],
            id="Keras 2",
        ),
        pytest.param(
            "469/469 ━━━━━━━━━━━━━━━━━━━━ 9s 10ms/step - accuracy: 0.85 - val_loss: 0.13",
            (None, None),
            ["accuracy - 0.85", "loss validation 0.13"],
            id="Keras 3",
        ),
        pytest.param(
            "166s - loss: 0.75 - val_acc: 0.9", (None, None), ["loss - 0.75", "accuracy validation 0.9"], id="verbose 2"
        ),
        pytest.param("Test loss: 0.0239", (None, None), ["loss test 0.0239"], id="Keras's end"),
        pytest.param(
            "{'accuracy': 0.918, 'global_step': 1000, 'loss': 0.286}",
            (None, None),
            ["accuracy - 0.918", "loss - 0.286"],
            id="a dictionary",
        ),
        pytest.param(
            "INFO:tensorflow:loss = 0.34, step = 101 (0.167 sec)", (None, 101), ["loss - 0.34"], id="an estimator"
        ),
        pytest.param("Epoch: 0001 cost= 1.18", (1, None), ["loss - 1.18"], id="hand-written"),
        pytest.param(
            "Step 100, Minibatch Loss= 462.8, Training Accuracy= 0.86",
            (None, 100),
            ["loss batch 462.8", "accuracy training 0.86"],
            id="a mini-batch",
        ),
        pytest.param(
            "0 Batch accuracy: 0.9 Val accuracy: 0.91",
            (0, None),
            ["accuracy batch 0.9", "accuracy validation 0.91"],
            id="a bare number leads",
        ),
        pytest.param(
            "Epoch: 5 \tValidation accuracy: 95.98% \tLoss: 0.15",
            (5, None),
            ["accuracy validation 95.98%", "loss - 0.15"],
            id="percent and fraction",
        ),
        pytest.param(
            "Test set: Average loss: 0.06, Accuracy: 9801/10000 (98.01%)",
            (None, None),
            ["loss test 0.06", "accuracy test 9801/10000images"],
            id="a count with a percentage",
        ),
        pytest.param(
            "Misclassified on test data: 216 of 10,000",
            (None, None),
            ["error test 216 of 10,000images"],
            id="wrong ones",
        ),
        pytest.param("accuracy after 500/1000 steps", (None, None), ["accuracy - 500"], id="steps are no images"),
        pytest.param("Read 9542/10000", (None, None), [], id="a count of something else"),
        pytest.param("accuracy: 1:30", (None, None), [], id="a time of day"),
        pytest.param("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.46", (1, 0), ["loss training 2.46"], id="images so far"),
        pytest.param("Epoch: 001/010 | Batch 050/234 | Cost: 0.79", (1, 50), ["loss - 0.79"], id="bars between"),
        pytest.param("│    test_acc    │    0.9863    │", (None, None), ["accuracy test 0.9863"], id="a box"),
        pytest.param(
            "epoch:01 train_loss:0.8 val_accuracy:0.82",
            (1, None),
            ["loss training 0.8", "accuracy validation 0.82"],
            id="no blanks",
        ),
        pytest.param("INFO:root:Epoch[9] Train-accuracy=0.97", (9, None), ["accuracy training 0.97"], id="MXNet"),
        pytest.param("I1203 solver.cpp:111] Test score #0: 0.97", (None, None), ["accuracy test 0.97"], id="Caffe"),
        pytest.param("I1203 solver.cpp:111] Test score #1: 0.06", (None, None), ["loss test 0.06"], id="Caffe's loss"),
        pytest.param(
            "I1009 17:56:42.674334 3280981 train.py:175] epoch: 10, test_accuracy: 99.25",
            (10, None),
            ["accuracy test 99.25"],
            id="absl",
        ),
        pytest.param(
            "2019-01-02 12:00:00,123 - INFO - epoch 3 - val loss 0.123",
            (3, None),
            ["loss validation 0.123"],
            id="a log with a date",
        ),
        pytest.param("Training set accuracy 0.84", (None, None), ["accuracy training 0.84"], id="JAX"),
        pytest.param("Iteration 1, loss = 0.32", (None, 1), ["loss - 0.32"], id="scikit-learn"),
        pytest.param(
            "epoch 73, minibatch 83/83, validation error 7.5 %", (73, 83), ["error validation 7.5%"], id="Theano"
        ),
        pytest.param("Epoch 28: 9542 / 10000", (28, None), ["accuracy - 9542 / 10000images"], id="a count alone"),
        pytest.param("  validation accuracy:\t\t88.78 %", (None, None), ["accuracy validation 88.78%"], id="Lasagne"),
        pytest.param(
            "Minibatch: 500, Loss: 0.27, Error: 7.81%", (None, 500), ["loss - 0.27", "error - 7.81%"], id="CNTK"
        ),
        pytest.param(
            "   2 train loss:  1.5 test acc: 60.7%", (2, None), ["loss training 1.5", "accuracy test 60.7%"], id="Rust"
        ),
        pytest.param("learning rate: 1e-3", (None, None), ["learning_rate - 1e-3"], id="an exponent"),
        pytest.param(
            "eval epoch: 3, loss: 0.03, accuracy: 98.7",
            (3, None),
            ["loss validation 0.03", "accuracy validation 98.7"],
            id="a set before the marker",
        ),
        pytest.param(
            "Epoch: 002/010 | Train: 96.8%", (2, None), ["accuracy training 96.8%"], id="a set alone, percent"
        ),
        pytest.param("Epoch: 002/010 | Train: 96.8", (2, None), [], id="a set alone"),
        pytest.param("> 2 train loss: 1.5", (2, None), ["loss training 1.5"], id="a quoted line"),
        pytest.param("acc: 0.5711.594", (None, None), [], id="a number that another covers in part"),
        pytest.param("best validation score of 7.5 %", (None, None), [], id="the best of many"),
        pytest.param("Initial loss= 2.3", (None, None), [], id="before training"),
        pytest.param("Training epoch 0, cost is  -90.65", (0, None), ["loss training -90.65"], id="words between"),
        pytest.param("Label: 1.0", (None, None), [], id="a name that is not known"),
    ],
)
def test_parse_line_reads_marker_and_pairs(
    printed: str, marker: tuple[int | None, int | None], values: list[str]
) -> None:
    """Epoch, step, and each number with its metric and its images are read."""
    line = parse_line(printed, number=1)
    found = [
        f"{m.metric} {m.evaluation_set or ('batch' if m.mini_batch else '-')} {v.text}{v.unit}"
        for v in line.values
        if (m := v.meaning) and m.metric
    ]

    assert (line.epoch, line.step, found) == (*marker, values)


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("0123456789 .:/%|[]=-eEsf"), max_size=80))
def test_parse_line_of_anything_says_of_every_digit_what_it_is(printed: str) -> None:
    """No ASCII digit is left over, and none is said twice to be something."""
    line = parse_line(printed, number=1)
    spans = [(value.start, value.stop) for value in line.values] + [(start, stop) for start, stop, _ in line.excused]
    covered = [column for start, stop in spans for column in range(start, stop)]

    assert {i for i, letter in enumerate(printed) if letter.isdigit() and letter.isascii()} <= set(covered)


def test_parse_line_of_a_very_long_line_reads_nothing() -> None:
    """A line that is longer than results are is excused, digit by digit."""
    line = parse_line("accuracy: 0.9 " * 100, number=1)

    assert line.values == []
    assert {reason for *_, reason in line.excused} == {"In a line that is longer than results are."}
