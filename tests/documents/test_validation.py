"""Parsed values become dataclasses exactly, or are refused with place, rule and what was received."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from mnist_repro.documents.validation import MisfitError, Positive, convert


class Colour(Enum):
    """Two members whose names are not their values."""

    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A dataclass with a rule between its fields."""

    pair: tuple[Positive, Positive]

    def __post_init__(self) -> None:
        MADE.append(self)
        if self.pair[0] > self.pair[1]:
            msg = "the pair ascends"
            raise ValueError(msg)


MADE: list[Part] = []


class Open(msgspec.Struct):
    """What may have other keys, too."""

    colour: Colour


@dataclass(frozen=True, kw_only=True)
class Whole:
    """One field of each kind."""

    parts: dict[str, tuple[Part, ...]]
    opened: Open
    kind: Literal["a", "b"] = "a"
    count: Annotated[int, Meta(ge=1, description="a count")] | None = None


def whole(**changes: Any) -> dict[str, Any]:
    """Return valid values with changes."""
    return {"parts": {"x": [{"pair": [1, 2.0]}]}, "opened": {"colour": "red", "size": 3}, **changes}


def test_convert_valid_values_are_the_dataclass() -> None:
    """Lists are tuples, whole numbers are floats, text is a member; other keys of a struct are ignored."""
    found = convert(whole(count=2), Whole)

    assert found == Whole(parts={"x": (Part(pair=(1.0, 2.0)),)}, opened=Open(Colour.RED), count=2)
    assert isinstance(found.parts["x"][0].pair[0], float)


def test_convert_nested_object_is_made_once() -> None:
    """A value that fits is converted once, however deep it lies."""
    MADE.clear()

    found = convert(whole(), Whole)

    assert list(found.parts["x"]) == MADE


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"parts": {"x": [{"pair": [1, -2]}]}}, ".parts.x[0].pair[1] must be a positive number", id="range"
        ),
        pytest.param({"parts": {"x": [{"pair": [1]}]}}, ".parts.x[0].pair must be array of length 2", id="length"),
        pytest.param({"parts": {"x": [{"pair": [2, 1]}]}}, ".parts.x[0]: the pair ascends", id="between fields"),
        pytest.param({"parts": {"x": [{}]}}, ".parts.x[0] needs pair; received no key", id="missing key"),
        pytest.param({"parts": [1]}, ".parts must be object; received [1]", id="list for table"),
        pytest.param({"opened": {"colour": "RED"}}, ".opened.colour must be one of red, green", id="no member"),
        pytest.param({"opened": {}}, ".opened needs colour", id="missing key of a struct"),
        pytest.param({"kind": "c"}, ".kind must be one of a, b; received 'c'", id="no literal"),
        pytest.param({"count": 0}, ".count must be a count; received 0", id="range of an optional"),
        pytest.param({"count": True}, ".count must be a count; received True", id="true for 1"),
        pytest.param(
            {"parts": {"x": [{"pair": [1, 2], "pear": 3}]}}, ".parts.x[0] may have the keys pair;", id="unknown within"
        ),
        pytest.param({"cuont": 1, "count": 0}, " may have the keys parts, opened, kind, count; received", id="unknown"),
    ],
)
def test_convert_misfit_names_place_and_rule(changes: dict[str, Any], message: str) -> None:
    """The innermost value that does not fit is named by its place, with its rule; an unknown key goes first."""
    with pytest.raises(MisfitError) as caught:
        convert(whole(**changes), Whole, where="whole")

    assert str(caught.value).startswith(f"whole{message}")
