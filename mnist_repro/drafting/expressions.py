"""Python's expressions in a syntax tree: numbers, texts, and the arguments of calls; nothing is run."""

from __future__ import annotations

import ast
import re
import warnings

_MOST_LETTERS = 200_000
# Far below Python's limit of recursion, and more than the deepest lines that people write.
_MOST_DEPTH = 300
_LARGEST = 10**9
_MOST_POWER = 16
Number = int | float


def parse_python(code: str) -> ast.Module | None:
    """Return the syntax tree of Python without a notebook's magics; None where there is none, or it is too deep."""
    if len(code) > _MOST_LETTERS:
        return None
    plain = "\n".join("" if re.match(r"\s*[%!?]", line) else line for line in code.split("\n"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    level: list[ast.AST] = [tree]
    for _ in range(_MOST_DEPTH):
        level = [part for node in level for part in ast.iter_child_nodes(node)]
    return None if level else tree


def call_name(node: ast.Call) -> str:
    """Return the last part of what is called, such as "fit" of `model.fit(...)`."""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def evaluate(node: ast.expr | None, names: dict[str, Number]) -> Number | None:
    """Return the number that an expression of numbers and known names is, or None."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value if abs(node.value) < _LARGEST else None  # type: ignore[arg-type, return-value]
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = evaluate(node.operand, names)
        return None if value is None else -value
    if isinstance(node, ast.BinOp):
        left, right = evaluate(node.left, names), evaluate(node.right, names)
        if left is not None and right is not None:
            return _combine(node.op, left, right)
    return None


def _combine(operator: ast.operator, left: Number, right: Number) -> Number | None:
    try:
        if isinstance(operator, ast.Add):
            value = left + right
        elif isinstance(operator, ast.Sub):
            value = left - right
        elif isinstance(operator, ast.Mult):
            value = left * right
        elif isinstance(operator, ast.Div):
            value = left / right
        elif isinstance(operator, ast.FloorDiv):
            value = left // right
        elif isinstance(operator, ast.Pow) and abs(right) <= _MOST_POWER:
            value = left**right
        else:
            return None
    except (ArithmeticError, ValueError):
        return None
    return value if isinstance(value, (int, float)) and abs(value) < _LARGEST else None


def find_argument(call: ast.Call, *names: str, position: int | None = None) -> ast.expr | None:
    """Return the argument of a call that has one of the names, or stands at a position; None where neither is."""
    for keyword in call.keywords:
        if keyword.arg in names:
            return keyword.value
    return call.args[position] if position is not None and len(call.args) > position else None


def read_text(node: ast.expr | None) -> str | None:
    """Return what a string says, or the last name of an expression such as `tf.nn.relu`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.lower()
    return node.attr.lower() if isinstance(node, ast.Attribute) else None
