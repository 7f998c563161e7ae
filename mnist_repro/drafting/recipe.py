"""What source tells of an experiment: layers, optimiser, batches, periods, images. Found in syntax trees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mnist_repro.drafting.arguments import Gap
from mnist_repro.drafting.expressions import Number, call_name, evaluate, find_argument, parse_python, read_text
from mnist_repro.drafting.layers import FoundLayer
from mnist_repro.drafting.network import read_network
from mnist_repro.drafting.optimizers import FoundOptimizer, read_optimizer
from mnist_repro.drafting.source import find_set

TRAINING_IMAGES, TEST_IMAGES = 60_000, 10_000
_EPOCHS = re.compile(r"(?:n|nb|num|training|max|total)?_?epochs?|epochs?_?(?:num|count)?|periods", re.IGNORECASE)
# Losses that say what is trained, and of which the draft does not know whether it is divided.
_OTHER_LOSSES = re.compile(
    r"mse|mean_?squared_?error|mae|mean_?absolute_?error|binary_?cross_?entropy|\w*hinge|kl_?divergence|poisson"
    r"|(?:mse|bce|bcewithlogits|l1|smoothl1|multimargin|huber)loss",
    re.IGNORECASE,
)
_BATCH = re.compile(r"batch_?size|n_?batch|bs", re.IGNORECASE)


@dataclass
class Recipe:
    """What the source of a run tells."""

    layers: list[FoundLayer] = field(default_factory=list)
    optimizer: FoundOptimizer | Gap | None = None
    loss: Gap | None = None  #: where it is another than cross entropy
    batch_size: int | None = None
    is_shuffled: bool = True  #: whether Keras's `fit` takes the images in a new order each period
    counts_steps: bool = False  #: whether `fit` is told how many steps a period has
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
        recipe.layers = read_network(tree, names=recipe.constants, before=recipe.layers)
        recipe.is_keras = recipe.is_keras or any(call_name(call) == "Dense" for call in calls)
        for call in calls:
            recipe.optimizer = read_optimizer(call, recipe.constants) or recipe.optimizer
            _read_loss(call, recipe)
            _read_fit(call, recipe, slices)
        _read_divisor(tree, recipe)
        recipe.cells |= {name: label for name in before if name != "cells" and before[name] != repr(vars(recipe)[name])}
    for name, value in recipe.constants.items():
        if recipe.batch_size is None and _BATCH.fullmatch(name):
            recipe.batch_size, recipe.cells["batch_size"] = int(value), recipe.cells["constants"]
        if recipe.epochs is None and _EPOCHS.fullmatch(name):
            recipe.epochs, recipe.cells["epochs"] = int(value), recipe.cells["constants"]
    return recipe


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


def _read_loss(call: ast.Call, recipe: Recipe) -> None:
    name, loss = call_name(call), find_argument(call, "loss", position=1)
    if name == "compile":
        name = call_name(loss) if isinstance(loss, ast.Call) else read_text(loss) or ""
    elif not name.endswith("Loss"):
        return
    recipe.loss = Gap(f"the loss: the source has {name}") if _OTHER_LOSSES.fullmatch(name) else None


def _read_fit(call: ast.Call, recipe: Recipe, slices: dict[str, str]) -> None:
    if call_name(call) != "fit":
        return
    epochs = evaluate(find_argument(call, "epochs", "nb_epoch"), recipe.constants)
    batch = evaluate(find_argument(call, "batch_size"), recipe.constants)
    recipe.epochs = int(epochs) if epochs else recipe.epochs
    recipe.batch_size = int(batch) if batch else recipe.batch_size
    trained_on = f"train:0-{TRAINING_IMAGES}"
    if call.args and isinstance(call.args[0], ast.Name):
        trained_on = slices.get(call.args[0].id, trained_on)
    recipe.trained_on = trained_on
    recipe.is_shuffled = getattr(find_argument(call, "shuffle"), "value", True) is not False
    recipe.counts_steps = find_argument(call, "steps_per_epoch") is not None
    split = evaluate(find_argument(call, "validation_split"), recipe.constants)
    data = find_argument(call, "validation_data")
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
