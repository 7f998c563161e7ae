"""Inputs made by chance from right ones: bytes changed, and values of a tree replaced, removed, doubled or added."""

from __future__ import annotations

import json
import math
from copy import deepcopy
from datetime import date, datetime
from typing import Any

from hypothesis import strategies as st

_NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 1e308, -1e308, 5e-324, 2**63, 2**70, 10**400, math.inf, math.nan, -0.0, True, False]),
)
_TEXTS = st.one_of(
    st.text(max_size=8), st.sampled_from(["", "nan", "1e999", "0", "-1", "x" * 3_000, "\0", "../..", "\u202e"])
)
VALUES = st.recursive(
    st.one_of(st.none(), _NUMBERS, _TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def changed_bytes(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw `content` with some pieces replaced, removed, put twice or moved."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.sampled_from([0, 1, 2, 8, 64, 1 << 20])))
        kept = content[start:end]
        put = draw(
            st.one_of(
                st.binary(max_size=4),
                st.sampled_from([b"", kept + kept, kept[::-1], b"\n", b"\r", b'"', b"{", b"[" * 3_000, b"NaN", b"\0"]),
            )
        )
        content = content[:start] + put + content[end:]
    return content


@st.composite
def changed_trees(draw: st.DrawFn, tree: Any) -> Any:
    """Draw a tree of tables and arrays in which one to three places were changed."""
    tree = deepcopy(tree)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(tree))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        action = draw(st.sampled_from(["replace", "replace", "nudge", "remove", "add"]))
        if action == "replace":
            holder[key] = draw(VALUES)
        elif action == "nudge":
            holder[key] = _nudge(draw, holder[key])
        elif action == "remove":
            del holder[key]
        elif isinstance(holder, dict):
            holder[draw(st.text(max_size=5))] = draw(VALUES)
        else:
            holder.insert(key, deepcopy(holder[key]))
    return tree


def _nudge(draw: st.DrawFn, value: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return draw(_NUMBERS)
    if isinstance(value, str):
        return draw(_TEXTS)
    return type(value)() if isinstance(value, (list, dict)) else value


def _places(tree: Any) -> Any:
    """Yield each place of a tree as what holds it, and its key or index there."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(value, (dict, list)):
            yield from _places(value)


def write_toml(tree: dict[str, Any]) -> str:
    """Write a tree as TOML, with all tables inline; what TOML lacks, it is refused by its reader."""
    return "".join(f"{_write_text(key)} = {_write_value(value)}\n" for key, value in tree.items())


def _write_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_write_text(key)} = {_write_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_write_value, value)) + "]"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, str):
        return _write_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else repr(value)


def _write_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
