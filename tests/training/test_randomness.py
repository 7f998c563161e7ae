"""One seed gives the same numbers everywhere: first weights, data order and dropout.

The golden values were made with NumPy alone, by::

    import zlib
    import numpy as np

    def sequence(name):
        return np.random.SeedSequence(7, spawn_key=(zlib.crc32(name.encode()),))

    def stream(name):
        return np.random.Generator(np.random.PCG64(sequence(name)))

    for name in ("initial values", "data order", "dropout", "sample digits"):
        print(name, stream(name).integers(0, 1_000_000, 4).tolist())
    weights = stream("initial values").standard_normal((784, 16)).astype(np.float32)
    print(*weights[0, :3], weights[-1, -1])
    print(stream("data order").permutation(60_000)[:10].tolist())
    bits = np.random.SFC64(sequence("dropout"))
    for step in range(2):
        for units, threshold in ((6, 45_875), (5, 32_768)):
            words = bits.random_raw(3).view(np.uint16)[: 2 * units]
            print("".join("01"[int(word < threshold)] for word in words))
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from mnist_repro.documents.layers import Normal
from mnist_repro.documents.protocol import ImageSlice, Protocol, Training
from mnist_repro.training.randomness import (
    DropoutStream,
    StreamName,
    draw_batches,
    draw_initial_values,
    dropout_layers,
    stream,
)

_NAMES: tuple[StreamName, ...] = get_args(StreamName)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("initial values", [592487, 135964, 145669, 648629], id="initial values"),
        pytest.param("data order", [109532, 10550, 437781, 766153], id="data order"),
        pytest.param("dropout", [29871, 805121, 278542, 298306], id="dropout"),
        pytest.param("sample digits", [739639, 294847, 671806, 200014], id="sample digits"),
    ],
)
def test_stream_seed_7_gives_golden_numbers(name: StreamName, expected: list[int]) -> None:
    """Each stream gives the numbers that it gave when the first records were made."""
    assert expected == stream(7, name).integers(0, 1_000_000, 4).tolist()


def test_stream_same_seed_and_name_gives_the_same_numbers() -> None:
    """A stream depends on nothing but its seed and its name."""
    np.testing.assert_array_equal(stream(3, "dropout").random(100), stream(3, "dropout").random(100))


def test_stream_names_and_seeds_give_unrelated_numbers() -> None:
    """Streams of other names or other seeds are uncorrelated, neighbouring seeds included."""
    draws = np.array([stream(seed, name).random(10_000) for name in _NAMES for seed in range(4)])

    correlations = np.corrcoef(draws) - np.eye(len(draws))

    # A correlation of n independent pairs has standard deviation 1 / sqrt(n); there are 120.
    assert np.abs(correlations).max() < 5 / math.sqrt(10_000)


def test_stream_negative_seed_is_refused() -> None:
    """Seeds are counted from 0."""
    with pytest.raises(ValueError, match="non-negative"):
        stream(-1, "dropout")


def test_draw_initial_values_seed_7_gives_golden_numbers(protocols: dict[str, Protocol]) -> None:
    """The first weights are those with which the first records were made."""
    weights = draw_initial_values(protocols["tf1-basic"], seed=7)[0]

    np.testing.assert_array_equal(weights[0, :3], np.array([-0.2573807, 0.3218648, -0.8507974], dtype=np.float32))
    np.testing.assert_array_equal(weights[-1, -1], np.float32(1.5078028))


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        pytest.param("tf1-basic", [(784, 16), (16,), (16, 10), (10,)], id="basic net"),
        pytest.param("tf1-dropout-piecewise", [(784, 64), (64,), (64, 64), (64,), (64, 10), (10,)], id="dropout net"),
        pytest.param("julia-linear-lr0.02", [(784, 10), (10,)], id="linear"),
    ],
)
def test_draw_initial_values_shapes_are_the_networks(
    protocols: dict[str, Protocol], name: str, shapes: list[tuple[int, ...]]
) -> None:
    """Each layer gets its weights and then its biases, all float32."""
    values = draw_initial_values(protocols[name], seed=0)

    assert shapes == [value.shape for value in values]
    assert {value.dtype for value in values} == {np.dtype(np.float32)}


def test_draw_initial_values_linear_model_is_zero(protocols: dict[str, Protocol]) -> None:
    """The Julia post's linear models start from zeros, whatever the seed."""
    values = draw_initial_values(protocols["julia-linear-lr0.003"], seed=5)

    assert not any(value.any() for value in values)


@pytest.mark.parametrize(
    ("name", "standard_deviation", "biases_vary"),
    [
        pytest.param("tf1-dropout-exponential", 1.0, False, id="notebook, biases 0"),
        pytest.param("julia-mlp-100x100", 0.01, True, id="Julia post, biases as weights"),
    ],
)
def test_draw_initial_values_are_normal_around_zero(
    protocols: dict[str, Protocol], name: str, standard_deviation: float, *, biases_vary: bool
) -> None:
    """Mean and standard deviation are the declared ones, within five standard errors."""
    values = draw_initial_values(protocols[name], seed=11)
    for weights in values[::2]:
        sample = weights.astype(np.float64) / standard_deviation
        assert abs(sample.mean()) < 5 / math.sqrt(sample.size)
        assert abs(sample.std() - 1.0) < 5 / math.sqrt(2 * sample.size)
        assert np.abs(sample).max() > 2.5
    assert biases_vary == all(biases.any() for biases in values[1::2])


def test_draw_initial_values_declared_spread_only_scales(protocols: dict[str, Protocol]) -> None:
    """The same seed gives the same numbers for any standard deviation, times that."""
    protocol = protocols["tf1-basic"]
    wider = replace(protocol.layers[0], weights=Normal(standard_deviation=2.0))

    scaled = draw_initial_values(replace(protocol, layers=(wider, protocol.layers[1])), seed=4)[0]

    np.testing.assert_array_equal(scaled, 2 * draw_initial_values(protocol, seed=4)[0])


def test_draw_batches_seed_7_gives_golden_numbers(protocols: dict[str, Protocol]) -> None:
    """The data order is that with which the first records were made."""
    (batches,) = draw_batches(protocols["julia-linear-lr0.02"], seed=7)

    assert batches[0].tolist() == [29247, 47453, 53052, 11777, 58918, 19824, 7397, 8369, 7487, 2009]


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        pytest.param("tf1-basic", (59, 1_000), id="notebook"),
        pytest.param("julia-linear-lr0.02", (100, 10), id="hundred steps"),
        pytest.param("julia-mlp-100x100", (1_000, 30), id="thousand steps"),
    ],
)
def test_draw_batches_are_different_images_of_the_slice(
    protocols: dict[str, Protocol], name: str, shape: tuple[int, int]
) -> None:
    """There are as many batches as a run uses, and no image comes twice before all have come."""
    protocol = protocols[name]

    (batches,) = draw_batches(protocol, seed=2)

    assert batches.shape == shape
    assert len(np.unique(batches)) == batches.size
    assert 0 <= batches.min() <= batches.max() < len(protocol.training.images)


def test_draw_batches_notebook_covers_all_its_images(protocols: dict[str, Protocol]) -> None:
    """The notebook's 59 batches are a permutation of its 59,000 training images."""
    (batches,) = draw_batches(protocols["tf1-basic"], seed=2)

    np.testing.assert_array_equal(np.sort(batches, axis=None), np.arange(59_000))


def test_draw_batches_other_seed_gives_another_order(protocols: dict[str, Protocol]) -> None:
    """Two seeds agree on a place of the permutation about once in 59,000."""
    protocol = protocols["tf1-basic"]

    (one,), (other,) = draw_batches(protocol, seed=1), draw_batches(protocol, seed=2)

    assert (one == other).sum() < 10


@pytest.mark.parametrize("order", ["permuted each period", "permuted once", "as stored"])
@pytest.mark.parametrize("last_batch", ["dropped", "kept", "carried over"])
def test_draw_batches_periods_take_the_images_in_order(
    protocols: dict[str, Protocol], order: Any, last_batch: Any
) -> None:
    """Three periods over ten images in batches of four take what a loop over the images would."""
    training = Training(
        images=ImageSlice(source="train", start=0, stop=10),
        batch_size=4,
        periods=3,
        steps_per_period=2 if last_batch == "dropped" else 3,
        restart_each_period=True,
        order=order,
        last_batch=last_batch,
    )
    protocol = replace(protocols["tf1-basic"], training=training)
    generator = stream(5, "data order")
    orders = [np.arange(10) if order == "as stored" else generator.permutation(10) for _ in range(4)]
    everything = np.concatenate(orders if order == "permuted each period" else orders[:1] * 4)
    starts, sizes, shapes = {
        "dropped": ((0, 10, 20), (8, 8, 8), [(2, 4)]),
        "kept": ((0, 10, 20), (10, 10, 10), [(2, 4), (1, 2)]),
        # A period ends with the batch that takes its order's last image: after 3, 5 and 8 batches.
        "carried over": ((0, 12, 20), (12, 8, 12), [(3, 4)]),
    }[last_batch]

    for period, (start, size) in enumerate(zip(starts, sizes, strict=True), 1):
        drawn = draw_batches(protocol, seed=5, period=period)
        places = np.concatenate([*map(np.ravel, drawn)])
        np.testing.assert_array_equal(places[:size], everything[start : start + size])
        assert [part.shape for part in drawn] == shapes


def test_dropout_stream_seed_7_gives_golden_masks() -> None:
    """The first masks are those with which the first records were made."""
    masks = DropoutStream(7, layers=(((6,), 0.7), ((5,), 0.5))).draw(2, batch_size=2)

    lines = ["".join("01"[int(kept)] for kept in mask[step].ravel()) for step in range(2) for mask in masks]
    assert lines == ["101111110010", "1101111110", "111010111011", "1101010101"]


@pytest.mark.parametrize("keep_probability", [0.7, 0.5, 0.05], ids=["0.7", "0.5", "0.05"])
def test_dropout_stream_share_kept_is_the_keep_probability(keep_probability: float) -> None:
    """The share of kept units lies within five binomial standard deviations."""
    (mask,) = DropoutStream(1, layers=(((64,), keep_probability),)).draw(20, batch_size=1_000)

    deviation = math.sqrt(keep_probability * (1 - keep_probability) / mask.size)
    assert abs(mask.mean() - keep_probability) < 5 * deviation


@pytest.mark.parametrize("axis", [0, 1, 2], ids=["steps", "examples", "units"])
def test_dropout_stream_share_kept_is_even_along_every_axis(axis: int) -> None:
    """No step, example or unit is kept more often than chance allows."""
    (mask,) = DropoutStream(2, layers=(((64,), 0.7),)).draw(100, batch_size=100)

    others = tuple({0, 1, 2} - {axis})
    shares = mask.mean(axis=others)
    deviation = math.sqrt(0.7 * 0.3 * mask.shape[axis] / mask.size)
    assert np.abs(shares - 0.7).max() < 5 * deviation


@pytest.mark.parametrize("shape", [(64,), (5,), (3, 3, 2)], ids=["full words", "words left over", "a picture"])
def test_dropout_stream_calls_go_on_where_the_last_one_ended(shape: tuple[int, ...]) -> None:
    """Five steps are the same masks in one call as in two."""
    layers = ((shape, 0.7), (shape, 0.7))
    at_once = DropoutStream(3, layers=layers).draw(5, batch_size=7)

    parts = DropoutStream(3, layers=layers)
    first, second = parts.draw(3, batch_size=7), parts.draw(2, batch_size=7)

    for whole, start, end in zip(at_once, first, second, strict=True):
        np.testing.assert_array_equal(whole, np.concatenate([start, end]))


def test_dropout_stream_layers_and_steps_and_seeds_differ() -> None:
    """Masks of two layers, two steps or two seeds agree only as often as chance has it."""
    one, two = DropoutStream(4, layers=(((64,), 0.7), ((64,), 0.7))).draw(2, batch_size=1_000)
    (other_seed,) = DropoutStream(5, layers=(((64,), 0.7),)).draw(1, batch_size=1_000)

    agreement = 0.7**2 + 0.3**2
    deviation = math.sqrt(agreement * (1 - agreement) / 64_000)
    for ours, theirs in ((one[0], two[0]), (one[0], one[1]), (one[0], other_seed[0])):
        assert abs((ours == theirs).mean() - agreement) < 5 * deviation


def test_dropout_stream_no_layers_gives_no_masks() -> None:
    """A network without dropout gets no masks."""
    assert DropoutStream(0, layers=()).draw(3, batch_size=10) == []


def test_dropout_layers_protocols_give_units_and_keep_probabilities(protocols: dict[str, Protocol]) -> None:
    """Only layers that drop units are named: two in each dropout net of the notebook."""
    found = {name: dropout_layers(protocol) for name, protocol in protocols.items()}

    assert {name: layers for name, layers in found.items() if layers} == {
        "tf1-dropout-piecewise": (((64,), 0.7), ((64,), 0.7)),
        "tf1-dropout-exponential": (((64,), 0.7), ((64,), 0.7)),
    }
