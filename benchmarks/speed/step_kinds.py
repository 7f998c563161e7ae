"""Time every kind of step beside stock Keras's `fit` and beside its products alone, and write the page's table of it.

    python benchmarks/speed/step_kinds.py --data FOLDER --rounds 9   # measures, and writes both
    python benchmarks/speed/step_kinds.py                            # writes the table again

All engines of a kind are in one process on one thread, and their rounds come in turn.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

from mnist_repro.datasets.dataset import load_dataset
from mnist_repro.documents.layers import (
    Activation,
    AnyLayer,
    BatchNormalization,
    Convolution,
    Dropout,
    Flatten,
    GlorotUniform,
    Layer,
    MaxPooling,
    Zeros,
)
from mnist_repro.documents.optimizers import Adadelta, Adam, ConstantRate, GradientDescent, RMSprop
from mnist_repro.documents.protocol import ALL_TEST_IMAGES, ImageSlice, Protocol, RunningMeans, Training

FILE = Path(__file__).with_suffix(".json")
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
ROUND_SECONDS = 0.5
# Quick for every kind, and chosen for none.
_FIT = {"steps_per_execution": 50, "jit_compile": False}
_ENGINES = ("compiled", "fit", "floor")
_BLOCK = re.compile(r"(<!-- kinds of steps -->\n).*?(?=<!-- end of kinds -->)", re.DOTALL)

_RATE = ConstantRate(rate=1e-3)


def _convolution(filters: int) -> Convolution:
    return Convolution(filters=filters, size=3, activation="relu", weights=GlorotUniform(), biases=Zeros())


def _dense(units: int, **changes: Any) -> Layer:
    layer = Layer(units=units, activation="relu", weights=GlorotUniform(), biases=Zeros())
    return replace(layer, **changes)


def _of(*layers: AnyLayer, batch_size: int = 128, training: dict[str, Any] | None = None, **changes: Any) -> Protocol:
    """Return an experiment on 59 whole batches, and on 96 images more where they are kept."""
    declared = {
        "id": "kind-of-step",
        "title": "Kind of step",
        "layers": (*layers, _dense(10, activation="softmax")),
        "optimizer": GradientDescent(learning_rate=_RATE),
        "training": Training(
            images=ImageSlice(source="train", start=0, stop=59 * batch_size + batch_size * 3 // 4),
            batch_size=batch_size,
            periods=1_000,
            **{"steps_per_period": 59, "restart_each_period": True, **(training or {})},
        ),
        "pixel_divisor": 255.0,
        "evaluation_sets": (),
        "evaluated_each_period": (),
        "evaluated_at_end": (),
        "confusion_set": ALL_TEST_IMAGES.name,
        "reconstructions": (),
    }
    return Protocol(**{**declared, **changes})


_POOL = MaxPooling(size=2)
_CONVNET = (_convolution(32), _POOL, _convolution(64), _POOL)
_RMSPROP = RMSprop(learning_rate=_RATE, decay=0.9, epsilon=1e-7, epsilon_in_root=True)
_ADAM = Adam(learning_rate=_RATE, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
KINDS = {
    "convolutions 32 and 64, dropout, Adam (Keras's convnet)": _of(
        *_CONVNET, Flatten(), Dropout(keep_probability=0.5), optimizer=_ADAM
    ),
    "convolutions 32, 64 and 64, RMSprop (Chollet 5.1)": _of(
        *_CONVNET, _convolution(64), Flatten(), _dense(64), batch_size=64, optimizer=_RMSPROP
    ),
    "784-512-10": _of(_dense(512)),
    "the same, dropout of the input": _of(Dropout(keep_probability=0.8), _dense(512)),
    "the same, batch normalisation": _of(
        _dense(512, activation="identity", biases=None),
        BatchNormalization(momentum=0.99, epsilon=1e-3),
        Activation(activation="relu"),
    ),
    "the same, RMSprop (Chollet 2.1)": _of(_dense(512), optimizer=_RMSPROP),
    "the same, momentum": _of(_dense(512), optimizer=GradientDescent(learning_rate=_RATE, momentum=0.9)),
    "the same, Adadelta": _of(_dense(512), optimizer=Adadelta(learning_rate=_RATE, decay=0.95, epsilon=1e-7)),
    "the same, last batch kept": _of(_dense(512), training={"steps_per_period": 60, "last_batch": "kept"}),
    "the same, running means": _of(_dense(512), running=RunningMeans()),
}


def small_convnet() -> Protocol:
    """Return a convolutional network on 60 batches, the last of them incomplete, that is trained in a second."""
    kept = {"steps_per_period": 60, "last_batch": "kept"}
    return _of(_convolution(2), _POOL, Flatten(), batch_size=4, training=kept, optimizer=_RMSPROP)


def measure(folder: Path | None, *, rounds: int) -> dict[str, Any]:
    """Return the seconds of a step by kind, engine and round, and where they were measured."""
    from problem import Problem  # noqa: PLC0415 - what writes the table needs no TensorFlow
    from tensorflow_engines import Compiled, Fit, Floor  # noqa: PLC0415

    from mnist_repro.records.environment import describe_environment  # noqa: PLC0415

    dataset, times = load_dataset("mnist", folder=folder), {}
    for name, protocol in KINDS.items():
        problem = Problem(protocol, dataset)
        metrics = {"metrics": ["accuracy"]} if protocol.running else {}
        engines = [Compiled(problem), Fit(problem, **_FIT, **metrics), Floor(problem)]
        # Those that keep the last batch have it in each round as often as in a run.
        least = 60 if protocol.training.last_batch == "kept" else 10
        steps = [_fill_round(engine, least=least) for engine in engines]
        turns = [[_time(engine, many) for engine, many in zip(engines, steps, strict=True)] for _ in range(rounds)]
        times[name] = dict(zip(_ENGINES, map(list, zip(*turns, strict=True)), strict=True))
        sys.stdout.write(format_row(name, times[name]))
    return {"environment": asdict(describe_environment(threads=1)), "fit": _FIT, "step_seconds": times}


def _fill_round(engine: Any, *, least: int) -> int:
    """Return how many steps make a round, a multiple of the least, after what is compiled is compiled."""
    engine.make_steps(least)
    seconds = getattr(engine, "round_seconds", ROUND_SECONDS)
    return max(1, round(seconds / _time(engine, least) / least)) * least


def _time(engine: Any, steps: int) -> float:
    start = time.perf_counter()
    engine.make_steps(steps)
    return (time.perf_counter() - start) / steps


def format_table(measured: dict[str, Any]) -> str:
    """Return the table, with what it was measured on."""
    where = measured["environment"]
    (rounds,) = {len(each) for engines in measured["step_seconds"].values() for each in engines.values()}
    return (
        f"\nMedians of {rounds} rounds in turn, and in brackets the least and the most of a ratio, on one thread of\n"
        f"{where['processor']}, TensorFlow {where['tensorflow']}:\n\n"
        "| step | ours | over `fit` | over its products |\n|---|---|---|---|\n"
        + "".join(format_row(name, times) for name, times in measured["step_seconds"].items())
        + "\n"
    )


def format_row(name: str, times: dict[str, list[float]]) -> str:
    """Return the row of one kind of step."""
    ours = times["compiled"]
    cells = [f"{median(ours) * 1e6:,.0f} µs", *(_format_ratio(ours, times[other]) for other in _ENGINES[1:])]
    return f"| {name} | {' | '.join(cells)} |\n"


def _format_ratio(ours: Sequence[float], others: Sequence[float]) -> str:
    ratios = sorted(one / other for one, other in zip(ours, others, strict=True))
    return f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def renew(page: str) -> str:
    """Return a page with the table written again."""
    measured = json.loads(FILE.read_text(encoding="utf-8"))
    return _BLOCK.sub(lambda block: block[1] + format_table(measured), page)


def main() -> None:
    """Measure where rounds are given, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder to look for MNIST in first")
    parser.add_argument("--rounds", type=int, help="rounds of each engine; without it, nothing is measured")
    options = parser.parse_args()
    if options.rounds:
        text = json.dumps(measure(options.data, rounds=options.rounds), indent=1)
        FILE.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    PAGE.write_text(renew(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
