"""A document's own numbers are made again by its `replay.py`, kept beside the records, and held against its print."""

from __future__ import annotations

from pathlib import Path

import pytest
from installed import needs_mnist
from small_documents import copy_tiny

from mnist_repro.datasets.dataset import Dataset, load_dataset
from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.documents.document import Document, load_document
from mnist_repro.errors import ReproError
from mnist_repro.studies import replay
from mnist_repro.studies.replay import keep_replays, read_replays
from mnist_repro.verdicts.exact import Replayed, compare_replay
from mnist_repro.verdicts.reported_run import list_reported_runs

PROGRAM = """\
def replay(dataset):
    assert len(dataset.train_images) == len(dataset.train_labels)
    return {"tiny-linear.held-out-loss": [2.0, 0.01493], "tiny-linear.held-out-accuracy": [70.04]}
"""


@pytest.fixture
def images(random_images: Dataset, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Return images that pass for MNIST."""
    monkeypatch.setattr(replay, "MNIST_SHA256", random_images.sha256)
    return random_images


def declare(folder: Path, program: str | None = PROGRAM, *, key: str = 'replay = "numpy"\n') -> Document:
    """Return the tiny document, declared with a replay."""
    copy_tiny(folder)
    claims = folder / "claims.toml"
    claims.write_text(f"{key}{claims.read_text(encoding='utf-8')}", encoding="utf-8")
    if program is not None:
        (folder / "replay.py").write_text(program, encoding="utf-8")
    return load_document(folder)


def hold(document: Document, records: Path) -> Replayed | None:
    """Hold the one reported run of a document against the recorded replay."""
    (reported,) = list_reported_runs(document, protocols={})
    return compare_replay(reported, read_replays(records, documents={document.id: document}).get(document.id))


@pytest.mark.parametrize(
    ("program", "units"),
    [
        pytest.param(PROGRAM, [0, 0], id="every digit"),
        pytest.param(PROGRAM.replace("0.01493", "0.01449"), [-1, 0], id="a digit of the loss"),
        pytest.param(PROGRAM.replace("70.04", "70.2"), [0, 2], id="a digit of the accuracy"),
    ],
)
def test_compare_replay_one_digit_decides(tmp_path: Path, images: Dataset, program: str, units: list[int]) -> None:
    """It is exact where each printed digit comes again, as the document prints it."""
    document = declare(tmp_path / "tiny", program)

    keep_replays(tmp_path, [document], dataset=images)
    found = hold(document, tmp_path)

    assert found is not None
    assert found.made_with.startswith("numpy ")
    assert list(found.exact.units.values()) == units


def test_read_replays_of_an_earlier_program_count_no_more(tmp_path: Path, images: Dataset) -> None:
    """Where `replay.py` computes anything else, or nothing is recorded, nothing is said; a comment changes nothing."""
    document = declare(tmp_path / "tiny")
    assert hold(document, tmp_path) is None
    keep_replays(tmp_path, [document], dataset=images)

    (tmp_path / "tiny" / "replay.py").write_text(f"# A comment.\n{PROGRAM}", encoding="utf-8")
    assert hold(document, tmp_path) is not None
    (tmp_path / "tiny" / "replay.py").write_text(PROGRAM.replace("2.0", "3.0"), encoding="utf-8")
    assert hold(document, tmp_path) is None


def test_keep_replays_makes_none_on_other_images(tmp_path: Path, random_images: Dataset) -> None:
    """A document's numbers are those of MNIST."""
    keep_replays(tmp_path, [declare(tmp_path / "tiny")], dataset=random_images)

    assert not (tmp_path / "replays.json").exists()


@pytest.mark.parametrize(
    ("program", "received"),
    [
        pytest.param(PROGRAM.replace("[2.0, 0.01493]", "[0.01493]"), "IndexError", id="a period is missing"),
        pytest.param(PROGRAM.replace("accuracy", "error"), "KeyError: 'tiny-linear.held-out-accuracy'", id="a claim"),
        pytest.param("raise SystemExit(3)", "SystemExit: 3", id="it ends the program"),
    ],
)
def test_keep_replays_program_that_leaves_out_a_number_is_refused(
    tmp_path: Path, images: Dataset, program: str, received: str
) -> None:
    """The message names the file, the rule and what was received; nothing is kept."""
    document = declare(tmp_path / "tiny", program)

    with pytest.raises(ReproError, match=rf"replay\.py: replay\(dataset\) returns .* Received: {received}"):
        keep_replays(tmp_path, [document], dataset=images)
    assert not (tmp_path / "replays.json").exists()


@pytest.mark.parametrize(("program", "key"), [(None, 'replay = "numpy"\n'), (PROGRAM, "")], ids=["key", "program"])
def test_load_document_replay_without_its_other_half_is_refused(tmp_path: Path, program: str | None, key: str) -> None:
    """The key of `claims.toml` and `replay.py` stand together."""
    with pytest.raises(ReproError, match="replay, the name of a package, stands where"):
        declare(tmp_path / "tiny", program, key=key)


@pytest.mark.nightly  # a network of scikit-learn, ten epochs
@needs_mnist
def test_keep_replays_scikit_learn_example_is_exact(tmp_path: Path) -> None:
    """All losses and both accuracies of its page come again from its seed."""
    document = load_atlas().documents["sklearn-mnist-filters"]

    keep_replays(tmp_path, [document], dataset=load_dataset("mnist"))
    found = hold(document, tmp_path)

    assert found is not None
    assert set(found.exact.units) == set(document.claims)
    assert found.exact.first_difference is None
