"""A process that would train with anything but what is recorded trains nothing."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from made_up_trainer import Trainer
from small_study import SmallStudy

from mnist_repro.records.environment import Environment
from mnist_repro.records.run import format_record
from mnist_repro.studies import study, worker
from mnist_repro.studies.loaded import EnvironmentMismatchError, check_loaded, check_planned, use_processor_alone


def _load(version: str, keras: str, *, inside: bool = False) -> Any:
    """Return what stands for TensorFlow, with a Keras of its own or beside it."""
    model = type("Sequential", (), {"__module__": "tensorflow.python.keras.engine" if inside else Trainer.__module__})
    return SimpleNamespace(__version__=version, keras=SimpleNamespace(__version__=keras, Sequential=model))


def test_check_loaded_same_versions_pass(environment: Environment) -> None:
    """Where all versions are those recorded, nothing is said, also of a nightly build."""
    here = replace(environment, numpy=np.__version__)

    check_loaded(_load("2.19.1", "3.10.0"), recorded=here)
    check_loaded(_load("2.22.0-dev7", "3.10.0"), recorded=replace(here, tensorflow="2.22.0.dev7"))
    check_loaded(
        _load("2.4.4", "2.4.0", inside=True), recorded=replace(here, tensorflow="2.4.4", keras="of TensorFlow 2.4.4")
    )


@pytest.mark.parametrize(
    ("loaded", "numpy", "told"),
    [
        pytest.param(("2.21.0", "3.10.0"), None, "TensorFlow 2.21.0 is imported, 2.19.1 is installed", id="TensorFlow"),
        pytest.param(("2.19.1", "3.9.0"), None, "Keras 3.9.0 is imported, 3.10.0 is installed", id="Keras"),
        pytest.param(("2.19.1", "3.10.0"), "1.0", "is imported, 1.0 is installed", id="NumPy"),
    ],
)
def test_check_loaded_other_version_is_refused(
    environment: Environment, loaded: tuple[str, str], numpy: str | None, told: str
) -> None:
    """The one that differs is named, with both versions."""
    here = replace(environment, numpy=numpy or np.__version__)

    with pytest.raises(EnvironmentMismatchError, match=told):
        check_loaded(_load(*loaded), recorded=here)


def test_check_loaded_keras_of_unknown_origin_is_not_called_tensorflows(environment: Environment) -> None:
    """A Keras beside TensorFlow that no package brought is not recorded as the one inside."""
    here = replace(environment, numpy=np.__version__, keras="of TensorFlow 2.19.1")

    with pytest.raises(EnvironmentMismatchError, match=r"Keras 3\.10\.0 is imported"):
        check_loaded(_load("2.19.1", "3.10.0"), recorded=here)


def _show_gpu(*, in_use: bool = False) -> Any:
    """Return what stands for a TensorFlow that sees a processor and a GPU."""
    devices = [SimpleNamespace(device_type=kind) for kind in ("CPU", "GPU")]

    def hide(shown: list[Any], kind: str) -> None:
        if in_use:
            raise RuntimeError
        devices[:] = [*shown, *(device for device in devices if device.device_type != kind)]

    config = SimpleNamespace(get_visible_devices=lambda: devices, set_visible_devices=hide)
    return SimpleNamespace(config=config)


def test_use_processor_alone_hides_a_gpu() -> None:
    """No run is trained on a GPU, whose numbers would be pooled with the processor's."""
    tensorflow = _show_gpu()

    use_processor_alone(tensorflow)

    assert [device.device_type for device in tensorflow.config.get_visible_devices()] == ["CPU"]


def test_use_processor_alone_gpu_in_use_is_refused() -> None:
    """Where a notebook computes on a GPU already, one line says so, and nothing is trained."""
    with pytest.raises(EnvironmentMismatchError, match="in use in this process with a GPU"):
        use_processor_alone(_show_gpu(in_use=True))


@pytest.mark.usefixtures("single_thread")
def test_use_processor_alone_is_silent_without_devices() -> None:
    """TensorFlow itself, in use, is left as it is where there is nothing to hide."""
    import tensorflow as tf  # noqa: PLC0415 - most tests do without

    tf.constant(1.0)

    use_processor_alone(tf)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"numpy": "1.26.4"}, "NumPy 1.26.4 in place of 2.1.3", id="upgraded in between"),
        pytest.param({"flags": {}}, 'flags none in place of {"TF_ENABLE_ONEDNN_OPTS": "0"}', id="flag"),
    ],
)
def test_check_planned_other_environment_is_refused(
    environment: Environment, change: dict[str, Any], told: str
) -> None:
    """A process that differs from the one that planned says how, and how to go on."""
    with pytest.raises(EnvironmentMismatchError, match=f"{told}.*the same command"):
        check_planned(replace(environment, **change), planned=environment)


@pytest.mark.usefixtures("single_thread")
def test_run_study_other_arithmetic_than_recorded_ends_it(small_study: SmallStudy) -> None:
    """Where the first steps end in other weights than with the recorded runs, none is added, and both are named."""
    (made,) = small_study.run(0)
    assert made.arithmetic_sha256
    other = "0" * 64
    small_study.store.file.write_text(format_record(replace(made, arithmetic_sha256=other)) + "\n", encoding="utf-8")

    with pytest.raises(
        EnvironmentMismatchError, match=f"{made.arithmetic_sha256[:12]} here, {other[:12]} there.*--env"
    ):
        small_study.run(0, 1)

    assert [record.seed for record in small_study.store.read()] == [0]


@pytest.mark.usefixtures("single_thread")
def test_run_study_arithmetic_is_that_of_the_process(small_study: SmallStudy) -> None:
    """Each run has the same, whichever was trained before; and earlier records, which have none, are gone on with."""
    (made,) = small_study.run(0)
    small_study.store.file.write_text(format_record(replace(made, arithmetic_sha256=None)) + "\n", encoding="utf-8")

    assert [record.arithmetic_sha256 for record in small_study.run(0, 1, 2)] == [None, *[made.arithmetic_sha256] * 2]


@pytest.mark.usefixtures("single_thread")
def test_run_study_wrong_version_ends_it_before_anything_is_recorded(
    small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where metadata tell another TensorFlow than is imported, the study ends with one line and no record."""
    described = study.describe_environment(threads=1)
    for module in (study, worker):
        monkeypatch.setattr(module, "describe_environment", lambda **_: replace(described, tensorflow="2.16.2"))

    with pytest.raises(EnvironmentMismatchError, match=r"is imported, 2\.16\.2 is installed"):
        small_study.run(0, 1)

    assert small_study.store.read() == []
