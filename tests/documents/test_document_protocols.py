"""Protocols declare what the documents did, with the numbers that stand there."""

from __future__ import annotations

import numpy as np
import pytest

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.layers import Layer, Normal, Zeros
from mnist_repro.documents.optimizers import Adam, ConstantRate, ExponentialRate, GradientDescent, PiecewiseRate
from mnist_repro.documents.protocol import AccuracyGate, ImageSlice

_NOTEBOOK_IDS = ("tf1-basic", "tf1-dropout-piecewise", "tf1-dropout-exponential")
_JULIA_IDS = ("julia-linear-lr0.02", "julia-linear-lr0.003", "julia-mlp-100x100")


@pytest.mark.parametrize(
    ("name", "batch_size", "periods", "steps_per_period", "batches"),
    [
        pytest.param("tf1-basic", 1_000, 10, 1_000, 59, id="basic net"),
        pytest.param("tf1-dropout-piecewise", 1_000, 10, 1_000, 59, id="dropout, piecewise rate"),
        pytest.param("tf1-dropout-exponential", 1_000, 10, 1_000, 59, id="dropout, exponential rate"),
        pytest.param("julia-linear-lr0.02", 10, 10, 10, 100, id="linear, 0.02"),
        pytest.param("julia-linear-lr0.003", 30, 10, 100, 1_000, id="linear, 0.003"),
        pytest.param("julia-mlp-100x100", 30, 10, 100, 1_000, id="100 x 100 net"),
    ],
)
def test_protocol_training_is_the_documents(
    name: str, batch_size: int, periods: int, steps_per_period: int, batches: int
) -> None:
    """Batches, periods and steps are those of the documents."""
    training = load_catalogue().protocols[name].training

    assert batch_size == training.batch_size
    assert (periods, steps_per_period) == (training.periods, training.steps_per_period)
    assert training.steps == periods * steps_per_period
    assert batches == training.batches


@pytest.mark.parametrize("name", _NOTEBOOK_IDS)
def test_protocol_notebook_images_are_the_documents(name: str) -> None:
    """The notebook trains on 59,000 raw images, each period from the first batch, and validates on the rest."""
    protocol = load_catalogue().protocols[name]

    assert protocol.pixel_divisor == 1.0
    assert protocol.training.restart_each_period
    assert ImageSlice(source="train", start=1_000, stop=60_000) == protocol.training.images
    assert {s.name: s.images for s in protocol.evaluation_sets if not s.dropout} == {
        "validation": ImageSlice(source="train", start=0, stop=1_000),
        "test": ImageSlice(source="test", start=0, stop=10_000),
    }
    assert protocol.evaluated_each_period[0] == "validation"
    assert protocol.evaluated_at_end == ("test",)


@pytest.mark.parametrize("name", _JULIA_IDS)
def test_protocol_julia_images_are_the_documents(name: str) -> None:
    """The Julia post trains on all scaled images, without restart, and evaluates on the test set's beginning."""
    protocol = load_catalogue().protocols[name]

    assert protocol.pixel_divisor == 255.0
    assert not protocol.training.restart_each_period
    assert ImageSlice(source="train", start=0, stop=60_000) == protocol.training.images
    assert {s.name: s.images for s in protocol.evaluation_sets[:3]} == {
        "training": ImageSlice(source="test", start=0, stop=7_500),
        "validation": ImageSlice(source="test", start=0, stop=2_500),
        "test": ImageSlice(source="test", start=0, stop=3_000),
    }
    assert protocol.evaluated_each_period[:2] == ("training", "validation")
    assert protocol.confusion_set == "validation"


@pytest.mark.parametrize(
    ("name", "hidden", "spread"),
    [
        pytest.param("tf1-basic", [(16, "sigmoid", 1.0)], Normal(standard_deviation=1.0), id="basic net"),
        pytest.param(
            "tf1-dropout-piecewise",
            [(64, "sigmoid", 0.7)] * 2,
            Normal(standard_deviation=1.0),
            id="dropout, piecewise rate",
        ),
        pytest.param(
            "tf1-dropout-exponential",
            [(64, "sigmoid", 0.7)] * 2,
            Normal(standard_deviation=1.0),
            id="dropout, exponential rate",
        ),
        pytest.param("julia-linear-lr0.02", [], Zeros(), id="linear, 0.02"),
        pytest.param("julia-linear-lr0.003", [], Zeros(), id="linear, 0.003"),
        pytest.param(
            "julia-mlp-100x100", [(100, "relu", 1.0)] * 2, Normal(standard_deviation=0.01), id="100 x 100 net"
        ),
    ],
)
def test_protocol_layers_are_the_documents(
    name: str, hidden: list[tuple[int, str, float]], spread: Normal | Zeros
) -> None:
    """Units, activations, dropout and initial values are as established for each network."""
    layers = load_catalogue().protocols[name].layers

    def describe(layer: Layer) -> tuple[int, str, float]:
        return layer.units, layer.activation, layer.keep_probability

    assert [*hidden, (10, "softmax", 1.0)] == [describe(layer) for layer in layers]
    assert all(layer.weights == spread for layer in layers)
    biases = spread if name == "julia-mlp-100x100" else Zeros()
    assert all(layer.biases == biases for layer in layers)


@pytest.mark.parametrize(
    ("name", "rate", "clip_norm"),
    [
        pytest.param("julia-linear-lr0.02", 0.02, 5.0, id="linear, 0.02"),
        pytest.param("julia-linear-lr0.003", 0.003, 5.0, id="linear, 0.003"),
        pytest.param("julia-mlp-100x100", 0.003, None, id="100 x 100 net"),
    ],
)
def test_protocol_julia_optimizer_is_the_documents(name: str, rate: float, clip_norm: float | None) -> None:
    """The Julia post's Adam has TensorFlow.jl's constants, and clips for the linear models."""
    expected = Adam(learning_rate=ConstantRate(rate=rate), beta_1=0.9, beta_2=0.999, epsilon=1e-8, clip_norm=clip_norm)

    assert expected == load_catalogue().protocols[name].optimizer


def test_protocol_basic_net_descends_at_half() -> None:
    """The notebook's basic net has the rate 0.5 throughout."""
    expected = GradientDescent(learning_rate=ConstantRate(rate=0.5))

    assert expected == load_catalogue().protocols["tf1-basic"].optimizer


def test_protocol_piecewise_rates_are_the_notebooks_expression() -> None:
    """The declared rates are what the notebook's own NumPy expressions give."""
    rate = load_catalogue().protocols["tf1-dropout-piecewise"].optimizer.learning_rate

    assert isinstance(rate, PiecewiseRate)
    assert list(rate.rates) == np.round(np.linspace(0.5, 0.1, 10), 2).tolist()
    assert list(rate.boundaries) == np.linspace(1_000, 10_000, 10, dtype=np.int32)[:-1].tolist()


def test_protocol_exponential_rate_is_the_notebooks() -> None:
    """The exponential rate starts at 0.7 and is multiplied by 0.69 every 1,000 steps."""
    expected = ExponentialRate(start=0.7, factor=0.69, every_steps=1_000)

    assert expected == load_catalogue().protocols["tf1-dropout-exponential"].optimizer.learning_rate


@pytest.mark.parametrize(
    ("name", "evaluation_set", "minimum"),
    [
        pytest.param("tf1-basic", "test", 0.88, id="basic net"),
        pytest.param("tf1-dropout-piecewise", "test", 0.88, id="dropout, piecewise rate"),
        pytest.param("tf1-dropout-exponential", "test", 0.87, id="dropout, exponential rate"),
        pytest.param("julia-linear-lr0.02", "validation", 0.76, id="linear, 0.02"),
        pytest.param("julia-linear-lr0.003", "validation", 0.88, id="linear, 0.003"),
        pytest.param("julia-mlp-100x100", "validation", 0.92, id="100 x 100 net"),
    ],
)
def test_protocol_gate_is_as_agreed(name: str, evaluation_set: str, minimum: float) -> None:
    """The mean accuracy that the benchmarks assert is the agreed one."""
    assert AccuracyGate(evaluation_set=evaluation_set, minimum=minimum) == load_catalogue().protocols[name].gate


def test_protocol_seeds_full_profile_can_find_a_difference() -> None:
    """Every full profile has the 19 runs below which no rank is significant at 5 %."""
    for protocol in load_catalogue().protocols.values():
        assert 0 < protocol.seeds["quick"] <= protocol.seeds["full"]
        assert protocol.seeds["full"] >= 19
