"""The runs that documents report, each with its strip, and with the rule that judges another value in its place."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.reporting.html.strips import Strip, place_runs
from mnist_repro.stats.summary import bound_difference, summarize
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import LEVEL
from mnist_repro.verdicts.measured import find_final_accuracy
from mnist_repro.verdicts.worth import STRONG_SHARE, WEAK_SHARE, Grade, list_final_accuracies

_HEIGHT = 40
# A mark can be dragged beyond all our runs.
_MARGIN = 0.3


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """A reported run."""

    run: JudgedRun
    document: Document
    title: str  #: of its experiment
    claim: Claim | None = None  #: its value that is shown: the final accuracy, or its last one; None without runs
    strip: Strip | None = None  #: that value among our runs
    ticks: tuple[tuple[str, str], ...] = ()
    place: int | None = None  #: the document's place; None without a test
    rule: str = ""  #: what judges another value in its place, as JSON; empty where nothing is tested


def list_run_rows(result: EnvironmentResult, *, documents: Mapping[str, Document]) -> list[RunRow]:
    """Return the reported runs in the order of the documents."""
    return [_describe(run, result, documents[run.document]) for run in result.runs]


def _describe(run: JudgedRun, result: EnvironmentResult, document: Document) -> RunRow:
    reported = run.verdict.reported
    experiment = next(each for each in result.experiments if each.protocol.id == reported.experiment)
    own = [family.claim for family in experiment.families if family.claim.run_id == run.id]
    final = find_final_accuracy(own, protocol=experiment.protocol)
    claims = [final] if final else [family[-1] for family in (*reported.families, *reported.chose)]
    shown = {each.claim: each for family in experiment.families for each in family.assessments}
    drawn = place_runs([shown[claims[-1]]], height=_HEIGHT, margin=_MARGIN)
    if drawn is None:
        return RunRow(run=run, document=document, title=experiment.protocol.title)
    claim, standing = claims[-1], run.verdict.standing
    rule = {}
    # What is judged by its own rule, run after run, has no place among all.
    if standing and claim in standing.claims and not run.verdict.is_sequential:
        rule = describe_rule(run) | {"ends": drawn.ends, "point": standing.claims.index(claim)}
    return RunRow(
        run=run,
        document=document,
        title=experiment.protocol.title,
        place=int(run.verdict.p * (run.verdict.runs + 1)) if run.verdict.p is not None else None,
        claim=claim,
        strip=drawn.rows[0],
        ticks=drawn.ticks,
        rule=json.dumps(rule, separators=(",", ":")) if rule else "",
    )


def describe_rule(run: JudgedRun) -> dict[str, Any]:
    """Return all that decides the place, the verdict and the grade of a run that is tested, as `rule.js` reads it."""
    standing, worth = run.verdict.standing, run.worth
    if standing is None:
        msg = f"A rule is that of a run that is tested; received {run.id}, which is not. Leave it out."
        raise ValueError(msg)
    told_apart = Fraction(len(worth.told_apart), worth.tried) if worth.tried else Fraction(0)
    grades = (
        (Grade.STRONG, worth.material.strong_within, STRONG_SHARE),
        (Grade.MODERATE, worth.material.weak_beyond, WEAK_SHARE),
    )
    bounds = []
    for claim, values in list_final_accuracies(standing):
        summary = summarize(values)
        reach = bound_difference(summary, low=summary.mean, high=summary.mean)
        rounding = [abs(end - claim.value) for end in claim.limits]
        bounds.append([standing.claims.index(claim), summary.mean, reach, *rounding, round(claim.whole)])
    return {
        "document": standing.printing(standing.document).tolist(),
        "ours": standing.printed.tolist(),
        "families": standing.family_of.tolist(),
        "refuting": run.verdict.refuting_place,
        "doubtful": math.floor(LEVEL * (standing.runs + 1)),
        "decimals": standing.printing.decimals.tolist(),
        "percent": [claim.metric in {"accuracy", "error"} and claim.unit == "fraction" for claim in standing.claims],
        "bounds": bounds if all(math.isfinite(bound[2]) for bound in bounds) else [],
        "grades": [[grade.value, within] for grade, within, share in grades if told_apart >= share],
    }
