"""What docstrings say of parameters is said of those that there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "mnist_repro"
_PARAMETERS = re.compile(r"^Parameters\n-+\n(.*?)(?=^\w+\n-+\n|\Z)", re.DOTALL | re.MULTILINE)


def find_unknown(source: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters that a docstring describes and its function or class does not have, with the latter."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        section = _PARAMETERS.search(ast.get_docstring(node) or "")
        lines = section[1].splitlines() if section else []
        described = [name for line in lines if line and not line.startswith(" ") for name in line.split(", ")]
        yield from ((node.name, name) for name in described if name not in _parameters(node))


def _parameters(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    if isinstance(node, ast.FunctionDef):
        return {each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    # A dataclass has its fields, another class what it is made with.
    fields = {
        each.target.id for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    made_with = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
    return fields.union(*map(_parameters, made_with))


@pytest.mark.parametrize(
    "file", [pytest.param(file, id=str(file.relative_to(PACKAGE))) for file in sorted(PACKAGE.rglob("*.py"))]
)
def test_docstrings_describe_parameters_that_there_are(file: Path) -> None:
    """No docstring tells of a parameter that was renamed or is gone."""
    assert list(find_unknown(file.read_text(encoding="utf-8"))) == []


def test_find_unknown_finds_what_is_gone() -> None:
    """A function, a dataclass and another class are each seen to describe what they do not have."""
    section = (
        '"""Do.\n\n    Parameters\n    ----------\n    a, b\n        Both.\n\n    Returns\n    -------\n    c\n    """'
    )
    function = f"def f(a, *, d):\n    {section}\n"
    dataclass = f"class D:\n    {section}\n    a: int\n"
    other = f"class O:\n    {section}\n    def __init__(self, b):\n        pass\n"

    assert list(find_unknown(function + dataclass + other)) == [("f", "b"), ("D", "b"), ("O", "a")]
