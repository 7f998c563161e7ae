"""Keras gets the networks, optimisers and learning rates that the documents describe."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.optimizers import ConstantRate
from mnist_repro.documents.protocol import Protocol

pytest.importorskip("tensorflow")
from tensorflow import keras

from mnist_repro.training.keras_model import build_learning_rate, build_model, build_optimizer, learning_rate_at

pytestmark = pytest.mark.usefixtures("single_thread")

_SIGMOID_NET = [("dense", 64, "sigmoid"), ("dropout", 0.3), ("dense", 64, "sigmoid"), ("dropout", 0.3)]


def _describe_layer(layer: Any) -> tuple[Any, ...]:
    if isinstance(layer, keras.layers.Dropout):
        return "dropout", pytest.approx(layer.rate)
    assert isinstance(layer, keras.layers.Dense)
    return "dense", layer.units, layer.activation.__name__


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("tf1-basic", [("dense", 16, "sigmoid")], id="basic net"),
        pytest.param("tf1-dropout-piecewise", _SIGMOID_NET, id="dropout, piecewise rate"),
        pytest.param("tf1-dropout-exponential", _SIGMOID_NET, id="dropout, exponential rate"),
        pytest.param("julia-linear-lr0.02", [], id="linear, 0.02"),
        pytest.param("julia-linear-lr0.003", [], id="linear, 0.003"),
        pytest.param("julia-mlp-100x100", [("dense", 100, "relu")] * 2, id="100 x 100 net"),
    ],
)
def test_build_model_protocol_gives_its_layers(protocols: dict[str, Protocol], name: str, expected: list[Any]) -> None:
    """The layers are the document's, and the last one ends in logits."""
    model = build_model(protocols[name])

    assert [_describe_layer(layer) for layer in model.layers] == [*expected, ("dense", 10, "linear")]
    assert model.output_shape == (None, 10)


@pytest.mark.parametrize(
    ("name", "widths"),
    [
        pytest.param("tf1-basic", [784, 16, 10], id="basic net"),
        pytest.param("tf1-dropout-piecewise", [784, 64, 64, 10], id="dropout net"),
        pytest.param("julia-linear-lr0.02", [784, 10], id="linear"),
        pytest.param("julia-mlp-100x100", [784, 100, 100, 10], id="100 x 100 net"),
    ],
)
def test_build_model_protocol_gives_weights_and_biases_in_turn(
    protocols: dict[str, Protocol], name: str, widths: list[int]
) -> None:
    """The variables come in the order and the shapes in which initial values are drawn."""
    expected = []
    for before, after in pairwise(widths):
        expected += [(before, after), (after,)]

    assert expected == [variable.shape for variable in build_model(protocols[name]).get_weights()]


def test_build_model_output_has_no_softmax(protocols: dict[str, Protocol]) -> None:
    """What comes out is the weighted sum itself."""
    model = build_model(protocols["julia-linear-lr0.02"])
    model.set_weights([np.full((784, 10), 0.5, np.float32), np.arange(10, dtype=np.float32)])

    logits = np.asarray(model(np.ones((1, 784), np.float32)))

    np.testing.assert_allclose(logits, [392.0 + np.arange(10)])


@pytest.mark.parametrize(
    ("name", "rate", "clip_norm"),
    [
        pytest.param("julia-linear-lr0.02", 0.02, 5.0, id="linear, 0.02"),
        pytest.param("julia-linear-lr0.003", 0.003, 5.0, id="linear, 0.003"),
        pytest.param("julia-mlp-100x100", 0.003, None, id="100 x 100 net"),
    ],
)
def test_build_optimizer_julia_post_gives_its_adam(
    protocols: dict[str, Protocol], name: str, rate: float, clip_norm: float | None
) -> None:
    """Adam has the constants of TensorFlow.jl and not those of Keras."""
    optimizer = build_optimizer(protocols[name])

    config = optimizer.get_config()
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert config["learning_rate"] == pytest.approx(rate)
    assert (config["beta_1"], config["beta_2"], config["epsilon"]) == (0.9, 0.999, 1e-8)
    assert not config["amsgrad"]
    assert config.get("clipnorm") == clip_norm
    assert config.get("global_clipnorm") is None
    assert config.get("clipvalue") is None


@pytest.mark.parametrize("name", ["tf1-basic", "tf1-dropout-piecewise", "tf1-dropout-exponential"])
def test_build_optimizer_notebook_gives_plain_descent(protocols: dict[str, Protocol], name: str) -> None:
    """Gradient descent has no momentum and clips nothing."""
    optimizer = build_optimizer(protocols[name])

    config = optimizer.get_config()
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert (config["momentum"], config["nesterov"]) == (0.0, False)
    assert config.get("clipnorm") is None
    assert not config.get("weight_decay")


def test_build_learning_rate_constant_gives_the_number() -> None:
    """A constant rate needs no schedule."""
    assert build_learning_rate(ConstantRate(rate=0.5)) == 0.5


@pytest.mark.parametrize(
    ("name", "step", "expected"),
    [
        pytest.param("tf1-basic", 0, 0.5, id="constant, first step"),
        pytest.param("tf1-basic", 9_999, 0.5, id="constant, last step"),
        pytest.param("tf1-dropout-piecewise", 0, 0.5, id="piecewise, first step"),
        pytest.param("tf1-dropout-piecewise", 999, 0.5, id="piecewise, before the first boundary"),
        pytest.param("tf1-dropout-piecewise", 1_000, 0.5, id="piecewise, on the first boundary"),
        pytest.param("tf1-dropout-piecewise", 1_001, 0.46, id="piecewise, after the first boundary"),
        pytest.param("tf1-dropout-piecewise", 9_000, 0.14, id="piecewise, on the last boundary"),
        pytest.param("tf1-dropout-piecewise", 9_999, 0.1, id="piecewise, last step"),
        pytest.param("tf1-dropout-exponential", 0, 0.7, id="exponential, first step"),
        pytest.param("tf1-dropout-exponential", 999, 0.7, id="exponential, end of the first stair"),
        pytest.param("tf1-dropout-exponential", 1_000, 0.483, id="exponential, second stair"),
        pytest.param("tf1-dropout-exponential", 1_001, 0.483, id="exponential, on the second stair"),
        # python -c "print(0.7 * 0.69**9)"
        pytest.param("tf1-dropout-exponential", 9_999, 0.024816460, id="exponential, last step"),
    ],
)
def test_learning_rate_at_step_gives_the_notebooks_rate(
    protocols: dict[str, Protocol], name: str, step: int, expected: float
) -> None:
    """The rate changes after a boundary of the piecewise rate, and on a stair of the exponential one."""
    rate = learning_rate_at(protocols[name].optimizer.learning_rate, step=step)

    assert rate == pytest.approx(expected, rel=1e-6)


def _learning_rate_claims() -> list[Claim]:
    claims = [claim for document in load_catalogue().documents.values() for claim in document.claims]
    return [claim for claim in claims if claim.metric == "learning_rate"]


def test_learning_rate_at_claims_are_twenty() -> None:
    """The notebook prints a rate after each period of both dropout runs."""
    assert len(_learning_rate_claims()) == 20


@pytest.mark.parametrize(
    "claim", [pytest.param(claim, id=claim.id.replace(".", " ")) for claim in _learning_rate_claims()]
)
def test_learning_rate_at_periods_last_step_is_printed_as_in_the_notebook(claim: Claim) -> None:
    """As a float32, the rate of a period's last step has the very digits that the notebook prints."""
    assert claim.experiment is not None
    assert claim.period is not None
    protocol = load_catalogue().protocols[claim.experiment]
    step = claim.period * protocol.training.steps_per_period - 1

    rate = learning_rate_at(protocol.optimizer.learning_rate, step=step)

    assert claim.printed == str(np.float32(rate))
