"""Protocols have the documents' ids, refuse values at odds, and say what their runs measure and use."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.losses import Loss
from mnist_repro.documents.protocol import ALL_TEST_IMAGES, AccuracyGate, ImageSlice, Protocol, RunningMeans
from mnist_repro.errors import ReproError

_IDS = [
    "julia-linear-lr0.02",
    "julia-linear-lr0.003",
    "julia-mlp-100x100",
    "tf1-basic",
    "tf1-dropout-piecewise",
    "tf1-dropout-exponential",
]


def test_load_protocols_documents_declare_six() -> None:
    """The two documents have three experiments each."""
    assert list(load_catalogue().protocols) == _IDS


def test_load_protocols_key_is_the_id() -> None:
    """Each protocol is found under its own id."""
    assert all(name == protocol.id for name, protocol in load_catalogue().protocols.items())


def test_select_protocols_no_name_gives_all() -> None:
    """Without a choice all experiments are meant."""
    assert list(load_catalogue().select([])) == _IDS


def test_select_protocols_names_give_these_in_the_documents_order() -> None:
    """Only what is named is selected, once, and in the documents' order."""
    assert list(load_catalogue().select(["tf1-basic", _IDS[0], "tf1-basic"])) == [_IDS[0], "tf1-basic"]


def test_select_protocols_unknown_name_is_refused() -> None:
    """The error says what is unknown and names all that is known."""
    with pytest.raises(ReproError) as caught:
        load_catalogue().select(["tf1-basic", "tf1-base", "julia"])

    documents = ", ".join(load_catalogue().documents)
    expected = f"Unknown experiment: tf1-base, julia. Known: {', '.join(_IDS)}; of documents: {documents}."
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("each_period", "expected"),
    [
        pytest.param(("training", "test", "validation"), "validation", id="validation"),
        pytest.param(("training", "test"), "test", id="that of the gate"),
        pytest.param(("training",), "training", id="the first"),
        pytest.param((), None, id="none"),
    ],
)
def test_curve_set_is_validation_or_what_comes_next(each_period: tuple[str, ...], expected: str | None) -> None:
    """Curves are shown on the validation set, else on that of the gate, else on the first that is measured."""
    protocol = load_catalogue().protocols["julia-mlp-100x100"]
    gate = replace(protocol.gate, evaluation_set="test")

    assert replace(protocol, gate=gate, evaluated_each_period=each_period).curve_set == expected


def test_protocol_without_seeds_and_gate_has_the_usual_ones() -> None:
    """Profiles that are left out have the usual runs, and the gate asks only for what is no chance."""
    protocol = load_catalogue().protocols["tf1-basic"]
    given = {field.name: getattr(protocol, field.name) for field in fields(protocol) if field.name != "gate"}

    short = Protocol(**{**given, "seeds": {"full": 7}})

    assert short.seeds == {"brief": 2, "quick": 20, "versions": 20, "full": 7}
    assert short.evaluation_set(short.gate.evaluation_set) is ALL_TEST_IMAGES
    assert short.gate.minimum == 0.5


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"evaluated_each_period": ("nowhere",)}, id="each period"),
        pytest.param({"evaluated_at_end": ("test", "nowhere")}, id="at the end"),
        pytest.param({"confusion_set": "nowhere"}, id="confusion matrix"),
        pytest.param({"gate": AccuracyGate(evaluation_set="nowhere", minimum=0.5)}, id="gate"),
    ],
)
def test_protocol_undeclared_evaluation_set_is_refused(change: dict[str, Any]) -> None:
    """A protocol evaluates only on sets that it declares, and says which one is missing."""
    with pytest.raises(
        ValueError, match=r"must name a declared evaluation set: validation, test, .*; received 'nowhere'"
    ):
        replace(load_catalogue().protocols["tf1-basic"], **change)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"loss": Loss(kind="quadratic")}, 'must end with sigmoid, .* "quadratic"', id="loss of sigmoids"),
        pytest.param({"running": RunningMeans(name="test")}, "a name that no evaluation set has; .* 'test'", id="name"),
    ],
)
def test_protocol_values_at_odds_are_refused(change: dict[str, Any], rule: str) -> None:
    """A loss fits the last layer, and running means are told from evaluation sets."""
    with pytest.raises(ValueError, match=rule):
        replace(load_catalogue().protocols["tf1-basic"], **change)


def test_measured_each_period_has_the_running_means() -> None:
    """Claims of a period may name the evaluation sets of each period, and the running means."""
    protocol = load_catalogue().protocols["tf1-basic"]

    assert protocol.measured_each_period == protocol.evaluated_each_period
    assert replace(protocol, running=RunningMeans()).measured_each_period[-1] == "running"


def test_evaluation_set_name_gives_the_set_of_that_name() -> None:
    """An evaluation set is found by its name."""
    found = load_catalogue().protocols["julia-mlp-100x100"].evaluation_set("test")

    assert (found.name, found.images.stop) == ("test", 3_000)


@pytest.mark.parametrize(
    ("restart", "expected"), [pytest.param(True, 5, id="restarting"), pytest.param(False, 10, id="going on")]
)
def test_batches_are_as_many_as_a_run_uses(*, restart: bool, expected: int) -> None:
    """A run that restarts each period uses no more batches than a period has steps."""
    training = load_catalogue().protocols["tf1-basic"].training

    short = replace(training, periods=2, steps_per_period=5, restart_each_period=restart)

    assert expected == short.batches


def test_training_restarting_with_images_carried_over_needs_their_steps() -> None:
    """A period that ends where the images do has as many steps as batches start in them."""
    training = load_catalogue().protocols["tf1-basic"].training

    with pytest.raises(ValueError, match=r"steps_per_period must be 66, the batches that 59,000 images start.*1000"):
        replace(training, batch_size=900, last_batch="carried over")
    replace(training, batch_size=900, last_batch="carried over", steps_per_period=66)


def test_batches_incomplete_batch_is_left_out() -> None:
    """What does not fill a batch is not trained on."""
    training = load_catalogue().protocols["tf1-basic"].training

    assert replace(training, images=ImageSlice(source="train", start=0, stop=2_999)).batches == 2


def test_multiplications_linear_model_are_counted_by_hand() -> None:
    """A step of the linear model multiplies 784 x 10 weights forward and for their gradient, for each image."""
    protocol = load_catalogue().protocols["julia-linear-lr0.02"]

    assert protocol.multiplications == 2 * 784 * 10 * 10 * 100


def test_multiplications_net_are_counted_by_hand() -> None:
    """Layers after the first also multiply to pass the gradient on."""
    protocol = load_catalogue().protocols["tf1-basic"]

    assert protocol.multiplications == (2 * 784 * 16 + 3 * 16 * 10) * 1_000 * 10_000
