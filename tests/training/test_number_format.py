"""A run computes in float32, in compiled functions, whatever Keras and TensorFlow were set to before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.layers import Normal
from mnist_repro.documents.optimizers import ConstantRate, GradientDescent
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord

pytest.importorskip("tensorflow")
import tensorflow as tf
from tensorflow import keras

from mnist_repro.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("single_thread")


@pytest.fixture(scope="module")
def usual(quick_protocol: Protocol, random_images: Dataset) -> RunRecord:
    """Return a run under Keras's usual settings."""
    return Trainer(quick_protocol, random_images).train(0)


@pytest.fixture
def _settings_restored() -> Iterator[None]:
    """Put the usual settings back, whatever a test sets and the trainer leaves."""
    yield
    keras.backend.set_floatx("float32")
    keras.mixed_precision.set_global_policy("float32")
    tf.config.run_functions_eagerly(False)  # noqa: FBT003 - it has no other name


@pytest.mark.usefixtures("_settings_restored")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda: keras.backend.set_floatx("float64"), id="float64"),
        pytest.param(lambda: keras.backend.set_floatx("float16"), id="float16"),
        pytest.param(lambda: keras.mixed_precision.set_global_policy("mixed_float16"), id="mixed_float16"),
        pytest.param(lambda: keras.mixed_precision.set_global_policy("mixed_bfloat16"), id="mixed_bfloat16"),
        pytest.param(lambda: keras.mixed_precision.set_global_policy("float64"), id="a policy of float64"),
        pytest.param(lambda: tf.config.run_functions_eagerly(True), id="eager functions"),  # noqa: FBT003 - see above
    ],
)
def test_train_under_other_settings_is_the_same_run(
    quick_protocol: Protocol, random_images: Dataset, usual: RunRecord, change: Callable[[], None]
) -> None:
    """A user's keras.json, a global policy or eager functions change no bit of a run."""
    change()

    assert Trainer(quick_protocol, random_images).train(0).outcome == usual.outcome


def test_train_no_step_that_changes_a_weight_is_an_error(quick_protocol: Protocol, random_images: Dataset) -> None:
    """Steps too small for float32 train nothing, and the run says so in place of a result."""
    still = replace(quick_protocol, optimizer=GradientDescent(learning_rate=ConstantRate(rate=1e-30)))
    normal = replace(
        still,
        layers=tuple(replace(layer, weights=Normal(standard_deviation=1.0), biases=None) for layer in still.layers),
    )

    with pytest.raises(RuntimeError, match="nothing was trained"):
        Trainer(normal, random_images).train(0)
