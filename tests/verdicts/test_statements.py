"""Statements are judged by what was run, and not by anything that is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest

from mnist_repro.documents.layers import Convolution, Flatten, Layer, Zeros
from mnist_repro.documents.losses import L2, Loss
from mnist_repro.documents.optimizers import Adadelta, ConstantRate, ExponentialRate, GradientDescent, PiecewiseRate
from mnist_repro.documents.protocol import EvaluationSet, ImageSlice, Protocol
from mnist_repro.documents.statement import ImageRange, Statement, apply_rule
from mnist_repro.errors import ReproError
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.statements import judge_statements

DEEP, BASIC = "tf1-dropout-piecewise", "tf1-basic"
MakeRuns = Callable[..., list[RunRecord]]


def _statement(rule: str, value: Any, *experiments: str) -> Statement:
    words = {"id": "made-up.said", "document": "made-up", "says": "Something."}
    return Statement(experiments=experiments or (BASIC,), lines=(1,), rule=rule, value=value, **words)


RATE = ConstantRate(rate=0.25)
VALIDATION = ImageRange(evaluation_set="validation", source="train", first=1, last=1_000)


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        pytest.param("batch_size", 1_000, Verdict.REPRODUCED, id="batches as declared"),
        pytest.param("batch_size", 100, Verdict.CONTRADICTED, id="smaller batches"),
        pytest.param("periods", 10, Verdict.REPRODUCED, id="periods as declared"),
        pytest.param("periods", 9, Verdict.CONTRADICTED, id="one period fewer"),
        pytest.param("layers", 2, Verdict.REPRODUCED, id="layers as declared"),
        pytest.param("layers", 1, Verdict.CONTRADICTED, id="fewer layers"),
        pytest.param("hidden_units", (16,), Verdict.REPRODUCED, id="widths as declared"),
        pytest.param("hidden_units", (100,), Verdict.CONTRADICTED, id="a narrower layer"),
        pytest.param("hidden_units", (16, 10), Verdict.CONTRADICTED, id="the last layer too"),
        pytest.param("optimizer", "SGD", Verdict.REPRODUCED, id="optimiser as declared"),
        pytest.param("optimizer", "Adam", Verdict.CONTRADICTED, id="another optimiser"),
        pytest.param("learning_rate", 0.5, Verdict.REPRODUCED, id="rate as declared"),
        pytest.param("learning_rate", 0.05, Verdict.CONTRADICTED, id="a tenth of the rate"),
        pytest.param("penalty", 0.0, Verdict.REPRODUCED, id="no penalty, as declared"),
        pytest.param("penalty", 0.01, Verdict.CONTRADICTED, id="a penalty that is not there"),
        pytest.param("images", VALIDATION, Verdict.REPRODUCED, id="images as declared"),
        pytest.param("images", replace(VALIDATION, first=2), Verdict.CONTRADICTED, id="one image later"),
        pytest.param("images", replace(VALIDATION, last=999), Verdict.CONTRADICTED, id="one image fewer"),
        pytest.param("images", replace(VALIDATION, source="test"), Verdict.CONTRADICTED, id="test images"),
        pytest.param("trained_on", "validation", Verdict.CONTRADICTED, id="images that are held out"),
        pytest.param("trained_on", "test", Verdict.CONTRADICTED, id="images of the other source"),
    ],
)
def test_judge_statements_rule_is_held_against_the_protocol(
    make_runs: MakeRuns, protocols: dict[str, Protocol], rule: str, value: Any, expected: Verdict
) -> None:
    """A statement is true or contradicted by what its experiment declares."""
    runs = make_runs(BASIC, [0.9, 0.9])

    (finding,) = judge_statements([_statement(rule, value)], measured=Measurements(runs), protocols=protocols)

    assert finding.verdict is expected
    assert finding.runs == 2


MOMENTUM = GradientDescent(learning_rate=RATE, momentum=0.9)
ADADELTA = Adadelta(learning_rate=RATE, decay=0.95, epsilon=1e-7)
PIECEWISE = PiecewiseRate(boundaries=(9,), rates=(0.125, 0.25))
FALLING = ExponentialRate(start=0.125, factor=0.5, every_steps=9)
START = {"weights": Zeros(), "biases": Zeros()}
CONVNET = (
    Convolution(filters=8, size=3, activation="relu", **START),
    Flatten(),
    Layer(units=32, activation="relu", **START),
    Layer(units=10, activation="softmax", **START),
)
PENALTY = Loss(penalty=L2(factor=0.01, of="weights", reported=False))


@pytest.mark.parametrize(
    ("change", "rule", "value"),
    [
        pytest.param({"optimizer": MOMENTUM}, "optimizer", "SGD with momentum", id="momentum"),
        pytest.param(
            {"optimizer": replace(MOMENTUM, nesterov=True)}, "optimizer", "SGD with Nesterov momentum", id="Nesterov"
        ),
        pytest.param({"optimizer": ADADELTA}, "optimizer", "Adadelta", id="Adadelta"),
        pytest.param({"optimizer": MOMENTUM}, "learning_rate", 0.25, id="constant rate"),
        pytest.param(
            {"optimizer": replace(MOMENTUM, learning_rate=PIECEWISE)}, "learning_rate", 0.125, id="first of two rates"
        ),
        pytest.param(
            {"optimizer": replace(MOMENTUM, learning_rate=FALLING)},
            "learning_rate",
            0.125,
            id="start of a falling rate",
        ),
        pytest.param({"loss": PENALTY}, "penalty", 0.01, id="penalty"),
        pytest.param({"layers": CONVNET}, "hidden_units", (32,), id="hidden layer of a convolutional network"),
    ],
)
def test_apply_rule_reads_every_kind_of_declaration(
    protocols: dict[str, Protocol], change: dict[str, Any], rule: str, value: Any
) -> None:
    """What is said of an optimiser, a rate or a penalty is true of the experiment that declares it alone."""
    statement, protocol = _statement(rule, value), protocols[BASIC]

    assert [apply_rule(statement, each)[0] for each in (protocol, replace(protocol, **change))] == [False, True]


@pytest.mark.parametrize(
    ("experiment", "words"),
    [(DEEP, "are 64, 64"), ("julia-linear-lr0.02", "are none")],
    ids=["two hidden layers", "no hidden layer"],
)
def test_apply_rule_names_the_units_of_the_hidden_layers(
    protocols: dict[str, Protocol], experiment: str, words: str
) -> None:
    """The reason of a verdict lists the declared units in their order."""
    agrees, fact = apply_rule(_statement("hidden_units", (100,)), protocols[experiment])

    assert not agrees
    assert fact == f"the units of the hidden layers {words}"


def test_judge_statements_changed_protocol_changes_the_verdict(
    make_runs: MakeRuns, protocols: dict[str, Protocol]
) -> None:
    """No verdict is written down: were the experiment declared as it is said, the statement would be true."""
    protocol, statement = protocols[BASIC], _statement("batch_size", 100)
    as_said = replace(protocol, training=replace(protocol.training, batch_size=100))
    runs = make_runs(BASIC, [0.9, 0.9])

    (finding,) = judge_statements([statement], measured=Measurements(runs), protocols={BASIC: as_said})

    assert finding.verdict is Verdict.REPRODUCED


@pytest.mark.parametrize(
    ("source", "expected"), [("train", Verdict.REPRODUCED), ("test", Verdict.CONTRADICTED)], ids=["train", "test"]
)
def test_judge_statements_part_of_the_training_images_is_trained_on(
    make_runs: MakeRuns, protocols: dict[str, Protocol], source: Literal["train", "test"], expected: Verdict
) -> None:
    """A set within the images that are trained on is one of training images; the same places among others are not."""
    protocol = protocols[BASIC]
    inside = EvaluationSet(name="validation", images=ImageSlice(source=source, start=1_000, stop=2_000))
    changed = replace(protocol, evaluation_sets=(inside, *protocol.evaluation_sets[1:]))
    statement = _statement("trained_on", "validation")

    (finding,) = judge_statements(
        [statement], measured=Measurements(make_runs(BASIC, [0.9])), protocols={BASIC: changed}
    )

    assert finding.verdict is expected


def test_judge_statements_one_experiment_against_it_is_enough(
    make_runs: MakeRuns, protocols: dict[str, Protocol]
) -> None:
    """A statement about two experiments is true of both or contradicted, and the reason is that of the other one."""
    deep = replace(protocols[DEEP], training=replace(protocols[DEEP].training, batch_size=500))
    runs = make_runs(BASIC, [0.9] * 3) + make_runs(DEEP, [0.9] * 2)
    statement = _statement("batch_size", 1_000, BASIC, DEEP)

    (finding,) = judge_statements([statement], measured=Measurements(runs), protocols={**protocols, DEEP: deep})

    assert finding.verdict is Verdict.CONTRADICTED
    assert finding.reason == "by the code a step takes 500 images"
    assert finding.runs == 2


def test_judge_statements_without_a_run_on_mnist_has_no_verdict(
    make_runs: MakeRuns, protocols: dict[str, Protocol]
) -> None:
    """What was not run, or only on the stand-in, is not judged."""
    statements = [_statement("batch_size", 100), _statement("batch_size", 1_000, BASIC, DEEP)]
    runs = make_runs(BASIC, [0.9], dataset="digits") + make_runs(DEEP, [0.9])

    findings = judge_statements(statements, measured=Measurements(runs), protocols=protocols)

    assert {finding.verdict for finding in findings} == {Verdict.NOT_RUN}


def test_judge_statements_unknown_evaluation_set_is_refused(
    make_runs: MakeRuns, protocols: dict[str, Protocol]
) -> None:
    """A rule about a set that the experiment does not declare is named, beside the sets that there are."""
    statement = _statement("trained_on", "holdout")

    with pytest.raises(ReproError, match=r"made-up\.said: an evaluation set of tf1-basic is one of validation, test"):
        judge_statements([statement], measured=Measurements(make_runs(BASIC, [0.9])), protocols=protocols)
