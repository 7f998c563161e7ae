"""What source says of the numbers that it prints: found in its syntax tree, or not at all; nothing is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mnist_repro.drafting.expressions import call_name, parse_python
from mnist_repro.drafting.vocabulary import Meaning, look_up

_MOST_DEPTH = 4
_MOST_CELLS = 3
_LABEL_OF = re.compile(r"^(?!.*test)\w*label\w*\((\d{1,5})\)$")
_LABEL_AT = re.compile(r"^(?:train\w*label\w*|label\w*train\w*|y_train)\[(\d{1,5})\]$")
_IMAGES = 60_000
_SETS = {
    "validation": re.compile(r"(?:^|_)(?:x|y|X|Y)?_?(?:val|valid|validation|dev)(?:_|\d*$)", re.IGNORECASE),
    "test": re.compile(r"(?:^|_)test(?:ing)?(?:_|s?$)|mnist\.test", re.IGNORECASE),
    "training": re.compile(r"(?:^|_)train(?:ing)?(?:_|$)", re.IGNORECASE),
}


def find_results(code: str, before: Sequence[str] = ()) -> list[Meaning]:
    """Return the meanings of the numbers that the last expression of `code` returns.

    Parameters
    ----------
    before
        Source that ran before, where its variables may have been assigned.
    """
    tree = parse_python(code)
    last = tree.body[-1] if tree and tree.body else None
    if not isinstance(last, ast.Expr):
        return []
    parts = last.value.elts if isinstance(last.value, (ast.Tuple, ast.List)) else [last.value]
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    assigning = [each for each in before if any(re.search(rf"\b{re.escape(n)}\b.*=", each) for n in names)]
    trees = [*filter(None, map(parse_python, assigning[-_MOST_CELLS:])), *([tree] if tree else [])]
    return [meaning for part in parts for meaning in _mean(part, trees)]


def _mean(node: ast.expr, trees: Sequence[ast.AST]) -> list[Meaning]:
    on = find_set(node)
    if isinstance(node, ast.Call):
        name = call_name(node)
        if name == "evaluate":
            return [Meaning("loss", on), Meaning("accuracy", on)]
        if name == "score" or name.endswith("accuracy_score"):
            return [Meaning("accuracy", on)]
        if name in ("float", "round") and node.args:
            return _mean(node.args[0], trees)
    if isinstance(node, ast.Name):
        assigned = list(_assigned(node.id, trees))
        for value in assigned:
            if (found := _mean(value, [])) and isinstance(value, ast.Call):
                return found
        # What it was computed from says more than its name.
        on = next(filter(None, map(find_set, assigned)), on)
        named = look_up(node.id)
        return [replace(named, evaluation_set=on or named.evaluation_set)] if named else []
    return []


def find_example(code: str) -> int | None:
    """Return the training image, counted from 1, whose label the last line of `code` shows."""
    lines = code.strip().split("\n")
    if match := _LABEL_OF.match(lines[-1].strip()):
        example = int(match[1])
    elif match := _LABEL_AT.match(lines[-1].strip()):
        example = int(match[1]) + 1
    else:
        return None
    return example if 1 <= example <= _IMAGES else None


def find_set(node: ast.AST) -> str | None:
    """Return which images an expression is about, by the names in it."""
    names = set(_names(node))
    found = [name for name, pattern in _SETS.items() if any(pattern.search(each) for each in names)]
    # Of two, such as a network trained before, the rarer says more.
    return found[0] if found else None


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def guess_sets(codes: Iterable[str]) -> dict[str, str]:
    """Return on which images what is printed under a name was measured, by the variables that it comes from.

    Returns
    -------
    dict
        Names as printed, in lower case, with "validation", "test" or "training".
    """
    found: dict[str, str] = {}
    for code in codes:
        tree = parse_python(code)
        for call in ast.walk(tree) if tree else ():
            if tree and isinstance(call, ast.Call) and call_name(call) == "print":
                for name, value in _printed_pairs(call):
                    if (on := _trace(value, tree)) is not None:
                        found[name] = on
    return found


def _printed_pairs(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name that a call of `print` shows, with what is shown behind it."""
    arguments: list[ast.expr] = []
    for argument in call.args:
        if isinstance(argument, ast.JoinedStr):
            arguments += [part.value if isinstance(part, ast.FormattedValue) else part for part in argument.values]
        elif isinstance(argument, ast.Call) and call_name(argument) == "format":
            arguments += _format_parts(argument)
        elif isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Mod):
            arguments += _percent_parts(argument)
        else:
            arguments.append(argument)
    name = ""
    for argument in arguments:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            name = re.sub(r"[\s:=(%)]+$", "", argument.value.strip(" \n\t-,|").lower()).strip()
        elif name:
            yield name.split(",")[-1].strip(" -|("), argument


def _format_parts(call: ast.Call) -> list[ast.expr]:
    function = call.func
    template = function.value if isinstance(function, ast.Attribute) else None
    if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
        return []
    return _interleave(re.split(r"\{[^}]*\}", template.value), call.args)


def _percent_parts(node: ast.BinOp) -> list[ast.expr]:
    if not (isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)):
        return []
    values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
    return _interleave(re.split(r"%[-+.\d]*[a-zA-Z]", node.left.value), values)


def _interleave(texts: Sequence[str], values: Sequence[ast.expr]) -> list[ast.expr]:
    pairs = zip(texts, values, strict=False)
    return [part for text, value in pairs for part in (ast.Constant(value=text), value)]


def _trace(value: ast.expr, tree: ast.AST, *, depth: int = 0, seen: frozenset[str] = frozenset()) -> str | None:
    if (on := find_set(value)) is not None:
        return on
    if depth == _MOST_DEPTH:
        return None
    for name in sorted(set(_names(value)) - seen):
        for assigned in _assigned(name, [tree]):
            if (on := _trace(assigned, tree, depth=depth + 1, seen=seen | {name})) is not None:
                return on
    return None


def _assigned(name: str, trees: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """Yield what is assigned to a name, the last first."""
    values = [
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and any(isinstance(part, ast.Name) and part.id == name for target in node.targets for part in ast.walk(target))
    ]
    yield from reversed(values)
