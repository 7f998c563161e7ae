"""What several test modules need: made-up images, an environment, records and quick protocols."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from made_up_claims import Summarize, make_claims
from made_up_reports import EXPERIMENT
from made_up_runs import Facts, MakeRecord, make_run, write_store
from small_study import SmallStudy

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import IMAGE_PIXELS, Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import Period, RunRecord
from mnist_repro.studies.artifacts import find_labels
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment

# A shared machine may be slow at any moment: no example fails by its time.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _no_step_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what tests report out of the summary of the CI that runs them."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


@pytest.fixture(scope="session")
def random_images() -> Dataset:
    """Return 70,000 made-up images that can be learned, but not perfectly."""
    generator = np.random.default_rng(20_180_901)
    patterns = generator.integers(0, 256, (10, IMAGE_PIXELS), dtype=np.uint8)
    # As in MNIST four fifths of an image are background, and the classes share some of their ink.
    patterns[generator.random(patterns.shape) < 0.75] = 0

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
        classes = generator.integers(0, 10, count, dtype=np.uint8)
        images = patterns[classes] & generator.integers(0, 256, (count, IMAGE_PIXELS), dtype=np.uint8)
        mislabelled = generator.random(count) < 0.2
        return images, np.where(mislabelled, generator.integers(0, 10, count, dtype=np.uint8), classes)

    train_images, train_labels = draw(60_000)
    test_images, test_labels = draw(10_000)
    return Dataset(
        name="digits",
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        source="made up for the tests",
    )


@pytest.fixture(scope="session")
def protocols() -> dict[str, Protocol]:
    """Return the protocols of all documents."""
    return load_catalogue().protocols


@pytest.fixture(scope="session")
def quick_protocol(protocols: dict[str, Protocol]) -> Protocol:
    """Return the Julia post's first experiment with two periods of five steps."""
    protocol = protocols["julia-linear-lr0.02"]
    return replace(protocol, training=replace(protocol.training, periods=2, steps_per_period=5))


@pytest.fixture
def small_study(quick_protocol: Protocol, random_images: Dataset, tmp_path: Path) -> SmallStudy:
    """Return a study of the quick protocol with an empty store."""
    return SmallStudy(quick_protocol, random_images, tmp_path)


@pytest.fixture(scope="session")
def single_thread() -> None:
    """Give TensorFlow one thread, as a study does; skip what needs it where TensorFlow is not installed."""
    pytest.importorskip("tensorflow")
    from mnist_repro.training.trainer import limit_threads  # noqa: PLC0415 - loads TensorFlow, which most tests do without

    limit_threads(1)


@pytest.fixture(scope="session")
def environment() -> Environment:
    """Return an environment in which every field has a value."""
    return Environment(
        python="3.11.9",
        tensorflow="2.19.1",
        keras="3.10.0",
        numpy="2.1.3",
        scipy="1.15.2",
        scikit_learn="1.6.1",
        system="Linux x86_64",
        processor="A processor",
        threads=1,
        flags={"TF_ENABLE_ONEDNN_OPTS": "0"},
        commit="0123456789abcdef0123456789abcdef01234567",
        dirty=False,
    )


@pytest.fixture
def make_record(environment: Environment) -> MakeRecord:
    """Return a function that makes a completed run's record, with the changes that it is given."""
    record = RunRecord(
        experiment="small-net",
        protocol_sha256="a" * 64,
        training_sha256="b" * 64,
        dataset="digits",
        dataset_sha256="c" * 64,
        seed=7,
        status="completed",
        reason=None,
        periods=(
            Period(step=5, learning_rate=0.5, loss={"test": 1.5}, accuracy={"test": 0.5}, seconds=0.25),
            Period(step=10, learning_rate=0.25, loss={"test": 0.75}, accuracy={"test": 0.875}, seconds=0.125),
        ),
        final_loss={"test": 0.75},
        final_accuracy={"test": 0.875},
        confusion_matrix=((3, 1), (0, 4)),
        first_call_seconds=1.5,
        evaluation_seconds=0.0625,
        total_seconds=0.5,
        started="2025-01-31T23:59:59+00:00",
        environment=environment,
    )

    def make(**changes: Any) -> RunRecord:
        return replace(record, **changes)

    return make


@pytest.fixture(scope="session")
def facts() -> Facts:
    """Return a function that gives all of a record that its seed and conditions determine."""

    def select(record: RunRecord) -> dict[str, Any]:
        return {
            "conditions": record.conditions,
            "seed": record.seed,
            "status": record.status,
            "reason": record.reason,
            "periods": [replace(period, seconds=0.0) for period in record.periods],
            "final_loss": record.final_loss,
            "final_accuracy": record.final_accuracy,
            "confusion_matrix": record.confusion_matrix,
        }

    return select


@pytest.fixture
def make(protocols: dict[str, Protocol], environment: Environment) -> MakeRecord:
    """Return a function that makes a run of the examined experiment, or of another one."""

    def make_one(seed: int, experiment: str = EXPERIMENT, **changes: object) -> RunRecord:
        return make_run(protocols[experiment], seed=seed, **{"environment": environment, **changes})

    return make_one


@pytest.fixture
def made_up_document() -> Document:
    """Return a document with the made-up claims."""
    real = load_catalogue().documents["julia-blog"]
    return replace(
        real, id="made-up", claims=make_claims(), outputs=(), not_claims=(), remarks=(), statements=(), comparisons=()
    )


@pytest.fixture
def summarize(protocols: dict[str, Protocol], made_up_document: Document, tmp_path: Path) -> Summarize:
    """Return a function that puts runs into a store and summarizes it by the made-up document."""

    def summarize_runs(*records: RunRecord) -> EnvironmentResult:
        store = write_store(tmp_path / "somewhere", records)
        return summarize_environment(
            store,
            documents={"made-up": made_up_document},
            protocols=protocols,
            alternatives=(),
            labels=find_labels(store, folder=tmp_path),
        )

    return summarize_runs
