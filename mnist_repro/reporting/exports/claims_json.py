"""All claims with our runs and verdicts, for other programs: `claims.json` and its JSON Schema.

Results that may be cited stand under `published`. A user's own runs, and runs on the stand-in, stand apart, so that
nobody takes them for results by mistake.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.comparison import Comparison
from mnist_repro.documents.document import Document
from mnist_repro.records.environment import LOCAL_ENVIRONMENT
from mnist_repro.reporting.exports.json_numbers import dump_json, round_ends, round_number
from mnist_repro.reporting.wording.numbers import format_choice
from mnist_repro.stats.summary import Interval, Summary
from mnist_repro.verdicts.document import Family, JudgedRun, Said
from mnist_repro.verdicts.environment import EnvironmentResult, ExperimentResult
from mnist_repro.verdicts.exact import Exactness
from mnist_repro.verdicts.finding import Finding, Verdict
from mnist_repro.verdicts.measured import Assessment
from mnist_repro.verdicts.uncertainty import Certainty

CLAIMS_FILE = "claims.json"
SCHEMA_FILE = "claims.schema.json"
FORMAT_VERSION = 4


def read_schema() -> str:
    """Return the JSON Schema (2020-12) of `claims.json`, as it is published."""
    file = importlib.resources.files("mnist_repro.reporting.exports") / SCHEMA_FILE
    return file.read_text(encoding="utf-8")


def format_claims(results: Iterable[EnvironmentResult], *, documents: Mapping[str, Document]) -> str:
    """Return `claims.json`: all claims with the runs and the verdicts of every environment.

    Notes
    -----
    Our values are in the unit of their claim, to its sixth digit. Unknown values are null.
    """
    environments = [_describe_environment(result, documents=documents) for result in results]
    content = {
        "$schema": SCHEMA_FILE,
        "version": FORMAT_VERSION,
        "documents": [
            {key: getattr(document, key) for key in ("id", "title", "url", "file", "sha256")}
            for document in documents.values()
        ],
        "published": [entry for entry in environments if entry["status"] == "published"],
        "unpublished": [entry for entry in environments if entry["status"] != "published"],
    }
    return dump_json(content)


def _describe_environment(result: EnvironmentResult, *, documents: Mapping[str, Document]) -> dict[str, Any]:
    status = "published" if result.is_published else "stand-in" if result.is_stand_in else LOCAL_ENVIRONMENT
    numbers = _Numbers(result)
    claims = [
        _describe_family(each, numbers=numbers) if isinstance(each, Family) else _describe_said(each, numbers=numbers)
        for each in result.judged
    ]
    return {
        "environment": result.name,
        "status": status,
        "made_with": asdict(result.environment),
        "experiments": [_describe_experiment(experiment) for experiment in result.experiments],
        "runs": [_describe_run(run) for run in result.runs],
        "outcome": {name: _count(result, document=name) for name in documents},
        "claims": claims,
    }


def _describe_experiment(experiment: ExperimentResult) -> dict[str, Any]:
    newest = experiment.records[-1] if experiment.records else None
    return {
        "id": experiment.protocol.id,
        "protocol_sha256": experiment.protocol.sha256,
        "dataset": newest and newest.dataset,
        "dataset_sha256": newest and newest.dataset_sha256,
        "runs": len(experiment.records),
        "completed": len(experiment.completed),
        "set_aside": experiment.set_aside,
        "made_with": experiment.environment and asdict(experiment.environment),
    }


def _describe_run(run: JudgedRun) -> dict[str, Any]:
    verdict, worth, reported = run.verdict, run.worth, run.verdict.reported
    return {
        "id": run.id,
        "document": run.document,
        "experiment": reported.experiment,
        "verdict": run.word.value,
        "grade": run.grade and run.grade.value,
        "reason": verdict.reason,
        "p": None if verdict.p is None else round_number(float(verdict.p)),
        "adjusted_p": None if verdict.adjusted_p is None else round_number(float(verdict.adjusted_p)),
        "runs": verdict.runs,
        "exact": verdict.exact and _describe_exact(verdict.exact),
        "stopping": verdict.rule and asdict(verdict.rule),
        "runs_needed": verdict.runs_needed,
        "within": round_number(worth.within),
        "alternatives": worth.tried,
        "alternatives_run": worth.ran,
        "told_apart": list(worth.told_apart),
        "judged_by": [family[0].family for family in reported.families],
        "refuted_by": list(verdict.named),
        "chose_the_protocol": [family[0].family for family in reported.chose],
        "functions_of": dict(reported.derived),
    }


def _describe_exact(exact: Exactness) -> dict[str, Any]:
    found = exact.first_difference
    different = None if found is None else {"claim": found[0].id, "units": found[1]}
    return {"values": len(exact.units), "equal": exact.equal, "first_difference": different}


def _count(result: EnvironmentResult, *, document: str) -> dict[str, int]:
    outcome = result.outcome(document)
    return {verdict.value: outcome[verdict] for verdict in Verdict}


class _Numbers:
    """Describes the values of one environment: points of curves, and single values.

    Runs on the stand-in get none: their values would look like values on MNIST.
    """

    def __init__(self, result: EnvironmentResult) -> None:
        on_mnist = {e.protocol.id for e in result.experiments if all(r.dataset == "mnist" for r in e.records)}
        assessments = [a for family in result.families for a in family.assessments]
        self._assessments = {a.claim.id: a for a in assessments}
        self._measured = {a.claim.id: a.summary for a in assessments if a.claim.experiment in on_mnist and a.summary}
        certainties = [c for e in result.experiments if e.protocol.id in on_mnist for c in e.certainties]
        self._certainties = {c.claim.id: c for c in certainties}

    def describe(self, claim: Claim) -> dict[str, Any]:
        """Describe a printed value, and our runs beside it."""
        assessment: Assessment = self._assessments[claim.id]
        summary = self._measured.get(claim.id)
        return {
            "id": claim.id,
            "cell": claim.cell,
            "line": claim.line,
            "period": claim.period,
            "metric": claim.metric,
            "evaluation_set": claim.evaluation_set,
            "chosen": format_choice(claim) or None,
            "printed": claim.printed,
            "printed_unit": claim.printed_unit or claim.unit,
            "value": claim.value,
            "unit": claim.unit,
            "of": round(claim.whole) if claim.unit == "images" else None,
            "half_unit": claim.half_unit,
            "place": assessment.judgement.value,
            "ours": None if summary is None else _describe_runs(summary, claim),
            "note": claim.note,
        }

    def describe_certainty(self, claim: Claim) -> dict[str, Any] | None:
        """Describe the uncertainty of a final value; None where it is unknown."""
        certainty = self._certainties.get(claim.id)
        return None if certainty is None else _describe_certainty(certainty)


def _describe_runs(summary: Summary, claim: Claim) -> dict[str, Any]:
    scale, one_run = claim.value, summary.prediction_interval
    difference = Interval(claim.value - one_run.high, claim.value - one_run.low)
    return {
        "runs": summary.n,
        "mean": round_number(summary.mean, scale=scale),
        "mean_interval": round_ends(summary.mean_interval, scale=scale),
        "standard_deviation": round_number(summary.standard_deviation, scale=scale),
        "one_run_interval": round_ends(one_run, scale=scale),
        "difference": round_number(claim.value - summary.mean, scale=scale),
        "difference_interval": round_ends(difference, scale=scale),
    }


def _describe_certainty(certainty: Certainty) -> dict[str, Any]:
    scale, sampling = certainty.claim.value, certainty.sampling_interval
    return {
        "of": certainty.claim.id,
        "images": certainty.images,
        "sampling_interval": sampling and round_ends(sampling, scale=scale),
    }


def _describe_family(family: Family, *, numbers: _Numbers) -> dict[str, Any]:
    claim = family.claim
    return {
        "id": family.id,
        "kind": "claim",
        "document": claim.document,
        "experiments": [claim.experiment] if claim.experiment else [],
        "lines": list(family.lines),
        "says": None,
        "note": None,
        **_describe_finding(family.finding),
        "numbers": [numbers.describe(assessment.claim) for assessment in family.assessments],
        "certainty": numbers.describe_certainty(claim),
    }


def _describe_said(said: Said, *, numbers: _Numbers) -> dict[str, Any]:
    subject = said.subject
    kind, note = "statement", None
    claims: tuple[Claim, ...] = ()
    if isinstance(subject, Comparison):
        kind, claims, note = "comparison", (subject.first, subject.second), subject.note
    return {
        "id": said.finding.family,
        "kind": kind,
        "document": subject.document,
        "experiments": list(subject.experiments),
        "lines": list(said.lines),
        "says": subject.says,
        "note": note,
        **_describe_finding(said.finding),
        "numbers": [numbers.describe(claim) for claim in claims],
        "certainty": None,
    }


def _describe_finding(finding: Finding) -> dict[str, Any]:
    return {
        "verdict": finding.verdict.value,
        "basis": finding.basis.value,
        "reason": finding.reason,
        "p": None if finding.p is None else round_number(finding.p),
        "adjusted_p": None if finding.adjusted_p is None else round_number(finding.adjusted_p),
        "runs": finding.runs,
        "runs_needed": finding.runs_needed,
    }
