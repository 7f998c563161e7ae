"""Hostile text for every medium, put before every text of results, records, claims, protocols and measurements."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from mnist_repro.datasets.dataset import Dataset

# What ends a tag, an attribute or a comment, and what a template or an entity is made of.
_HTML = (
    "\"'></style></title></details><script>alert(1)</script><img src=x onerror=alert(1)>"
    "<!-- end of figure -->{{ 7 }}&lt;"
)
_MARKDOWN = (
    "a | b `c` ``d`` **e** _f_ ~~g~~ [h](e.md) ![i](j.png) [k]: l \\| <https://example.org>\n\n# m\n- n\n---\n```\n"
)
_TERMINAL = (
    "\x1b[31mo\x1b]0;p\x07\x9b1m\x00\b\r::error::q\n::stop-commands::r\n##[error]s ##vso[task.complete]t [red]u[/red]"
)
_LETTERS = "\ud800v\udfff \u202ew\u2066 \u200bx\ufeff \uffff \U000e0041 $y_z$ \u2028"
HOSTILE = f"# {_HTML} {_MARKDOWN} {_TERMINAL} {_LETTERS}"

# What no medium shows as it is, but a page its line ends.
UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\uffff\U000e0041]"
)
# A command of a CI: at the start of a line, or anywhere.
COMMAND = re.compile(r"^\s*::[a-z]|##[a-z]*\[", re.MULTILINE)

# Texts that decide: by them a number is read, a rule is chosen, or the stand-in told from MNIST.
_DECIDING = frozenset({"seeds", "metric", "unit", "printed", "printed_unit", "dataset", "started", "pattern", "url"})


def poison(value: Any, *, keep: Collection[str] = ()) -> Any:
    """Return a value with hostile text before every text in it, the same before the same, also in names of dicts.

    A text that may be one of a few, by its type, stays as it is; so do those of `keep`.
    """
    if isinstance(value, str):
        return value if not value or value in keep else HOSTILE + value
    if isinstance(value, (tuple, list, frozenset)):
        return type(value)(poison(item, keep=keep) for item in value)
    if isinstance(value, dict):
        return {poison(key, keep=keep): poison(item, keep=keep) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        changed = {
            field.name: poison(getattr(value, field.name), keep=keep)
            for field in fields(value)
            if field.init and field.name not in _DECIDING and not _is_choice(hints[field.name])
        }
        return replace(value, **changed)  # type: ignore[type-var]
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    # A name that a module imports for its types alone.
    return get_type_hints(kind, localns={"Dataset": Dataset}, include_extras=True)


def _is_choice(hint: Any) -> bool:
    """Return whether a text of this type is one of a few."""
    if get_origin(hint) is Annotated:
        return _is_choice(get_args(hint)[0])
    return get_origin(hint) is Literal or any(map(_is_choice, get_args(hint)))
