"""Records that no run can have, each made from a true one by one change or by a few that fit together."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mnist_repro.datasets.dataset import MNIST_SHA256
from mnist_repro.records.run import RunRecord, format_record

LINEAR, DEEP, BASIC, DECAYING = "julia-linear-lr0.02", "julia-mlp-100x100", "tf1-basic", "tf1-dropout-exponential"

_Tree = dict[str, Any]


@dataclass(frozen=True)
class Lie:
    """A change of a record."""

    kind: str
    id: str
    change: Callable[[_Tree], object]  #: of the record's tree
    experiment: str = LINEAR

    def tell(self, record: RunRecord) -> str:
        """Return the record's line with the change."""
        tree = json.loads(format_record(record))
        self.change(tree)
        return json.dumps(tree)


def _at_end(tree: _Tree, name: str, images: int) -> None:
    """Let so many more images be right at the end, and in the last period as well."""
    sizes = {"validation": 2_500, "training": 7_500, "test": 10_000}
    for measured in (tree["final_accuracy"], tree["periods"][-1]["accuracy"]):
        if name in measured:
            measured[name] = (round(measured[name] * sizes[name]) + images) / sizes[name]


def _move(tree: _Tree, count: int, start: tuple[int, int], stop: tuple[int, int]) -> None:
    """Move counts within the confusion matrix."""
    tree["confusion_matrix"][start[0]][start[1]] -= count
    tree["confusion_matrix"][stop[0]][stop[1]] += count


def _put(*way: str | int, value: Any) -> Callable[[_Tree], None]:
    """Return a function that puts a value at a place of the tree, or what a function makes of the one there."""

    def put(tree: _Tree) -> None:
        *path, last = way
        place: Any = tree
        for key in path:
            place = place[key]
        place[last] = value(place[last]) if callable(value) else value

    return put


def _for_periods(name: str, value: Callable[[int, Any], Any]) -> Callable[[_Tree], None]:
    """Return a function that changes a field of every period, by the period's place and the value there."""

    def put(tree: _Tree) -> None:
        for place, period in enumerate(tree["periods"]):
            period[name] = value(place, period[name])

    return put


def _wrap(tree: _Tree) -> None:
    """Give two counts whose sum is right in 64 bits alone."""
    row = tree["confusion_matrix"][0]
    total = sum(row)
    row[:] = [2**63 - 1, 2**63 - 1, total + 2, *[0] * 7]


_LATE = "training images 7501-10000"

LIES = (
    # An accuracy that is no number of images.
    Lie("no k/n", "final accuracy a little off", _put("final_accuracy", "validation", value=lambda a: a + 1e-7)),
    Lie("no k/n", "final accuracy of a set without claims", _put("final_accuracy", "training", value=0.12345)),
    Lie("no k/n", "all test images in thirds", _put("final_accuracy", "all test images", value=1 / 3)),
    Lie("no k/n", "a period's accuracy", _put("periods", 4, "accuracy", "validation", value=0.65432)),
    Lie("no k/n", "a period's accuracy without claims", _put("periods", 4, "accuracy", _LATE, value=0.77777)),
    Lie("no k/n", "percent rounded to a hundredth", _put("periods", 0, "accuracy", "validation", value=0.7925), BASIC),
    # An accuracy that is not its confusion matrix's.
    Lie("confusion", "one more right at the end", lambda tree: _at_end(tree, "validation", 1)),
    Lie("confusion", "a hundred fewer right", lambda tree: _at_end(tree, "validation", -100)),
    Lie("confusion", "one mistake made right", lambda tree: _move(tree, 1, (0, 1), (0, 0))),
    Lie("confusion", "one right made a mistake", lambda tree: _move(tree, 1, (5, 5), (5, 3)), BASIC),
    Lie("confusion", "accuracy 1", _put("final_accuracy", "test", value=1.0), BASIC),
    # An end that is not its last period's.
    Lie("last period", "final accuracy", _put("final_accuracy", "training", value=0.85)),
    Lie("last period", "last accuracy", _put("periods", 9, "accuracy", "validation", value=0.8)),
    Lie("last period", "last accuracy by one image", _put("periods", 9, "accuracy", _LATE, value=lambda a: a - 0.0004)),
    Lie("last period", "final loss", _put("final_loss", "validation", value=lambda loss: loss * 1.1)),
    Lie("last period", "last loss", _put("periods", 9, "loss", "validation", value=lambda loss: loss + 0.01), BASIC),
    # Rows that are not the classes.
    Lie("classes", "a mistake in another row", lambda tree: _move(tree, 1, (0, 1), (1, 0))),
    Lie("classes", "rows for columns", _put("confusion_matrix", value=lambda rows: [*map(list, zip(*rows))])),  # noqa: B905
    Lie("classes", "rows in another order", _put("confusion_matrix", value=lambda m: [*m[1:], m[0]]), BASIC),
    Lie("classes", "even rows", _put("confusion_matrix", value=[[250] + [0] * 9] * 10)),
    Lie("classes", "all counts doubled", _put("confusion_matrix", value=lambda m: [[2 * n for n in r] for r in m])),
    Lie("classes", "no counts", _put("confusion_matrix", value=[[0] * 10] * 10)),
    # What the protocol does otherwise.
    Lie("steps", "twice as many steps", _for_periods("step", lambda _, step: 2 * step)),
    Lie("steps", "one step more at last", _put("periods", 9, "step", value=lambda step: step + 1)),
    Lie("steps", "periods counted for steps", _for_periods("step", lambda place, _: place + 1)),
    Lie("periods", "one missing", _put("periods", value=lambda periods: periods[:-1])),
    Lie("periods", "one more", _put("periods", value=lambda p: [*p, {**p[-1], "step": p[-1]["step"] + 10}])),
    Lie("rates", "one of another experiment", _put("periods", 3, "learning_rate", value=0.003)),
    Lie("rates", "all ten times as high", _for_periods("learning_rate", lambda _, rate: 10 * rate), BASIC),
    Lie("rates", "not decaying", _for_periods("learning_rate", lambda *_: 0.699999988079071), DECAYING),
    Lie("rates", "decaying early", _for_periods("learning_rate", lambda _, rate: 0.69 * rate), DECAYING),
    # Other images.
    Lie("data", "one digit of the sum", _put("dataset_sha256", value="1" + MNIST_SHA256[1:])),
    Lie("data", "the sum of nothing", _put("dataset_sha256", value="")),
    Lie("data", "called the stand-in", _put("dataset", value="digits")),
    Lie("data", "called otherwise", _put("dataset", value="MNIST")),
    # Counts that overflow.
    Lie("overflow", "the largest count", _put("confusion_matrix", 3, 4, value=2**63 - 1)),
    Lie("overflow", "right in 64 bits", _wrap),
    # Values that do not go together.
    Lie("together", "no loss with mistakes", _put("final_loss", "test", value=0.0)),
    Lie("together", "more right than in the whole", _put("periods", 5, "accuracy", "all test images", value=0.2)),
    Lie("together", "two accuracies of the same", _put("final_accuracy", "all test images", value=0.9123), BASIC),
    Lie("together", "diverged with results", _put("status", value="diverged")),
)
