"""Write the tables of fields on the page that says how a document is declared.

python tests/support/fields_page.py
"""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from mnist_repro.documents import (
    claim,
    claim_tables,
    comparison,
    document,
    explanation,
    layers,
    losses,
    optimizers,
    output,
    protocol,
    revision,
    statement,
)

PAGE = Path(__file__).parents[2] / "docs" / "declaring.md"
MODULES = (
    protocol,
    layers,
    losses,
    optimizers,
    document,
    claim_tables,
    output,
    statement,
    comparison,
    explanation,
    revision,
)
# What an entry of the file says is explained where the object is declared that it becomes.
EXPLAINED = {"Entry": claim.Claim, "QuantityTable": claim.Claim, "_File": document.Document}

_BLOCK = re.compile(r"(<!-- fields of (\w+) -->\n).*?(?=<!-- end of fields -->)", re.DOTALL)


def renew(page: str) -> str:
    """Return a page with all its tables of fields written again."""
    return _BLOCK.sub(lambda block: block[1] + format_fields(find_class(block[2])), page)


def find_class(name: str) -> type:
    """Return the dataclass of this name, with or without an underscore before it."""
    found = [vars(module)[each] for module in MODULES for each in (name, f"_{name}") if each in vars(module)]
    return found[0]


def format_fields(kind: type) -> str:
    """Return a table with a row for each field: name, rule, default, and what stands beside it in the code."""
    hints = get_type_hints(kind, include_extras=True)
    meanings = {**_read_comments(EXPLAINED.get(kind.__name__, kind)), **_read_comments(kind)}
    rows = [
        f"| `{each.name}` | {_name_kind(hints[each.name])} | {_name_default(each)} | {meanings.get(each.name, '')} |\n"
        for each in fields(kind)
    ]
    return "".join(["\n| field | value | default | meaning |\n|---|---|---|---|\n", *rows, "\n"])


def _read_comments(kind: type) -> dict[str, str]:
    """Return what stands behind ``#:`` beside or above each field, also of the classes that it extends."""
    comments: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        above: list[str] = []
        for line in inspect.getsource(each).splitlines() if is_dataclass(each) else ():
            if match := re.match(r"    #: (.+)", line):
                above.append(match[1])
            elif match := re.match(r"    (\w+): (?:.*?#: (.+))?", line):
                if text := match[2] or " ".join(above):
                    comments[match[1]] = text
                above = []
    return comments


def _name_kind(kind: Any) -> str:
    """Return in words what a field takes."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        described = next((meta.description for meta in arguments[1:] if meta.description), "")
        return described or _name_kind(arguments[0])
    if origin is Literal:
        return " or ".join(f'`"{each}"`' for each in arguments)
    if origin in {Union, UnionType}:
        return " or ".join(dict.fromkeys(_name_kind(each) for each in arguments if each is not NoneType))
    if origin is tuple:
        return f"list of: {_name_kind(arguments[0])}"
    if origin is not None:  # a mapping
        return f"by name: {_name_kind(arguments[1])}"
    named = f"`{kind.__name__.lstrip('_')}`"
    return (
        named
        if is_dataclass(kind)
        else {str: "text", int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "any")
    )


def _name_default(each: Field[Any]) -> str:
    if each.default is MISSING and each.default_factory is MISSING:
        return "needed"
    value = each.default if each.default_factory is MISSING else each.default_factory()
    return "" if value is None or value in ((), {}) or is_dataclass(value) else f"`{value!r}`"


if __name__ == "__main__":
    PAGE.write_text(renew(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
