"""A protocol's hash changes with all that decides a run, and with nothing else."""

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
from mnist_repro.documents.protocol import AccuracyGate, Protocol, Reconstruction

_IDS = list(load_catalogue().protocols)
# Words and pictures for readers, and what is asserted afterwards.
_NOT_DECIDING = {"title", "seeds", "gate", "reconstructions", "pictured_steps", "repeats_batches"}
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


def test_load_protocols_hashes_are_all_different() -> None:
    """No two experiments are taken for one."""
    assert len({protocol.sha256 for protocol in load_catalogue().protocols.values()}) == 6


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
