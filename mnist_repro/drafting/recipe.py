"""What source tells of an experiment: layers, optimiser, batches, periods, images. Found in syntax trees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mnist_repro.drafting.source import call_name, find_set, parse_python

TRAINING_IMAGES, TEST_IMAGES = 60_000, 10_000
_LARGEST = 10**9
_MOST_POWER = 16
_EPOCHS = re.compile(r"(?:n|nb|num|training|max|total)?_?epochs?|epochs?_?(?:num|count)?|periods", re.IGNORECASE)
_BATCH = re.compile(r"batch_?size|n_?batch|bs", re.IGNORECASE)
_OTHER_LAYERS = re.compile(
    r"(?:Separable)?Conv[123]?[dD]\w*|(?:Max|Average|Avg)Pool\w*|\w*BatchNorm\w*|LSTM|GRU|SimpleRNN"
)
_OTHER_OPTIMIZERS_NAMES = (
    "RMSprop RMSPropOptimizer Adadelta AdadeltaOptimizer Adagrad AdagradOptimizer Adamax Nadam AdamW Ftrl "
    "Momentum MomentumOptimizer MomentumSGD"
)
_OTHER_OPTIMIZERS = frozenset(_OTHER_OPTIMIZERS_NAMES.split())
_BY_NAME = {"sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop", "adadelta": "Adadelta", "adagrad": "Adagrad"}
Number = int | float


@dataclass(frozen=True, kw_only=True)
class Dense:
    """A fully connected layer as the source has it; None where that says nothing."""

    units: int | None
    activation: str | None
    initial: str | None  #: of weights and biases, as Keras calls it; None: its default
    keep_probability: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """An optimiser as the source has it."""

    kind: str  #: "Adam", "GradientDescent", or another's name
    rate: float | None
    rate_source: str  #: the expression of the rate
    epsilon: float
    momentum: bool = False


@dataclass
class Recipe:
    """What the source of a run tells."""

    layers: list[Dense] = field(default_factory=list)
    other_layers: list[str] = field(default_factory=list)  #: layers whose settings are not read
    optimizer: Optimizer | None = None
    batch_size: int | None = None
    epochs: int | None = None
    pixel_divisor: float | None = None
    trained_on: str | None = None  #: such as train:0-60000
    validation: str | None = None
    is_keras: bool = False
    constants: dict[str, Number] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)  #: which cell told what

    @property
    def is_fitted(self) -> bool:
        """Whether Keras's `fit` trains, whose batches and order are known; its layers alone say nothing of them."""
        return self.is_keras and self.trained_on is not None


def read_recipe(sources: Iterable[tuple[str, str]]) -> Recipe:
    """Return what the source of a run and all before it tell; what comes later replaces what came earlier.

    Parameters
    ----------
    sources
        Label and code of each cell, in the order in which they ran.
    """
    recipe = Recipe()
    slices: dict[str, str] = {}
    for label, code in sources:
        tree = parse_python(code)
        if tree is None:
            continue
        before = {name: repr(value) for name, value in vars(recipe).items()}
        _read_assignments(tree, recipe, slices)
        calls = sorted(
            (node for node in ast.walk(tree) if isinstance(node, ast.Call)),
            key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0),
        )
        _read_layers(calls, recipe)
        for call in calls:
            _read_optimizer(call, recipe)
            _read_fit(call, recipe, slices)
        _read_divisor(tree, recipe)
        recipe.cells |= {name: label for name in before if name != "cells" and before[name] != repr(vars(recipe)[name])}
    for name, value in recipe.constants.items():
        if recipe.batch_size is None and _BATCH.fullmatch(name):
            recipe.batch_size, recipe.cells["batch_size"] = int(value), recipe.cells["constants"]
        if recipe.epochs is None and _EPOCHS.fullmatch(name):
            recipe.epochs, recipe.cells["epochs"] = int(value), recipe.cells["constants"]
    return recipe


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


def _read_assignments(tree: ast.AST, recipe: Recipe, slices: dict[str, str]) -> None:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target, value in _pairs(node):
            if isinstance(target, ast.Name):
                number = evaluate(value, recipe.constants)
                if number is not None:
                    recipe.constants[target.id] = number
                if images := _slice_of(value, recipe.constants):
                    slices[target.id] = images


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value


def _slice_of(node: ast.expr, names: dict[str, Number]) -> str | None:
    """Return the images that a slice such as `x_train[:10000]` has."""
    if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)):
        return None
    on = find_set(node.value)
    if on not in ("training", "test"):
        return None
    size = TRAINING_IMAGES if on == "training" else TEST_IMAGES
    ends = []
    for end, default in ((node.slice.lower, 0), (node.slice.upper, size)):
        value = default if end is None else evaluate(end, names)
        if value is None or int(value) != value:
            return None
        ends.append(int(value) + (size if value < 0 else 0))
    return f"{'train' if on == 'training' else 'test'}:{ends[0]}-{ends[1]}" if 0 <= ends[0] < ends[1] <= size else None


def _keyword(call: ast.Call, *names: str, position: int | None = None) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg in names:
            return keyword.value
    return call.args[position] if position is not None and len(call.args) > position else None


def _text(node: ast.expr | None) -> str | None:
    """Return what a string says, or the last name of an expression such as `tf.nn.relu`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.lower()
    return node.attr.lower() if isinstance(node, ast.Attribute) else None


def _read_layers(calls: Sequence[ast.Call], recipe: Recipe) -> None:
    """Take the layers of the last network that a cell builds."""
    layers: list[Dense] = []
    others: list[str] = []
    for call in calls:
        name = call_name(call)
        if name == "Dense" or (name == "dense" and call.args):
            shift = int(name == "dense")
            units = evaluate(_keyword(call, "units", "output_dim", position=shift), recipe.constants)
            activation = _text(_keyword(call, "activation", position=1 + shift))
            initial = _text(_keyword(call, "kernel_initializer", "init"))
            layers.append(Dense(units=None if units is None else int(units), activation=activation, initial=initial))
            recipe.is_keras = recipe.is_keras or name == "Dense"
        elif name == "Activation" and layers and layers[-1].activation is None:
            layers[-1] = _changed(layers[-1], activation=_text(_keyword(call, "activation", position=0)))
        elif name == "Dropout" and layers and not others:
            rate = evaluate(_keyword(call, "rate", "p", position=0), recipe.constants)
            if rate is not None and 0 <= rate < 1:
                layers[-1] = _changed(layers[-1], keep_probability=round(1 - rate, 6))
        elif name == "Linear" and len(call.args) > 1:
            units = evaluate(call.args[1], recipe.constants)
            layers.append(Dense(units=None if units is None else int(units), activation=None, initial="pytorch"))
        elif _OTHER_LAYERS.fullmatch(name):
            others.append(name)
        elif name == "Sequential" and not call.args and not call.keywords:
            layers, others = [], []
    if layers or others:
        recipe.layers, recipe.other_layers = layers, others


def _changed(layer: Dense, **changes: object) -> Dense:
    return Dense(**{**vars(layer), **changes})


def _read_optimizer(call: ast.Call, recipe: Recipe) -> None:
    name, rate, epsilon = call_name(call), None, 1e-8
    named = _text(_keyword(call, "optimizer", position=0)) if name == "compile" else None
    if named in _BY_NAME:
        name, epsilon = _BY_NAME[named], 1e-7
        rate = {"SGD": 0.01, "Adam": 0.001}.get(name)
        recipe.optimizer = _optimizer(name, rate=rate, source=f"{named}'s default", epsilon=epsilon)
        return
    if name not in ("SGD", "Adam", "GradientDescentOptimizer", "AdamOptimizer", *_OTHER_OPTIMIZERS):
        return
    # PyTorch's first argument are the weights.
    is_pytorch = bool(call.args) and isinstance(call.args[0], ast.Call) and call_name(call.args[0]) == "parameters"
    given = _keyword(call, "learning_rate", "lr", position=1 if is_pytorch else 0)
    default = {"SGD": 0.01, "Adam": 0.001, "AdamOptimizer": 0.001}.get(name) if given is None else None
    momentum = evaluate(_keyword(call, "momentum"), recipe.constants)
    if name in ("SGD", "Adam") and not is_pytorch:
        epsilon = 1e-7
    recipe.optimizer = _optimizer(
        name,
        rate=default if given is None else evaluate(given, recipe.constants),
        source="" if given is None else ast.unparse(given)[:60],
        epsilon=epsilon,
        momentum=bool(momentum),
    )


def _optimizer(name: str, *, rate: Number | None, source: str, epsilon: float, momentum: bool = False) -> Optimizer:
    kind = {"SGD": "GradientDescent", "GradientDescentOptimizer": "GradientDescent", "AdamOptimizer": "Adam"}
    return Optimizer(
        kind=kind.get(name, name),
        rate=None if rate is None else float(rate),
        rate_source=source,
        epsilon=epsilon,
        momentum=momentum,
    )


def _read_fit(call: ast.Call, recipe: Recipe, slices: dict[str, str]) -> None:
    if call_name(call) != "fit":
        return
    epochs = evaluate(_keyword(call, "epochs", "nb_epoch"), recipe.constants)
    batch = evaluate(_keyword(call, "batch_size"), recipe.constants)
    recipe.epochs = int(epochs) if epochs else recipe.epochs
    recipe.batch_size = int(batch) if batch else recipe.batch_size
    trained_on = f"train:0-{TRAINING_IMAGES}"
    if call.args and isinstance(call.args[0], ast.Name):
        trained_on = slices.get(call.args[0].id, trained_on)
    recipe.trained_on = trained_on
    split = evaluate(_keyword(call, "validation_split"), recipe.constants)
    data = _keyword(call, "validation_data")
    if split and 0 < split < 1:
        first = round(TRAINING_IMAGES * (1 - split))
        recipe.trained_on, recipe.validation = f"train:0-{first}", f"train:{first}-{TRAINING_IMAGES}"
    elif isinstance(data, (ast.Tuple, ast.List)) and data.elts:
        images = data.elts[0]
        name = images.id if isinstance(images, ast.Name) else ""
        recipe.validation = slices.get(name) or (f"test:0-{TEST_IMAGES}" if find_set(images) == "test" else None)


def _read_divisor(tree: ast.AST, recipe: Recipe) -> None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div):
            right = node.right if isinstance(node, ast.BinOp) else node.value
            value = evaluate(right, {})
            if value in (255, 256):
                recipe.pixel_divisor = float(value)
        elif isinstance(node, ast.Call) and call_name(node) in ("ToTensor", "read_data_sets"):
            recipe.pixel_divisor = 255.0
