"""What programs call what they measure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LOSS = frozenset(["loss", "losses", "cost", "nll", "xent", "crossentropy", "logloss", "objective"])
_ACCURACY = frozenset(["acc", "accuracy", "acccuracy", "accuracies", "score", "correct", "correctly"])
_ERROR = frozenset(["err", "error", "errors", "wrong", "incorrect", "misclassified"])
_SETS = {
    "validation": frozenset(["val", "valid", "validation", "validating", "dev", "eval", "evaluation"]),
    "test": frozenset(["test", "testing", "tst"]),
    "training": frozenset(["train", "training", "main"]),
}
_MINI_BATCH = frozenset(["batch", "minibatch", "mb"])
# Measures that no experiment has.
_OTHER_NAMES = (
    "initial baseline time speed mse mae rmse precision recall f1 auc macro weighted std stddev ppl perplexity norm "
    "top5 kl"
)
_OTHER = frozenset(_OTHER_NAMES.split())
_MOST_WORDS = 8


@dataclass(frozen=True)
class Meaning:
    """What a printed name means."""

    metric: str | None  #: a key of `METRIC_UNITS`; None: something that no experiment measures
    evaluation_set: str | None = None  #: "validation", "test" or "training", where the name says it
    mini_batch: bool = False  #: whether it is of one mini-batch


def find_set_name(name: str) -> str | None:
    """Return the images that a name is of which says nothing else, as "Train" does; None for any other name."""
    words = set(re.findall(r"[a-z]+", name.lower()))
    return next((on for on, its_words in _SETS.items() if words and words <= its_words), None)


def look_up(name: str) -> Meaning | None:
    """Return what a printed name means, or None where it says nothing that is known."""
    words = re.findall(r"[a-z]+\d?", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("LogLoss", "loss").lower())
    if not words or len(words) > _MOST_WORDS:
        return None
    known = set(words)
    # "validation/main/loss" is of the validation set.
    named = next((name for name, its_words in _SETS.items() if known & its_words), None)
    of_one_step = bool(known & _MINI_BATCH) or {"final", "step"} <= known
    mini_batch = of_one_step and named not in ("validation", "test")
    # The best of many is chosen, and measured by no run.
    if known & _OTHER or ("best" in known and "model" not in known):
        return Meaning(None)
    if "lr" in known or {"learning", "rate"} <= known:
        return Meaning("learning_rate")
    if known & _LOSS or {"cross", "entropy"} <= known or {"log", "loss"} <= known:
        return Meaning("loss", named, mini_batch)
    for metric, its_words in (("accuracy", _ACCURACY), ("error", _ERROR)):
        if known & its_words:
            return Meaning(metric, named, mini_batch)
    return None
