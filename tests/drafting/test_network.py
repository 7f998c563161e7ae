"""A network's layers are read from the calls that make them; what the draft does not read is said, not guessed."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from mnist_repro.documents import (
    Activation,
    AveragePooling,
    BatchNormalization,
    Convolution,
    Dropout,
    Flatten,
    GlorotUniform,
    Layer,
    MaxPooling,
    Uniform,
    Zeros,
)
from mnist_repro.documents.layers import AnyLayer
from mnist_repro.drafting.layers import FoundLayer
from mnist_repro.drafting.network import read_network

KERAS = {"weights": GlorotUniform(), "biases": Zeros()}
PYTORCH = {"weights": Uniform(limit=1.0, fan="inputs"), "biases": Uniform(limit=1.0, fan="inputs")}
LAST = Layer(units=10, activation="softmax", **KERAS)
CONVNET = [
    Convolution(filters=32, size=3, activation="relu", **KERAS),
    MaxPooling(size=2),
    Dropout(keep_probability=0.75),
    Flatten(),
    Layer(units=128, activation="relu", **KERAS, keep_probability=0.5),
    LAST,
]
CALLS = (
    "Conv2D(32, kernel_size=(3, 3), activation='relu', input_shape=shape)",
    "layers.MaxPooling2D(pool_size=(2, 2))",
    "Dropout(0.25)",
    "Flatten()",
    "layers.Dense(hidden, activation=tf.nn.relu)",
    "Dropout(0.5)",
    "Dense(10, activation='softmax', name='out')",
)
ADDED = [f"model.add({call})" for call in CALLS]
FUNCTIONS = ["x = Input(shape)", *(f"x = {call}(x)" for call in CALLS)]


def _read(*cells: str) -> list[FoundLayer]:
    found: list[FoundLayer] = []
    for cell in cells:
        found = read_network(ast.parse(cell), names={"hidden": 128}, before=found)
    return found


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(["Dense(5)\nmodel = Sequential()", *ADDED], id="one after the other"),
        pytest.param([f"model = keras.Sequential([keras.Input(shape=shape), {', '.join(CALLS)}])"], id="a list"),
        pytest.param([f"a = Sequential([Dense(5)])\nb = Sequential([{', '.join(CALLS)}])"], id="the second network"),
        pytest.param(["\n".join(["model = Sequential()", *ADDED[:3]]), "\n".join(ADDED[3:])], id="over two cells"),
        pytest.param(["\n".join(FUNCTIONS)], id="functions"),
        pytest.param(["\n".join(FUNCTIONS[:4]), "\n".join(FUNCTIONS[4:])], id="functions over two cells"),
        pytest.param(["Sequential([Dense(5)])", "\n".join(FUNCTIONS)], id="functions after another network"),
        pytest.param(
            ["Sequential([Dense(5)])", f"Sequential([{', '.join(CALLS)}])"], id="a list after another network"
        ),
        pytest.param(
            [f"y = {CALLS[6]}({CALLS[5]}({CALLS[4]}({CALLS[3]}({CALLS[2]}({CALLS[1]}({CALLS[0]}(x)))))))"],
            id="functions of functions",
        ),
    ],
)
def test_read_network_of_every_style_finds_the_same_layers(cells: list[str]) -> None:
    """Layers stand in the order in which an image passes them, whatever the source's style."""
    assert _read(*cells) == CONVNET


@pytest.mark.parametrize(
    ("calls", "layers"),
    [
        pytest.param(
            "Conv2D(8, 5, padding='same', use_bias=False), BatchNormalization(momentum=0.9), Activation('relu')",
            [
                Convolution(filters=8, size=5, padding="same", activation="identity", **{**KERAS, "biases": None}),
                BatchNormalization(momentum=0.9, epsilon=0.001),
                Activation(activation="relu"),
            ],
            id="batch normalisation before the activation",
        ),
        pytest.param(
            "Conv2D(8, (3, 3), strides=(1, 1)), Activation('tanh'), AveragePooling2D((2, 2), strides=2)",
            [Convolution(filters=8, size=3, activation="tanh", **KERAS), AveragePooling(size=2)],
            id="an activation of a convolution, and averages",
        ),
        pytest.param(
            "Flatten(input_shape=(28, 28)), Dropout(0.2), Dense(2 ** 5, kernel_initializer='zeros')",
            [Dropout(keep_probability=0.8), Layer(units=32, activation="identity", weights=Zeros(), biases=Zeros())],
            id="dropout of pixels in a row",
        ),
        pytest.param(
            "nn.Conv2d(1, 8, 5, 1, 2), nn.ReLU(), nn.Conv2d(8, 8, 1, padding=0), nn.AvgPool2d(2), nn.MaxPool2d(2, 2), "
            "nn.Flatten(), nn.Linear(392, 9, bias=False)",
            [
                Convolution(filters=8, size=5, padding="same", activation="relu", **PYTORCH),
                Convolution(filters=8, size=1, activation="identity", **PYTORCH),
                AveragePooling(size=2),
                MaxPooling(size=2),
                Flatten(),
                Layer(units=9, activation="identity", **{**PYTORCH, "biases": None}),
            ],
            id="PyTorch",
        ),
    ],
)
def test_read_network_reads_each_kind_of_layer(calls: str, layers: list[AnyLayer]) -> None:
    """Every setting that an experiment has is read, and what has no effect is left out."""
    assert _read(f"Sequential([{calls}])") == layers


NOT_READ = "the draft does not read"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        pytest.param("model.add(Conv2D(8, 3, strides=2))", "strides=1 alone", id="strides"),
        pytest.param("model.add(Conv2D(8, (3, 5)))", f"{NOT_READ} kernel_size=(3, 5)", id="no square"),
        pytest.param("model.add(Conv2D(8, size))", f"{NOT_READ} kernel_size=size", id="an unknown name"),
        pytest.param("model.add(Conv2D(8))", "it has no kernel_size", id="a missing argument"),
        pytest.param("model.add(Conv2D(8, 3, padding='causal'))", "Convolution.padding must be", id="another padding"),
        pytest.param("model.add(Conv2D(8, 3, dilation_rate=2))", f"{NOT_READ} dilation_rate=2", id="dilation"),
        pytest.param("model.add(Conv2D(8, 3, **more))", f"{NOT_READ} **=more", id="arguments elsewhere"),
        pytest.param("model.add(Conv2D(8, 3, input_shape=(32, 32, 1)))", "have 784 pixels", id="larger images"),
        pytest.param("model.add(MaxPooling2D(3, strides=2))", "strides=3 alone", id="tiles that overlap"),
        pytest.param("model.add(MaxPooling2D(padding='same'))", "padding='valid' alone", id="padded tiles"),
        pytest.param("model.add(Dense(10, activation='selu'))", "Layer.activation must be", id="another activation"),
        pytest.param("model.add(Dense(9, kernel_regularizer=l2(0.1)))", "kernel_regularizer=l2(0.1)", id="a penalty"),
        pytest.param("model.add(Dense(9, kernel_initializer='he_normal'))", "='he_normal'", id="initial weights"),
        pytest.param("model.add(Dropout(rate))", f"{NOT_READ} rate=rate", id="an unknown rate"),
        pytest.param("model.add(Dropout(1.5))", "Dropout.keep_probability must be", id="an impossible rate"),
        pytest.param("model.add(BatchNormalization(1))", f"{NOT_READ} argument 1=1", id="an unknown argument"),
        pytest.param("model.add(GlobalAveragePooling2D())", f"{NOT_READ} it", id="a layer that no experiment has"),
        pytest.param("model.add(LeakyReLU())", f"{NOT_READ} it", id="a layer of any name"),
        pytest.param("Sequential([Dense(5), output])", f"{NOT_READ} it", id="a layer made before"),
        pytest.param("Sequential([Dense(n) for n in widths])", "a loop or a condition", id="a list made by a loop"),
        pytest.param("Sequential([Sequential([Dense(5)]), Dense(5)])", f"{NOT_READ} it", id="a network in a network"),
        pytest.param("for _ in range(3):\n    model.add(Dense(5))", "a loop or a condition", id="a loop"),
        pytest.param("if deep:\n    model.add(Dense(5))", "a loop or a condition", id="a condition"),
        pytest.param("self.pool = MaxPooling2D()", "made apart from where it stands", id="no place"),
        pytest.param("x = Dense(5)(x)\nx = relu(x)\nx = Dense(5)(x)", "stands elsewhere", id="activation elsewhere"),
        pytest.param("h = tf.nn.conv2d(x, W)", f"{NOT_READ} it", id="TensorFlow 1's function"),
        pytest.param(
            "class A:\n    d = Dense(5)\nclass B:\n    d = Dense(5)", "a class and code beside it", id="two classes"
        ),
    ],
)
def test_read_network_says_why_a_layer_is_not_read(code: str, why: str) -> None:
    """What decides a layer and is not read leaves words in its place, with the source and the reason."""
    words = [layer for layer in _read(code) if isinstance(layer, str)]

    assert any(why in each for each in words)
    assert all(each.startswith("the layer ") for each in words)


def test_read_network_of_two_sequences_in_a_class_keeps_both() -> None:
    """What a class parts into features and classifier is one network."""
    code = "class Net:\n    features = Sequential(Conv2d(1, 8, 3), ReLU())\n    classifier = Sequential(Linear(9, 9))"

    assert [type(layer) for layer in _read(code)] == [Convolution, Layer]


def test_read_network_last_layer_may_be_without_activation() -> None:
    """What the loss does after the last layer is no layer's."""
    assert _read("x = Dense(5, activation='relu')(x)\nx = Dense(10)(x)")[1:] == [replace(LAST, activation="identity")]


@pytest.mark.parametrize("other", ["names.add(str(x))", "inputs = Input(shape)", "y = self.dense(x)"])
def test_read_network_of_a_cell_without_layers_is_the_one_before(other: str) -> None:
    """Other code changes nothing."""
    assert _read("\n".join(["model = Sequential()", *ADDED]), other) == CONVNET
