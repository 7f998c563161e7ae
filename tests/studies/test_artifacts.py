"""Pictures are saved beside the records and load back as they were."""

from __future__ import annotations

import signal
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_runs import MakeRecord

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.errors import ReproError
from mnist_repro.studies.artifacts import (
    SAMPLE_DIGITS,
    load_first_weights,
    load_labels,
    load_sample_digits,
    save_first_weights,
    save_labels,
    save_sample_digits,
)


def test_sample_digits_saved_load_back(tmp_path: Path, random_images: Dataset) -> None:
    """The kept digits are training images, each with its own label."""
    save_sample_digits(tmp_path, dataset=random_images)

    loaded = load_sample_digits(tmp_path, dataset_sha256=random_images.sha256)
    assert loaded is not None
    images, labels = loaded
    assert images.shape == (SAMPLE_DIGITS, 784)
    assert labels.shape == (SAMPLE_DIGITS,)
    assert images.dtype == labels.dtype == np.uint8
    for image, label in zip(images, labels, strict=True):
        (places,) = np.nonzero((random_images.train_images == image).all(axis=1))
        assert label in random_images.train_labels[places]


def test_sample_digits_saved_twice_are_the_same(tmp_path: Path, random_images: Dataset) -> None:
    """The choice of digits depends on nothing but the dataset, down to the file's bytes."""
    save_sample_digits(tmp_path / "a", dataset=random_images)
    save_sample_digits(tmp_path / "b", dataset=random_images)

    first, second = (sorted((tmp_path / name).rglob("*.npz")) for name in ("a", "b"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]
    assert len(first) == 1


def test_sample_digits_none_kept_gives_none(tmp_path: Path) -> None:
    """Where no digits are kept there are none to show."""
    assert load_sample_digits(tmp_path, dataset_sha256="0" * 64) is None


def test_sample_digits_of_another_dataset_are_none(tmp_path: Path, random_images: Dataset) -> None:
    """Digits of one dataset never stand for those of another."""
    save_sample_digits(tmp_path, dataset=random_images)

    assert load_sample_digits(tmp_path, dataset_sha256="0" * 64) is None


def test_labels_saved_load_back_by_place(tmp_path: Path, random_images: Dataset) -> None:
    """Places are counted from 1, as documents do; each has the label of its own image."""
    save_labels(tmp_path, dataset=random_images, examples=[72, 1, 60_000, 72])

    assert load_labels(tmp_path, dataset_sha256=random_images.sha256) == {
        1: random_images.train_labels[0],
        72: random_images.train_labels[71],
        60_000: random_images.train_labels[59_999],
    }


def test_labels_beyond_the_dataset_are_left_out(tmp_path: Path, random_images: Dataset) -> None:
    """An image that there is not has no label, and no other one's."""
    save_labels(tmp_path, dataset=random_images, examples=[60_001])

    assert load_labels(tmp_path, dataset_sha256=random_images.sha256) == {}


def test_labels_none_kept_or_of_another_dataset_are_none(tmp_path: Path, random_images: Dataset) -> None:
    """Labels of one dataset never stand for those of another, and where none are kept there are none."""
    assert load_labels(tmp_path, dataset_sha256=random_images.sha256) == {}
    save_labels(tmp_path, dataset=random_images, examples=[72])

    assert load_labels(tmp_path, dataset_sha256="0" * 64) == {}


def test_labels_saved_twice_are_the_same(tmp_path: Path, random_images: Dataset) -> None:
    """The order in which places are named makes no difference to the file's bytes."""
    for name, examples in (("a", [72, 1]), ("b", [1, 72, 72])):
        save_labels(tmp_path / name, dataset=random_images, examples=examples)

    first, second = (next((tmp_path / name).rglob("*.npz")).read_bytes() for name in ("a", "b"))
    assert first == second


def test_first_weights_saved_load_back_rounded(tmp_path: Path, make_record: MakeRecord) -> None:
    """Weights come back to within the rounding of float16."""
    weights = np.random.default_rng(0).standard_normal((784, 16)).astype(np.float32)
    save_first_weights(tmp_path, record=make_record(), weights=weights)

    loaded = load_first_weights(tmp_path, record=make_record())

    assert loaded is not None
    assert loaded.dtype == np.float16
    np.testing.assert_allclose(loaded, weights, rtol=1e-3, atol=1e-6)


def test_first_weights_saved_again_are_replaced(tmp_path: Path, make_record: MakeRecord) -> None:
    """The newest weights are kept, and nothing is left lying about."""
    record = make_record(experiment="tf1-basic")
    for value in (1.0, 2.0):
        save_first_weights(tmp_path, record=record, weights=np.full((784, 10), value, dtype=np.float32))

    loaded = load_first_weights(tmp_path, record=record)

    assert loaded is not None
    assert set(loaded.ravel().tolist()) == {2.0}
    assert [file.name for file in (tmp_path / "pictures").iterdir()] == ["tf1-basic.npz"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"experiment": "another"}, id="experiment"),
        pytest.param({"seed": 8}, id="seed"),
        pytest.param({"protocol_sha256": "0" * 64}, id="protocol"),
        pytest.param({"training_sha256": "0" * 64}, id="code"),
        pytest.param({"dataset_sha256": "0" * 64}, id="dataset"),
    ],
)
def test_first_weights_of_another_run_are_none(
    tmp_path: Path, make_record: MakeRecord, changes: dict[str, object]
) -> None:
    """Weights are shown for the very run that gave them, and for no other."""
    save_first_weights(tmp_path, record=make_record(), weights=np.zeros((784, 16), dtype=np.float32))

    assert load_first_weights(tmp_path, record=make_record(**changes)) is None


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"], ids=["empty", "text", "cut off"])
def test_load_first_weights_broken_file_is_refused(tmp_path: Path, make_record: MakeRecord, content: bytes) -> None:
    """A broken file is named, with what to do about it."""
    file = tmp_path / "pictures" / "tf1-basic.npz"
    file.parent.mkdir()
    file.write_bytes(content)

    with pytest.raises(ReproError, match=r"tf1-basic\.npz is not a readable \.npz file: .* run the study again"):
        load_first_weights(tmp_path, record=make_record(experiment="tf1-basic"))


def test_load_first_weights_file_that_names_no_run_is_refused(tmp_path: Path, make_record: MakeRecord) -> None:
    """Arrays that do not say which run they are of are not shown."""
    file = tmp_path / "pictures" / "tf1-basic.npz"
    file.parent.mkdir()
    np.savez(file, weights=np.zeros((784, 1)))

    with pytest.raises(ReproError, match=r"tf1-basic\.npz is not a readable \.npz file"):
        load_first_weights(tmp_path, record=make_record(experiment="tf1-basic"))


def test_save_first_weights_folder_that_is_a_file_is_refused(tmp_path: Path, make_record: MakeRecord) -> None:
    """Where pictures cannot be written, the error says where."""
    (tmp_path / "pictures").touch()

    with pytest.raises(ReproError, match=r"pictures/small-net\.npz cannot be written: "):
        save_first_weights(tmp_path, record=make_record(), weights=np.zeros((784, 1), dtype=np.float32))


def test_save_that_is_interrupted_is_no_other_error(
    tmp_path: Path, random_images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interruption in the middle of a file remains one, and no half file is left under its name."""
    usual = zipfile.ZipFile.open

    def interrupt(*given: Any, **named: Any) -> Any:
        opened = usual(*given, **named)
        signal.raise_signal(signal.SIGINT)
        return opened

    monkeypatch.setattr(zipfile.ZipFile, "open", interrupt)
    # What a shell starts in the background ignores interruptions.
    usual_handler = signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        with pytest.raises(KeyboardInterrupt):
            save_sample_digits(tmp_path, dataset=random_images)
    finally:
        signal.signal(signal.SIGINT, usual_handler)

    assert list((tmp_path / "pictures").glob("*.npz")) == []
