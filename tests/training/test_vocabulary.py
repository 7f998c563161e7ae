"""What the documents of the atlas declare beyond the first two is trained as the reference does it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import reference
from training_protocols import STEPS, load_short, with_training

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.layers import Constant, Normal, Uniform
from mnist_repro.documents.losses import L2, Loss
from mnist_repro.documents.optimizers import Adadelta, ConstantRate, GradientDescent, Optimizer, RMSprop
from mnist_repro.documents.protocol import ImageSlice, Protocol, RunningMeans
from mnist_repro.training.randomness import draw_initial_values

pytest.importorskip("tensorflow")
from comparison import Comparison

from mnist_repro.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("single_thread")

_TOLERANCE = 1e-4
_RATE = ConstantRate(rate=0.05)


@pytest.fixture(scope="module")
def comparison(random_images: Dataset) -> Comparison:
    """Return what compares the trainer with the reference; it keeps what was trained."""
    return Comparison(random_images)


def _small(optimizer: Optimizer | None = None, *, loss: Loss | None = None, hidden: Any = "tanh") -> Protocol:
    """Return a network 784-5-10 on 65 images in batches of 20."""
    protocol = load_short("tf1-basic")
    loss = loss or Loss()
    small = Normal(standard_deviation=0.1)
    first, last = (replace(layer, weights=small, biases=small) for layer in protocol.layers)
    return replace(
        with_training(
            protocol, images=ImageSlice(source="train", start=100, stop=165), batch_size=20, restart_each_period=False
        ),
        layers=(replace(first, units=5, activation=hidden), replace(last, activation=loss.activation)),
        loss=loss,
        optimizer=optimizer or GradientDescent(learning_rate=_RATE),
    )


_RMSPROP = RMSprop(learning_rate=_RATE, decay=0.9, epsilon=1e-3, epsilon_in_root=True)
_MOMENTUM = GradientDescent(learning_rate=_RATE, momentum=0.9)
_CASES = {
    "momentum": (_small(_MOMENTUM), _small()),
    "Nesterov's momentum": (_small(replace(_MOMENTUM, nesterov=True)), _small(_MOMENTUM)),
    "RMSprop, epsilon in the root": (_small(_RMSPROP), _small(replace(_RMSPROP, epsilon_in_root=False))),
    "RMSprop, epsilon out of the root": (_small(replace(_RMSPROP, epsilon_in_root=False)), _small(_RMSPROP)),
    "Adadelta": (
        _small(Adadelta(learning_rate=ConstantRate(rate=1.0), decay=0.95, epsilon=1e-6)),
        _small(Adadelta(learning_rate=ConstantRate(rate=1.0), decay=0.95, epsilon=1e-7)),
    ),
    "summed loss": (_small(loss=Loss(summed=True)), _small()),
    "divided loss": (_small(loss=Loss(divisor=10.0)), _small()),
    "softmax twice": (_small(loss=Loss(kind="softmax twice")), _small()),
    "cross entropy per class": (_small(loss=Loss(kind="cross entropy per class")), _small(loss=Loss(kind="quadratic"))),
    "quadratic": (_small(loss=Loss(kind="quadratic")), _small(loss=Loss(kind="quadratic", divisor=1.01))),
    "identity": (_small(hidden="identity"), _small()),
    "penalty of weights": (
        _small(loss=Loss(penalty=L2(factor=0.1, of="weights", reported=False))),
        _small(loss=Loss(penalty=L2(factor=0.1, of="weights and biases", reported=False))),
    ),
    "penalty of all": (
        _small(loss=Loss(penalty=L2(factor=0.1, of="weights and biases", reported=True))),
        _small(loss=Loss(penalty=L2(factor=0.05, of="weights and biases", reported=True))),
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_train_steps_ten_steps_are_the_references_alone(comparison: Comparison, name: str) -> None:
    """After ten steps every variable is where the reference has it, and not where the next best declaration would."""
    protocol, other = _CASES[name]

    assert comparison.disagreement(protocol) < _TOLERANCE
    assert comparison.disagreement(protocol, believed=other) > 5 * _TOLERANCE


def test_train_steps_large_step_is_compiled_otherwise_and_the_same(comparison: Comparison) -> None:
    """A step of many multiplications, which XLA does not compile, has momentum and a penalty too."""
    protocol = load_short("tf1-basic")
    loss = Loss(penalty=L2(factor=0.01, of="weights", reported=False))

    assert comparison.disagreement(replace(protocol, optimizer=_MOMENTUM, loss=loss)) < _TOLERANCE


@pytest.mark.parametrize("weighted", [True, False], ids=["by images", "alike"])
@pytest.mark.parametrize("reported", [True, False], ids=["with penalty", "without penalty"])
def test_train_running_means_are_those_of_the_batches(
    random_images: Dataset, *, weighted: bool, reported: bool
) -> None:
    """Loss and accuracy of each period are means over its batches, each before its step."""
    penalty = L2(factor=0.1, of="weights", reported=reported)
    protocol = replace(_small(loss=Loss(penalty=penalty)), running=RunningMeans(weighted=weighted))
    protocol = with_training(protocol, last_batch="kept")

    record = Trainer(protocol, random_images).train(3)

    images, labels = random_images.train_images[100:165], random_images.train_labels[100:165]
    orders = [Comparison.draw_orders(protocol, seed=3)[0]] * 2
    batches = list(islice(reference.list_batches(protocol, orders), STEPS))
    losses, accuracies = [], []
    for step, batch in enumerate(batches):
        initial = draw_initial_values(protocol, seed=3)
        variables = reference.train(
            protocol, initial=initial, images=images, labels=labels, orders=orders, masks=[[]] * step
        )
        logits = reference.find_logits(protocol, variables, images[batch] / protocol.pixel_divisor)
        losses.append(reference.find_loss(protocol.loss, logits, labels[batch], variables))
        accuracies.append(float((logits.argmax(axis=1) == labels[batch]).mean()))
    sizes = np.array([len(batch) if weighted else 1 for batch in batches])
    for period, part in zip(record.periods, (slice(0, 5), slice(5, 10)), strict=True):
        assert period.loss["running"] == pytest.approx(np.average(losses[part], weights=sizes[part]), rel=1e-4)
        assert period.accuracy["running"] == pytest.approx(np.average(accuracies[part], weights=sizes[part]))


@pytest.mark.parametrize(
    ("initial", "limits"),
    [
        pytest.param(Uniform(limit=0.07), (0.07, 0.07, 0.07, 0.07), id="a limit"),
        pytest.param(
            Uniform(limit=1.0, fan="inputs"), (784**-0.5, 784**-0.5, 5**-0.5, 5**-0.5), id="PyTorch's, by inputs"
        ),
        pytest.param(
            Uniform(limit=6**0.5, fan="inputs and outputs"),
            ((6 / 789) ** 0.5, (6 / 789) ** 0.5, (6 / 15) ** 0.5, (6 / 15) ** 0.5),
            id="scikit-learn's, by both",
        ),
        pytest.param(Uniform(limit=1.0, fan="outputs"), (5**-0.5, 5**-0.5, 10**-0.5, 10**-0.5), id="by outputs"),
    ],
)
def test_draw_initial_values_uniform_fills_its_limits(initial: Uniform, limits: tuple[float, ...]) -> None:
    """Weights and biases reach nearly to the limits of their layer, and not beyond."""
    protocol = _small()
    layers = tuple(replace(layer, weights=initial, biases=initial) for layer in protocol.layers)
    seeds = [draw_initial_values(replace(protocol, layers=layers), seed=seed) for seed in range(40)]

    for limit, *values in zip(limits, *seeds, strict=True):
        assert 0.9 * limit < np.abs(values).max() <= limit * (1 + 1e-6)
        assert abs(np.mean(values)) < 5 * limit / np.sqrt(3 * np.size(values))


def test_draw_initial_values_constant_is_it() -> None:
    """Every value is the declared one, as a float32."""
    protocol = _small()
    layers = tuple(replace(layer, biases=Constant(value=-0.1)) for layer in protocol.layers)

    _, first, _, last = draw_initial_values(replace(protocol, layers=layers), seed=0)

    assert {*first.tolist(), *last.tolist()} == {float(np.float32(-0.1))}
