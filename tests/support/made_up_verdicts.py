"""The verdicts on a fixed set of made-up records, as text: the same bytes with every Python, NumPy and SciPy.

`python tests/support/made_up_verdicts.py > tests/verdicts/golden_verdicts.txt` writes the text that tests compare with.
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np
from made_up_runs import make_run, settle, write_store
from rich.console import Console

from mnist_repro.datasets.dataset import MNIST_SHA256, Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.explanation import Explanation
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.records.variant_runs import variant_store
from mnist_repro.reporting.terminal.verdicts import print_verdicts
from mnist_repro.studies.artifacts import find_labels, save_labels
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment

# Enough runs to find what is off, too few to refute one of two, too few to rank, and none.
RUNS = {
    "julia-linear-lr0.003": 120,
    "julia-mlp-100x100": 120,
    "tf1-basic": 30,
    "tf1-dropout-piecewise": 30,
    "tf1-dropout-exponential": 10,
}
# By how much our runs miss the document, in its unit.
MISSES = {
    "julia-linear-lr0.003.validation-accuracy": 0.05,
    "julia-mlp-100x100.validation-loss": 0.2,
    "tf1-basic.test-accuracy": 0.05,
}
SPREADS = {"loss": 0.02, "accuracy": 0.004}
SECONDS = {"tf1-basic": 1.5, "tf1-dropout-piecewise": 4.0, "tf1-dropout-exponential": 4.0}
EXPLANATION = Explanation(
    family="julia-linear-lr0.003.validation-accuracy",
    date=date(2025, 1, 31),
    variant="julia-linear-lr0.003+sgd",
    text="Made up.",
)
ENVIRONMENT = Environment(
    python="3.11.9",
    tensorflow="2.19.1",
    keras="3.10.0",
    numpy="2.1.3",
    scipy="1.15.2",
    scikit_learn="1.6.1",
    system="Linux x86_64",
    processor="A processor",
    threads=1,
    flags={},
    commit="0123456789abcdef0123456789abcdef01234567",
    dirty=False,
)


def format_verdicts() -> str:
    """Return the verdicts on the made-up records as Markdown and as JSON."""
    text = io.StringIO()
    documents, result = judge_made_up()
    for form in ("markdown", "json"):
        print_verdicts(result, documents=documents, form=form, console=Console(file=text))
        text.write("\n")
    return text.getvalue()


def judge_made_up() -> tuple[dict[str, Document], EnvironmentResult]:
    """Return the documents, one with an explanation, and the verdicts on the made-up records."""
    documents = load_catalogue().documents
    documents["julia-blog"] = replace(documents["julia-blog"], explanations=(EXPLANATION,))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "made-up"
        save_labels(folder, dataset=_make_images(), examples=[72])
        store = write_store(folder, _make_records(documents))
        write_store(variant_store(store).folder, _make_supporting_records(documents))
        result = summarize_environment(
            store,
            documents=documents,
            protocols=load_catalogue().protocols,
            alternatives=load_catalogue().alternatives,
            labels=find_labels(store, folder=folder.parent),
        )
    return documents, result


def _make_images() -> Dataset:
    """Return images of sevens that pass for MNIST's."""
    images, labels = np.zeros((100, 784), dtype=np.uint8), np.full(100, 7, dtype=np.uint8)
    dataset = Dataset(
        name="mnist",
        train_images=images,
        train_labels=labels,
        test_images=images.copy(),
        test_labels=labels.copy(),
        source="made up",
    )
    vars(dataset)["sha256"] = MNIST_SHA256
    return dataset


def _make_records(documents: dict[str, Document]) -> Iterator[RunRecord]:
    claims = [claim for document in documents.values() for claim in document.claims]
    protocols = load_catalogue().protocols
    for name, count in RUNS.items():
        own = [claim for claim in claims if claim.experiment == name]
        for seed in range(count):
            yield _make_record(protocols[name], own, seed=seed)


def _make_supporting_records(documents: dict[str, Document]) -> Iterator[RunRecord]:
    """Yield runs of the variant that explains the miss: these miss nothing, and are as many."""
    (variant,) = (variant for variant in load_catalogue().alternatives if variant.id == EXPLANATION.variant)
    claims = [c for document in documents.values() for c in document.claims if c.experiment == variant.experiment]
    for seed in range(RUNS[variant.experiment]):
        yield _make_record(variant.protocol, claims, seed=seed, misses={})


def _make_record(
    protocol: Protocol, claims: list[Claim], *, seed: int, misses: Mapping[str, float] = MappingProxyType(MISSES)
) -> RunRecord:
    """Return a run that gives what the document reports, but for what chance adds and what is missed on purpose."""
    # Python promises that this generator never changes; NumPy's may.
    generator = random.Random(f"{protocol.id}, {seed}")  # noqa: S311 - no secret
    started = f"2025-01-31T{seed // 60:02d}:{seed % 60:02d}:00+00:00"
    record = make_run(protocol, seed=seed, environment=ENVIRONMENT, started=started)
    periods, at_end = list(record.periods), {"loss": {**record.final_loss}, "accuracy": {**record.final_accuracy}}
    for place, period in enumerate(periods):
        seconds = SECONDS.get(protocol.id, 0.1) * (0.9 + 0.2 * generator.random())
        periods[place] = replace(period, loss=dict(period.loss), accuracy=dict(period.accuracy), seconds=seconds)
    for claim in claims:
        name = claim.evaluation_set or ""
        if claim.metric in SPREADS:
            # Twelve even draws add up to a nearly normal one of spread 1.
            noise = sum(generator.random() for _ in range(12)) - 6
            value = claim.value + misses.get(claim.family, 0.0) + SPREADS[claim.metric] * noise
            if claim.period:
                getattr(periods[claim.period - 1], claim.metric)[name] = value
            # The end measures what the last period does.
            if claim.period in {None, len(periods)}:
                at_end[claim.metric][name] = value
    ended = replace(record, periods=tuple(periods), final_loss=at_end["loss"], final_accuracy=at_end["accuracy"])
    return settle(ended, protocol=protocol)


if __name__ == "__main__":
    sys.stdout.write(format_verdicts())
