"""What a JUnit file says of a case: what is known, and nothing in place of what is not."""

from __future__ import annotations

import math

from made_up_claims import make_claim

from mnist_repro.documents.protocol import Protocol
from mnist_repro.reporting.exports.junit import describe_finding, describe_gate
from mnist_repro.stats.summary import summarize
from mnist_repro.verdicts.finding import Finding, Verdict


def test_describe_finding_leaves_out_what_is_not_known() -> None:
    """A p-value has six digits; where there is none, no text stands for it."""
    ranked = Finding(family="a.b", verdict=Verdict.REPRODUCED, reason="", runs=20, p=1 / 3, adjusted_p=1.0)
    stated = Finding(family="a.c", verdict=Verdict.NOT_RUN, reason="", runs=0)

    assert describe_finding(ranked) == {
        "claim": "a.b",
        "verdict": "reproduced",
        "p": "0.333333",
        "adjusted_p": "1",
        "n": "20",
    }
    assert describe_finding(stated) == {"claim": "a.c", "verdict": "not run", "n": "0"}


def test_describe_gate_single_run_has_no_risk(protocols: dict[str, Protocol]) -> None:
    """Of one run the risk is unknown, and not there; without a claim there is none."""
    protocol = protocols["tf1-basic"]

    described = describe_gate(protocol, claim=None, summary=summarize([0.5]), risk=math.nan, judged=True)

    assert described == {
        "experiment": "tf1-basic",
        "verdict": "below the threshold",
        "n": "1",
        "mean": "0.5",
        "threshold": str(protocol.gate.minimum),
    }


def test_describe_gate_stand_in_has_no_mean(protocols: dict[str, Protocol]) -> None:
    """What the stand-in gives is neither a verdict nor a mean."""
    described = describe_gate(
        protocols["tf1-basic"], claim=make_claim(), summary=summarize([0.9, 0.95]), risk=0.25, judged=False
    )

    assert described["verdict"] == "not judged"
    assert described["claim"] == "tf1-basic.test-accuracy"
    assert described["chance_of_failing"] == "0.25"
    assert "mean" not in described
