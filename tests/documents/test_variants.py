"""Variants are the experiments with one thing done otherwise, and are trained so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import reference
from training_protocols import shorten

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.variant import Variant, follow_first_steps, move_start
from mnist_repro.training.images import images_of
from mnist_repro.training.randomness import DropoutStream, draw_batches, draw_initial_values, draw_split, dropout_layers

ALTERNATIVES = {variant.id: variant for variant in load_catalogue().alternatives}
PROTOCOLS = load_catalogue().protocols

# What differs from the experiment's protocol, but for its id.
_FIELDS = ("layers", "optimizer", "training", "pixel_divisor", "split", "evaluation_sets", "weight_format", "start")


def test_load_alternatives_ids_name_their_experiment_and_are_unique() -> None:
    """Every alternative has an id of its own that starts with the id of a known experiment."""
    found = load_catalogue().alternatives

    assert len(found) == len(ALTERNATIVES)
    assert all(v.id.startswith(v.experiment + "+") and v.experiment in PROTOCOLS for v in found)


def test_load_alternatives_choices_are_those_left_open() -> None:
    """Each choice that a document leaves open, and that numbers can tell, is tried in another way."""
    tried = {(variant.experiment.split("-")[0], variant.choice) for variant in ALTERNATIVES.values()}
    cannot_tell = {
        ("tf1", "start of the second dropout run"),
        # Without a permutation the loader's order is another one, which changes no distribution.
        ("julia", "training order"),
    }

    left_open = {
        (name.split("-")[0], reconstruction.choice)
        for name, protocol in PROTOCOLS.items()
        for reconstruction in protocol.reconstructions
    }

    assert {
        (kind, choice.replace("initial weights and biases", "initial weights")) for kind, choice in left_open
    } - cannot_tell <= tried


@pytest.mark.parametrize("variant", [v for v in ALTERNATIVES.values() if v.is_trained], ids=lambda v: v.id)
def test_alternative_that_is_trained_differs_in_one_field(variant: Variant) -> None:
    """An alternative changes one field of the protocol; another validation set also changes what is trained on."""
    protocol = PROTOCOLS[variant.experiment]

    changed = {name for name in _FIELDS if getattr(variant.protocol, name) != getattr(protocol, name)}

    assert len(changed) == 1 or changed == {"training", "evaluation_sets"}
    assert variant.protocol.sha256 != protocol.sha256


@pytest.mark.parametrize("variant", [v for v in ALTERNATIVES.values() if v.reads], ids=lambda v: v.id)
def test_alternative_reads_sets_that_every_run_measures(variant: Variant) -> None:
    """What is read in place of the document's sets is measured wherever theirs are."""
    protocol = variant.protocol
    per_period = [variant.reads[name] for name in protocol.evaluated_each_period if name in variant.reads]

    assert set(per_period) <= set(protocol.evaluated_each_period)
    assert {variant.reads[name] for name in protocol.evaluated_at_end} <= {s.name for s in protocol.evaluation_sets}


def test_follow_first_steps_runs_start_as_the_experiments_do() -> None:
    """The first steps take the experiment's own initial values and batches, in its order."""
    protocol = PROTOCOLS["tf1-basic"]

    variant, moved = follow_first_steps(protocol)

    (first,), (all_batches,) = draw_batches(variant.protocol, seed=3), draw_batches(protocol, seed=3)
    assert np.array_equal(first, all_batches[: len(first)])
    for ours, theirs in zip(
        draw_initial_values(variant.protocol, seed=3), draw_initial_values(protocol, seed=3), strict=True
    ):
        assert np.array_equal(ours, theirs)
    assert replace(moved.protocol, id=variant.id, start="as drawn") == variant.protocol


def test_move_start_values_are_one_unit_in_the_last_place_higher() -> None:
    """Every initial value is moved to the next float32; a zero by the unit in the last place of 1."""
    protocol = PROTOCOLS["tf1-basic"]

    drawn = draw_initial_values(protocol, seed=1)
    moved = draw_initial_values(move_start(protocol, seeds=1).protocol, seed=1)

    for before, after in zip(drawn, moved, strict=True):
        steps = np.spacing(np.abs(before))
        expected = np.where(before == 0, np.float32(2.0**-23), before + steps)
        assert np.array_equal(after, expected)
        assert (after > before).all()


tf = pytest.importorskip("tensorflow")
from comparison import Comparison  # noqa: E402 - needs TensorFlow

from mnist_repro.training.trainer import Trainer  # noqa: E402 - needs TensorFlow

_TOLERANCE = 1e-4
# Small weights hardly move without Adam: by so little that float32 rounds a thousandth of it away.
_TOLERANCES = {"julia-mlp-100x100+sgd": 1e-2}
# What decides the order or the choice of images has tests of its own below.
_OTHER_IMAGES = ("validate-on-random", "new-permutation")
# Each change of each network once: experiments with one network differ in their rates and the size of their batches.
_CHANGES = {
    (variant.id.partition("+")[2], PROTOCOLS[variant.experiment].layers): variant
    for variant in ALTERNATIVES.values()
    if variant.is_trained and not variant.id.endswith(_OTHER_IMAGES)
}


@pytest.mark.usefixtures("single_thread")
@pytest.mark.parametrize("variant", _CHANGES.values(), ids=lambda v: v.id)
def test_alternative_ten_steps_are_the_references(random_images: Dataset, variant: Variant) -> None:
    """After ten steps every variable is where the independent reference has it."""
    tolerance = _TOLERANCES.get(variant.id, _TOLERANCE)

    assert Comparison(random_images).disagreement(shorten(variant.protocol)) < tolerance


@pytest.mark.usefixtures("single_thread")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"order": "as stored"}, id="order as stored"),
        pytest.param({"order": "permuted each period"}, id="a new order each period"),
        pytest.param({"biases": None}, id="last layer without bias"),
    ],
)
def test_protocol_options_ten_steps_are_the_references(random_images: Dataset, changes: dict[str, str]) -> None:
    """What only planted faults use is trained as the reference does it."""
    protocol = shorten(PROTOCOLS["tf1-basic"])
    if "order" in changes:
        protocol = replace(protocol, training=replace(protocol.training, **changes))
    else:
        protocol = replace(protocol, layers=(protocol.layers[0], replace(protocol.layers[1], **changes)))

    assert Comparison(random_images).disagreement(protocol) < _TOLERANCE


@pytest.mark.usefixtures("single_thread")
def test_train_random_split_trains_and_validates_on_other_images(random_images: Dataset) -> None:
    """Each run validates on the first of its own permutation of the training images, and trains on the others."""
    protocol = shorten(ALTERNATIVES["tf1-basic+validate-on-random"].protocol)
    trainer = Trainer(protocol, random_images)

    for seed in (4, 5):
        trainer.load_run(seed)
        measured = trainer.evaluate([protocol.evaluation_set("validation")])["validation"]
        order = draw_split(60_000, seed=seed)
        assert np.array_equal(measured.labels, random_images.train_labels[order[:1_000]])
        batch = order[1_000:][draw_batches(protocol, seed=seed)[0][0]]
        pixels = trainer._batches[0][0][0].numpy()  # noqa: SLF001 - what is fed has no other outlet
        assert np.allclose(pixels, random_images.train_images[batch] / protocol.pixel_divisor, atol=1e-6)


@pytest.mark.usefixtures("single_thread")
def test_evaluate_dropout_left_on_drops_the_units_of_its_stream(random_images: Dataset) -> None:
    """With dropout left on, the loss is that of a forward pass with masks from the stream for evaluation."""
    protocol = shorten(PROTOCOLS["tf1-dropout-piecewise"])
    trainer = Trainer(protocol, random_images)
    trainer.load_run(6)
    stream_of_masks = DropoutStream(6, layers=dropout_layers(protocol), name="dropout in evaluation")
    images, labels = images_of(random_images, protocol.evaluation_set("validation").images)

    for _ in range(2):
        measured = trainer.evaluate([protocol.evaluation_set("validation, dropout on")])["validation, dropout on"]
        masks = [mask[0] for mask in stream_of_masks.draw(1, batch_size=len(images))]
        logits = reference.find_logits(
            protocol, draw_initial_values(protocol, seed=6), images / protocol.pixel_divisor, masks
        )
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        assert measured.loss == pytest.approx(-log_probabilities[np.arange(len(labels)), labels].mean(), rel=1e-5)


def _compiles_without_rounding() -> bool:
    """Return whether XLA takes out a conversion to float16 and back, as that of TensorFlow 2.16 and 2.17 does."""
    value = tf.constant(0.1)
    rounded = tf.function(lambda number: tf.cast(tf.cast(number, tf.float16), tf.float32), jit_compile=True)(value)
    return float(rounded) == float(value)


@pytest.mark.usefixtures("single_thread")
def test_train_float16_weights_are_kept_so(random_images: Dataset) -> None:
    """Where weights are kept in float16, every one of them is a float16 number after a step, and the run learns."""
    if _compiles_without_rounding():
        pytest.skip(f"the XLA of TensorFlow {tf.__version__} takes out what rounds to float16")
    protocol = replace(shorten(PROTOCOLS["julia-mlp-100x100"]), weight_format="float16")
    trainer = Trainer(protocol, random_images)
    trainer.load_run(0)
    before = trainer.model.get_weights()

    trainer.train_steps(1)

    for value, old in zip(trainer.model.get_weights(), before, strict=True):
        assert np.array_equal(value, value.astype(np.float16).astype(np.float32))
        assert not np.array_equal(value, old)
