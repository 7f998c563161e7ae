"""The text of `experiments.py`: what the source tells, and a marked gap for each thing that it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace

from mnist_repro.documents.claim import read_number, read_whole
from mnist_repro.documents.layers import Layer
from mnist_repro.drafting.arguments import Gap
from mnist_repro.drafting.claims import DraftedClaim
from mnist_repro.drafting.optimizers import FoundOptimizer
from mnist_repro.drafting.questions import Answers
from mnist_repro.drafting.recipe import Recipe

_HEAD = '''\
"""The experiments of {title}."""

from __future__ import annotations

from mnist_repro.documents import (
    AccuracyGate,
    Activation,
    Adadelta,
    Adam,
    AveragePooling,
    BatchNormalization,
    ConstantRate,
    Convolution,
    Dropout,
    EvaluationSet,
    Flatten,
    GlorotUniform,
    GradientDescent,
    ImageSlice,
    Layer,
    MaxPooling,
    Normal,
    Protocol,
    Reconstruction,
    RMSprop,
    Training,
    TruncatedNormal,
    Uniform,
    Zeros,
    gap,
)
'''
_OPEN = """
# Questions without an answer: give each --answer KEY=VALUE and draft again, or see that its guess holds and delete its
# line.
"""
_NO_OPTIMIZER = Gap("the optimiser and its learning rate: no source that was read names them")
_MARGIN = 0.02
_KERAS_BATCH = 32


def format_experiments(claims: Sequence[DraftedClaim], recipes: Sequence[tuple[str, Recipe]], answers: Answers) -> str:
    """Return the file of experiments, one for each run.

    Parameters
    ----------
    recipes
        Id of each run's experiment, and what its source tells.
    """
    title = re.sub(r'["\\]', "'", answers["title"])
    parts = [_HEAD.format(title=title)]
    gaps = [f"{q.key}: {q.asks}; the guess is {q.guess}" for q in answers.questions.values() if q.is_open]
    if gaps:
        parts.append(_OPEN + "".join(f"{_gap(text)}\n" for text in gaps))
    for _, recipe in recipes[-1:]:
        if recipe.constants:
            told = ", ".join(f"{name} = {value}" for name, value in recipe.constants.items())
            parts.append(_wrap(f"Constants of the source: {told}."))
    body = "".join(_protocol(name, recipe, claims, answers) for name, recipe in recipes)
    parts.append(f"\nEXPERIMENTS = (\n{body})\n")
    return "".join(parts)


def _wrap(text: str) -> str:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > 115:  # noqa: PLR2004 - a line of the file
            lines.append("")
        lines[-1] += f" {word}"
    return "\n" + "".join(f"#{line}\n" for line in lines)


def _gap(what: str) -> str:
    return f'gap("{re.sub(r"[^ -~]", "?", what).replace(chr(92), "/").replace(chr(34), chr(39))}")'


def _images(answer: str) -> str:
    source, start, stop = re.split("[:-]", answer)
    return f'ImageSlice(source="{source}", start={int(start)}, stop={int(stop)})'


def _protocol(name: str, recipe: Recipe, claims: Sequence[DraftedClaim], answers: Answers) -> str:
    own = [claim for claim in claims if claim.subject == name]
    each_period = _sets(claim for claim in own if claim.period is not None)
    at_end = _sets(claim for claim in own if claim.period is None)
    sets = list(dict.fromkeys([*each_period, *at_end])) or ["test"]
    declared = "".join(
        f'            EvaluationSet(name="{each}", images={_images(answers.get(f"images.{each}", "test:0-10000"))}),\n'
        for each in sets
    )
    fields = {
        "id": f'"{name}"',
        "title": f'"{re.sub(chr(34), chr(39), answers["title"]).replace(chr(92), "/")}: {name}"',
        "layers": _layers(recipe),
        "optimizer": _declare(recipe.optimizer or _NO_OPTIMIZER),
        "training": _training(recipe, own, answers),
        "pixel_divisor": str(recipe.pixel_divisor or _gap("what pixels 0..255 are divided by: 255.0, 256.0 or 1.0")),
        "evaluation_sets": f"(\n{declared}        )",
        "evaluated_each_period": _tuple(each_period),
        "evaluated_at_end": _tuple(at_end),
        "confusion_set": f'"{"test" if "test" in sets else sets[0]}"',
        "seeds": '{"brief": 2, "quick": 20, "versions": 20, "full": 40}',
        "gate": _gate(own),
        "reconstructions": _reconstructions(answers),
    }
    if recipe.loss:
        fields["loss"] = _declare(recipe.loss)
    comments = {
        "loss": "loss",
        "layers": "layers",
        "optimizer": "optimizer",
        "training": "batch_size",
        "pixel_divisor": "pixel_divisor",
    }
    lines = ["    Protocol(\n"]
    for key, value in fields.items():
        told = recipe.cells.get(comments.get(key, ""))
        if key == "gate":
            told = f"the printed accuracy minus {_MARGIN}"
        lines.append((f"        # From {told}.\n" if told else "") + f"        {key}={value},\n")
    return "".join([*lines, "    ),\n"])


def _sets(claims: object) -> list[str]:
    return list(dict.fromkeys(c.evaluation_set for c in claims if c.evaluation_set))  # type: ignore[attr-defined]


def _tuple(names: Sequence[str]) -> str:
    return "(" + "".join(f'"{name}", ' for name in names).rstrip(" " if len(names) < 2 else ", ") + ")"  # noqa: PLR2004


def _layers(recipe: Recipe) -> str:
    if not recipe.layers:
        return _gap("the layers: no source that was read builds them")
    *layers, last = recipe.layers
    if isinstance(last, Layer) and last.activation == "identity":
        last = replace(last, activation="softmax")  # it is part of the loss
    return "(\n" + "".join(f"            {_declare(each)},\n" for each in [*layers, last]) + "        )"


def _declare(value: object) -> str:
    """Return the code of a declaration, without what is at its default."""
    if isinstance(value, Gap):
        return _gap(value)
    if isinstance(value, FoundOptimizer):
        return _call(value.kind.__name__, value.constants)
    if not is_dataclass(value):
        return f'"{value}"' if isinstance(value, str) else repr(value)
    given = {each.name: getattr(value, each.name) for each in fields(value)}
    defaults = {each.name: each.default for each in fields(value)}
    return _call(type(value).__name__, {name: own for name, own in given.items() if own != defaults[name]})


def _call(name: str, arguments: Mapping[str, object]) -> str:
    return f"{name}({', '.join(f'{key}={_declare(value)}' for key, value in arguments.items())})"


def _training(recipe: Recipe, claims: Sequence[DraftedClaim], answers: Answers) -> str:
    images = answers["images.trained-on"]
    start, stop = (int(end) for end in images.partition(":")[2].split("-"))
    last = max((claim.period or 0 for claim in claims), default=0)
    periods = max(recipe.epochs or 0, last)
    batch = recipe.batch_size or (_KERAS_BATCH if recipe.is_fitted else None)
    order = "permuted each period" if recipe.is_shuffled else "as stored"
    all_batches = -(-(stop - start) // batch) if batch and recipe.is_fitted and not recipe.counts_steps else None
    values = {
        "images": _images(images),
        "batch_size": batch or _gap("the images of a step"),
        "periods": periods or _gap("how many periods a run has; one, where the source counts steps alone"),
        "steps_per_period": all_batches or _gap("the steps of a period: how many batches a period has"),
        "restart_each_period": recipe.is_fitted or _gap("whether each period starts again at the first batch"),
        "order": _declare(order) if recipe.is_fitted else _gap("the order of the training images"),
    }
    if recipe.is_fitted:
        values["last_batch"] = '"kept"'
    return "Training(\n" + "".join(f"            {key}={value},\n" for key, value in values.items()) + "        )"


def _gate(claims: Sequence[DraftedClaim]) -> str:
    accuracies = [claim for claim in claims if claim.metric == "accuracy"]
    if not accuracies:
        return _gap("the accuracy that the benchmarks assert: AccuracyGate(evaluation_set=..., minimum=...)")
    final = max(accuracies, key=lambda claim: (claim.period is None, claim.period or 0))
    value = read_number(final.printed, unit=final.unit)[0] / read_whole(final.printed, unit=final.unit)
    return f'AccuracyGate(evaluation_set="{final.evaluation_set}", minimum={max(0.0, round(value - _MARGIN, 2))})'


def _reconstructions(answers: Answers) -> str:
    found = [
        ("images", f"{q.key.removeprefix('images.')}: {q.value}", f"Answered; the guess rested on {q.why}.")
        for q in answers.questions.values()
        if q.key.startswith("images.") and not q.is_open
    ]
    lines = (
        f'            Reconstruction(choice="{choice}", chosen="{chosen}", evidence="{evidence}"),\n'
        for choice, chosen, evidence in found
    )
    return "(\n" + "".join(lines) + "        )" if found else "()"
