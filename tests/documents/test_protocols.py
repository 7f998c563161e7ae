"""Protocols have the documents' ids, and their hash changes with all that decides a run."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from types import NoneType
from typing import Any

import numpy as np
import pytest

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.layers import Normal, Zeros
from mnist_repro.documents.losses import Loss
from mnist_repro.documents.protocol import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    ImageSlice,
    Protocol,
    Reconstruction,
    RunningMeans,
)
from mnist_repro.errors import ReproError

_IDS = [
    "julia-linear-lr0.02",
    "julia-linear-lr0.003",
    "julia-mlp-100x100",
    "tf1-basic",
    "tf1-dropout-piecewise",
    "tf1-dropout-exponential",
]
# Words and pictures for readers, and what is asserted afterwards.
_NOT_DECIDING = {"title", "seeds", "gate", "reconstructions", "pictured_steps", "repeats_batches"}


def test_load_protocols_documents_declare_six() -> None:
    """The two documents have three experiments each."""
    assert list(load_catalogue().protocols) == _IDS


def test_load_protocols_key_is_the_id() -> None:
    """Each protocol is found under its own id."""
    assert all(name == protocol.id for name, protocol in load_catalogue().protocols.items())


def test_load_protocols_hashes_are_all_different() -> None:
    """No two experiments are taken for one."""
    assert len({protocol.sha256 for protocol in load_catalogue().protocols.values()}) == 6


def test_select_protocols_no_name_gives_all() -> None:
    """Without a choice all experiments are meant."""
    assert list(load_catalogue().select([])) == _IDS


def test_select_protocols_names_give_these_in_the_documents_order() -> None:
    """Only what is named is selected, once, and in the documents' order."""
    assert list(load_catalogue().select(["tf1-basic", _IDS[0], "tf1-basic"])) == [_IDS[0], "tf1-basic"]


def test_select_protocols_unknown_name_is_refused() -> None:
    """The error says what is unknown and names all that is known."""
    with pytest.raises(ReproError) as caught:
        load_catalogue().select(["tf1-basic", "tf1-base", "julia"])

    documents = ", ".join(load_catalogue().documents)
    expected = f"Unknown experiment: tf1-base, julia. Known: {', '.join(_IDS)}; of documents: {documents}."
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("each_period", "expected"),
    [
        pytest.param(("training", "test", "validation"), "validation", id="validation"),
        pytest.param(("training", "test"), "test", id="that of the gate"),
        pytest.param(("training",), "training", id="the first"),
        pytest.param((), None, id="none"),
    ],
)
def test_curve_set_is_validation_or_what_comes_next(each_period: tuple[str, ...], expected: str | None) -> None:
    """Curves are shown on the validation set, else on that of the gate, else on the first that is measured."""
    protocol = load_catalogue().protocols["julia-mlp-100x100"]
    gate = replace(protocol.gate, evaluation_set="test")

    assert replace(protocol, gate=gate, evaluated_each_period=each_period).curve_set == expected


# For each type of a field, how to get another value of it.
_ANOTHER: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: not value,
    int: lambda value: value + 1,
    float: lambda value: math.nextafter(value, math.inf),
    str: lambda value: f"{value}x",
    NoneType: lambda _: 5.0,
}


def _rebuild(value: Any, **changes: Any) -> Any:
    """Return a copy of a dataclass object that nothing has checked, so that any field can change alone."""
    copy = object.__new__(type(value))
    for field in fields(value):
        object.__setattr__(copy, field.name, changes.get(field.name, getattr(value, field.name)))
    return copy


def _vary(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the name of each place in a value, and the value with only that place altered."""
    if is_dataclass(value):
        for field in fields(value):
            if field.name in _NOT_DECIDING:
                continue
            for place, varied in _vary(getattr(value, field.name), f"{path}.{field.name}"):
                yield place, _rebuild(value, **{field.name: varied})
    elif isinstance(value, tuple):
        yield f"{path} shortened", value[:-1]
        if len(value) > 1:
            yield f"{path} reversed", value[::-1]
        for index, item in enumerate(value):
            for place, varied in _vary(item, f"{path}[{index}]"):
                yield place, (*value[:index], varied, *value[index + 1 :])
    else:
        yield path, _ANOTHER[type(value)](value)


def _vary_what_decides(protocol: Protocol) -> dict[str, Protocol]:
    """Return variations of all fields but those for readers, by the place that was varied."""
    return {
        place: _rebuild(protocol, **{field.name: varied})
        for field in fields(protocol)
        if field.name not in _NOT_DECIDING
        for place, varied in _vary(getattr(protocol, field.name), field.name)
    }


@pytest.mark.parametrize("name", _IDS)
def test_sha256_any_deciding_field_changes_it(name: str) -> None:
    """Whatever is altered in what decides a run, however deep, the hash is another one."""
    protocol = load_catalogue().protocols[name]
    variations = _vary_what_decides(protocol)

    unseen = [place for place, varied in variations.items() if varied.sha256 == protocol.sha256]

    assert unseen == []
    # One name of each kind, so that the walk is seen to reach them.
    assert {"id", "pixel_divisor", "training.images.start", "layers[0].units"} <= set(variations)
    assert {"evaluation_sets[1].images.source", "evaluated_at_end shortened"} <= set(variations)


@pytest.mark.parametrize("name", _IDS)
def test_sha256_different_variations_have_different_hashes(name: str) -> None:
    """No two of the alterations are taken for one another."""
    variations = _vary_what_decides(load_catalogue().protocols[name])

    assert len({varied.sha256 for varied in variations.values()}) == len(variations)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"title": "Another"}, id="title"),
        pytest.param({"seeds": {"quick": 1, "full": 2}}, id="seeds"),
        pytest.param({"gate": AccuracyGate(evaluation_set="test", minimum=0.1)}, id="gate"),
        pytest.param({"reconstructions": ()}, id="no reconstructions"),
        pytest.param(
            {"reconstructions": (Reconstruction(choice="a", chosen="b", evidence="c"),)}, id="other reconstructions"
        ),
        pytest.param({"pictured_steps": (1, 2)}, id="other pictures"),
    ],
)
def test_sha256_words_for_readers_do_not_change_it(change: dict[str, Any]) -> None:
    """What is only for readers, or only asserted, leaves records comparable."""
    for protocol in load_catalogue().protocols.values():
        assert protocol.sha256 == replace(protocol, **change).sha256


@pytest.mark.parametrize(
    "written",
    [
        pytest.param({"pixel_divisor": 1}, id="whole number"),
        pytest.param({"pixel_divisor": np.float32(1)}, id="NumPy's number"),
        pytest.param({"evaluated_at_end": ["test"]}, id="list"),
    ],
)
def test_sha256_same_value_written_otherwise_is_the_same(written: dict[str, Any]) -> None:
    """A whole number, a number of NumPy's and a list mean what a float and a tuple do."""
    protocol = load_catalogue().protocols["tf1-basic"]

    assert protocol.sha256 == replace(protocol, **written).sha256


def test_protocol_without_seeds_and_gate_has_the_usual_ones() -> None:
    """Profiles that are left out have the usual runs, and the gate asks only for what is no chance."""
    protocol = load_catalogue().protocols["tf1-basic"]
    given = {field.name: getattr(protocol, field.name) for field in fields(protocol) if field.name != "gate"}

    short = Protocol(**{**given, "seeds": {"full": 7}})

    assert short.seeds == {"brief": 2, "quick": 20, "versions": 20, "full": 7}
    assert short.evaluation_set(short.gate.evaluation_set) is ALL_TEST_IMAGES
    assert short.gate.minimum == 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(Zeros(), Normal(standard_deviation=0.0), id="zeros and a normal of spread 0"),
        pytest.param(Zeros(), Normal(standard_deviation=1.0), id="zeros and a normal"),
    ],
)
def test_sha256_kind_of_initial_values_changes_it(one: Zeros, other: Normal) -> None:
    """Two kinds of initial values differ in the hash even where they have the same effect."""
    protocol = load_catalogue().protocols["julia-linear-lr0.02"]
    (layer,) = protocol.layers

    hashes = {replace(protocol, layers=(replace(layer, weights=kind),)).sha256 for kind in (one, other)}

    assert len(hashes) == 2


def test_sha256_of_what_was_recorded_is_as_it_was() -> None:
    """Experiments, alternatives and faults have the hashes under which their first runs were recorded."""
    catalogue = load_catalogue()
    variants = (*catalogue.alternatives, *catalogue.faults)
    hashes = [each.sha256 for each in (*catalogue.protocols.values(), *(variant.protocol for variant in variants))]

    # printf '%s\n' of the 71 hashes of the commit e8fdfe3, the last without its line's end, | sha256sum
    assert (
        hashlib.sha256("\n".join(hashes).encode()).hexdigest()
        == "1b16370ac3fed70fc53ca23e20e9e162fe7eddcc044d3602e72a0a139eb69b6d"
    )


def test_sha256_is_64_hexadecimal_digits() -> None:
    """The hash is written as SHA-256 is."""
    for protocol in load_catalogue().protocols.values():
        assert len(bytes.fromhex(protocol.sha256)) == 32


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"evaluated_each_period": ("nowhere",)}, id="each period"),
        pytest.param({"evaluated_at_end": ("test", "nowhere")}, id="at the end"),
        pytest.param({"confusion_set": "nowhere"}, id="confusion matrix"),
        pytest.param({"gate": AccuracyGate(evaluation_set="nowhere", minimum=0.5)}, id="gate"),
    ],
)
def test_protocol_undeclared_evaluation_set_is_refused(change: dict[str, Any]) -> None:
    """A protocol evaluates only on sets that it declares, and says which one is missing."""
    with pytest.raises(
        ValueError, match=r"must name a declared evaluation set: validation, test, .*; received 'nowhere'"
    ):
        replace(load_catalogue().protocols["tf1-basic"], **change)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"loss": Loss(kind="quadratic")}, 'must end with sigmoid, .* "quadratic"', id="loss of sigmoids"),
        pytest.param({"running": RunningMeans(name="test")}, "a name that no evaluation set has; .* 'test'", id="name"),
    ],
)
def test_protocol_values_at_odds_are_refused(change: dict[str, Any], rule: str) -> None:
    """A loss fits the last layer, and running means are told from evaluation sets."""
    with pytest.raises(ValueError, match=rule):
        replace(load_catalogue().protocols["tf1-basic"], **change)


def test_measured_each_period_has_the_running_means() -> None:
    """Claims of a period may name the evaluation sets of each period, and the running means."""
    protocol = load_catalogue().protocols["tf1-basic"]

    assert protocol.measured_each_period == protocol.evaluated_each_period
    assert replace(protocol, running=RunningMeans()).measured_each_period[-1] == "running"


def test_evaluation_set_name_gives_the_set_of_that_name() -> None:
    """An evaluation set is found by its name."""
    found = load_catalogue().protocols["julia-mlp-100x100"].evaluation_set("test")

    assert (found.name, found.images.stop) == ("test", 3_000)


@pytest.mark.parametrize(
    ("restart", "expected"), [pytest.param(True, 5, id="restarting"), pytest.param(False, 10, id="going on")]
)
def test_batches_are_as_many_as_a_run_uses(*, restart: bool, expected: int) -> None:
    """A run that restarts each period uses no more batches than a period has steps."""
    training = load_catalogue().protocols["tf1-basic"].training

    short = replace(training, periods=2, steps_per_period=5, restart_each_period=restart)

    assert expected == short.batches


def test_training_restarting_with_images_carried_over_needs_their_steps() -> None:
    """A period that ends where the images do has as many steps as batches start in them."""
    training = load_catalogue().protocols["tf1-basic"].training

    with pytest.raises(ValueError, match=r"steps_per_period must be 66, the batches that 59,000 images start.*1000"):
        replace(training, batch_size=900, last_batch="carried over")
    replace(training, batch_size=900, last_batch="carried over", steps_per_period=66)


def test_batches_incomplete_batch_is_left_out() -> None:
    """What does not fill a batch is not trained on."""
    training = load_catalogue().protocols["tf1-basic"].training

    assert replace(training, images=ImageSlice(source="train", start=0, stop=2_999)).batches == 2


def test_multiplications_linear_model_are_counted_by_hand() -> None:
    """A step of the linear model multiplies 784 x 10 weights forward and for their gradient, for each image."""
    protocol = load_catalogue().protocols["julia-linear-lr0.02"]

    assert protocol.multiplications == 2 * 784 * 10 * 10 * 100


def test_multiplications_net_are_counted_by_hand() -> None:
    """Layers after the first also multiply to pass the gradient on."""
    protocol = load_catalogue().protocols["tf1-basic"]

    assert protocol.multiplications == (2 * 784 * 16 + 3 * 16 * 10) * 1_000 * 10_000
