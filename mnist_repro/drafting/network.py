"""A network from source: which calls make its layers, and in which order."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mnist_repro.documents.layers import Activation, Convolution, Dropout, Flatten, Layer
from mnist_repro.drafting.arguments import Gap
from mnist_repro.drafting.expressions import Number, call_name
from mnist_repro.drafting.layers import FoundLayer, declare_layer, describe_layer, is_layer

_BRANCHES = (ast.For, ast.While, ast.If, ast.ListComp, ast.GeneratorExp)


def read_network(tree: ast.AST, *, names: dict[str, Number], before: Sequence[FoundLayer] = ()) -> list[FoundLayer]:
    """Return the layers of the last network that a cell builds, or of the one before with those that the cell adds.

    Parameters
    ----------
    names
        Numbers that are known by a name.
    before
        The layers of the network before; they are returned where the cell makes none.

    Returns
    -------
    list
        Each layer as an experiment declares it, or in words what it is and why it is not read.
    """
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    # A layer that is called at once stands where its values come out.
    applied: dict[ast.AST, ast.Call] = {call.func: call for call in calls}
    calls.sort(key=lambda call: _end(applied.get(call, call)))
    elements = {each for call in calls for each in _list_elements(call)}
    classes = {part: each for each in ast.walk(tree) if isinstance(each, ast.ClassDef) for part in ast.walk(each)}
    made: list[ast.expr] = []
    is_new = False
    for call in calls:
        if call_name(call) == "Sequential" and call not in elements and call not in classes:
            inside = set(ast.walk(call))
            made, is_new = [each for each in made if each in inside], True
            made += [each for each in _list_elements(call) if not isinstance(each, ast.Call)]
        elif call in elements or is_layer(call):
            made.append(call)
            is_new = is_new or not (call in elements or call in applied)
    if len({classes.get(each) for each in made}) > 1:
        return [describe_layer(each, "a class and code beside it make layers") for each in made]
    branched = set(_list_branched(tree))
    layers: list[FoundLayer] = [] if is_new else [*before]
    unsure: dict[int, Gap] = {}
    for each in made:
        place = len(layers)
        layer = (
            describe_layer(each, "a loop or a condition makes it") if each in branched else declare_layer(each, names)
        )
        if not (each in elements or each in applied or isinstance(layer, Gap | Layer | None)):
            layer = describe_layer(each, "it is made apart from where it stands")
        _append(layers, layer)
        if len(layers) > place and each not in elements:
            unsure[place] = describe_layer(each, "its activation, if it has one, stands elsewhere")
    for place, text in unsure.items():
        if place < len(layers) - 1 and getattr(layers[place], "activation", None) == "identity":
            layers[place] = text
    return layers or [*before]


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


def _list_elements(call: ast.Call) -> Sequence[ast.expr]:
    """Return what a call puts into a network one after the other."""
    if call_name(call) == "Sequential":
        given = [*call.args, *(each.value for each in call.keywords if each.arg == "layers")]
        return given[0].elts if given and isinstance(given[0], ast.List | ast.Tuple) else given
    if call_name(call) == "add":
        return [each for each in call.args if isinstance(each, ast.Call) and call_name(each)[:1].isupper()]
    return []


def _list_branched(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what a loop repeats or a condition decides on within one network."""
    for branch in ast.walk(tree):
        if isinstance(branch, _BRANCHES):
            inside = list(ast.walk(branch))
            if not any(isinstance(each, ast.Call) and call_name(each) == "Sequential" for each in inside):
                yield from inside


def _append(layers: list[FoundLayer], layer: FoundLayer | None) -> None:
    """Append a layer, or give what it does to the last one: an activation, or a dense layer's dropout."""
    last = layers[-1] if layers else None
    match layer, last:
        case (None, _) | (Flatten(), None):
            pass
        case Activation(activation=activation), Convolution(activation="identity"):
            layers[-1] = replace(last, activation=activation)
        case Activation(activation=activation), Layer(activation="identity", keep_probability=1.0):
            layers[-1] = replace(last, activation=activation)
        case Dropout(keep_probability=kept), Layer(keep_probability=1.0):
            layers[-1] = replace(last, keep_probability=kept)
        case _:
            layers.append(layer)
