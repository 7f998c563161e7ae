"""Statements are judged by what was run, and not by anything that is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest

from mnist_repro.documents.protocol import EvaluationSet, ImageSlice, Protocol
from mnist_repro.documents.statement import BatchSize, ImageRange, Rule, Statement, TrainedOn
from mnist_repro.errors import ReproError
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.statements import judge_statements

DEEP, BASIC = "tf1-dropout-piecewise", "tf1-basic"
MakeRuns = Callable[..., list[RunRecord]]


def _statement(rule: Rule, *experiments: str) -> Statement:
    words = {"id": "made-up.said", "document": "made-up", "says": "Something."}
    return Statement(experiments=experiments or (BASIC,), lines=(1,), rule=rule, **words)


VALIDATION = ImageRange(evaluation_set="validation", source="train", first=1, last=1_000)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param(BatchSize(images=1_000), Verdict.REPRODUCED, id="batches as declared"),
        pytest.param(BatchSize(images=100), Verdict.CONTRADICTED, id="smaller batches"),
        pytest.param(VALIDATION, Verdict.REPRODUCED, id="images as declared"),
        pytest.param(replace(VALIDATION, first=2), Verdict.CONTRADICTED, id="one image later"),
        pytest.param(replace(VALIDATION, last=999), Verdict.CONTRADICTED, id="one image fewer"),
        pytest.param(replace(VALIDATION, source="test"), Verdict.CONTRADICTED, id="test images"),
        pytest.param(TrainedOn(evaluation_set="validation"), Verdict.CONTRADICTED, id="images that are held out"),
        pytest.param(TrainedOn(evaluation_set="test"), Verdict.CONTRADICTED, id="images of the other source"),
    ],
)
def test_judge_statements_rule_is_held_against_the_protocol(
    make_runs: MakeRuns, protocols: dict[str, Protocol], rule: Rule, expected: Verdict
) -> None:
    """A statement is true or contradicted by what its experiment declares."""
    runs = make_runs(BASIC, [0.9, 0.9])

    (finding,) = judge_statements([_statement(rule)], measured=Measurements(runs), protocols=protocols)

    assert finding.verdict is expected
    assert finding.runs == 2


def test_judge_statements_changed_protocol_changes_the_verdict(
    make_runs: MakeRuns, protocols: dict[str, Protocol]
) -> None:
    """No verdict is written down: were the experiment declared as it is said, the statement would be true."""
    protocol, statement = protocols[BASIC], _statement(BatchSize(images=100))
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
    statement = _statement(TrainedOn(evaluation_set="validation"))

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
    statement = _statement(BatchSize(images=1_000), BASIC, DEEP)

    (finding,) = judge_statements([statement], measured=Measurements(runs), protocols={**protocols, DEEP: deep})

    assert finding.verdict is Verdict.CONTRADICTED
    assert finding.reason == "by the code a step takes 500 images"
    assert finding.runs == 2


def test_judge_statements_without_a_run_on_mnist_has_no_verdict(
    make_runs: MakeRuns, protocols: dict[str, Protocol]
) -> None:
    """What was not run, or only on the stand-in, is not judged."""
    statements = [_statement(BatchSize(images=100)), _statement(BatchSize(images=1_000), BASIC, DEEP)]
    runs = make_runs(BASIC, [0.9], dataset="digits") + make_runs(DEEP, [0.9])

    findings = judge_statements(statements, measured=Measurements(runs), protocols=protocols)

    assert {finding.verdict for finding in findings} == {Verdict.NOT_RUN}


def test_judge_statements_unknown_evaluation_set_is_refused(
    make_runs: MakeRuns, protocols: dict[str, Protocol]
) -> None:
    """A rule about a set that the experiment does not declare is named, beside the sets that there are."""
    statement = _statement(TrainedOn(evaluation_set="holdout"))

    with pytest.raises(ReproError, match=r"made-up\.said: an evaluation set of tf1-basic is one of validation, test"):
        judge_statements([statement], measured=Measurements(make_runs(BASIC, [0.9])), protocols=protocols)
