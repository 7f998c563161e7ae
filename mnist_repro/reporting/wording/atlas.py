"""The reported runs of all documents as rows of one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mnist_repro.documents.document import Document
from mnist_repro.reporting.wording.contradictions import name_claim
from mnist_repro.reporting.wording.numbers import format_lines, format_mean, format_reported, format_subject
from mnist_repro.verdicts.causes.alternatives import Answer, Cause
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.environment import EnvironmentResult, ExperimentResult
from mnist_repro.verdicts.explained_run import format_explanation
from mnist_repro.verdicts.finding import OPEN, REFUTED, Verdict
from mnist_repro.verdicts.measured import Assessment

HEADINGS = ("document", "verdict", "run", "printed last", "our runs", "what explains it")

CAPTION = (
    "Each mark is a value that a document prints, minus the mean of our runs, in their standard deviations; large ones "
    "stand alone or end a curve. The band has 95 % of the values of our own runs. A square is a run that chance has no "
    "part in, compared digit by digit. The sign at the right is the verdict's, as in the table."
)


@dataclass(frozen=True, kw_only=True)
class AtlasRow:
    """A reported run."""

    run: JudgedRun
    document: Document
    is_first: bool  #: of its document
    printed: str  #: its final accuracy, or the last value that it shows, in the document
    ours: str  #: our mean of that with its interval; empty without runs
    why: str  #: what explains a miss, or what a decision lacks; empty for what reproduces


def list_atlas_rows(result: EnvironmentResult, *, documents: Mapping[str, Document]) -> list[AtlasRow]:
    """Return the reported runs in the order of the documents."""
    rows: list[AtlasRow] = []
    for run in result.runs:
        document = documents[run.document]
        last = find_last(run, experiment=find_experiment(run, result=result))
        ours = format_mean(last.summary, last.claim) if last.summary else ""
        rows.append(
            AtlasRow(
                run=run,
                document=document,
                is_first=not rows or rows[-1].document is not document,
                printed=f"{format_subject(last.claim)} {format_reported(last.claim)}",
                ours=last.reason if run.verdict.exact else ours,
                why=_explain(run, result=result, document=document),
            )
        )
    return rows


def list_promises(result: EnvironmentResult, *, document: Document) -> list[str]:
    """Return what a document promises its readers, which is of no run, and how many of ours keep it."""
    promises = [each for each in result.families if each.document == document.id]
    return [
        f"{format_lines(sorted({*each.lines}))}: {name_claim(each.claim)} {each.finding.verdict.value.capitalize()}: "
        f"{each.finding.reason}."
        for each in promises
        if each.claim.metric == "accuracy_promise"
    ]


def find_experiment(run: JudgedRun, *, result: EnvironmentResult) -> ExperimentResult:
    """Return the experiment of a reported run."""
    return next(each for each in result.experiments if each.protocol.id == run.verdict.reported.experiment)


def find_last(run: JudgedRun, *, experiment: ExperimentResult) -> Assessment:
    """Return the final accuracy that a reported run shows; without one, the last of its values."""
    reported = run.verdict.reported
    names = {family[0].family for family in (*reported.families, *reported.chose)}
    own = [family for family in experiment.families if family.id in names]
    return next((family for family in own if family.claim == experiment.final_accuracy), own[-1]).assessments[-1]


def list_possible(run: JudgedRun, *, result: EnvironmentResult) -> list[Cause]:
    """Return the alternatives to its experiment in which a reported run could have been made, however wide they are."""
    return [
        cause
        for tried in result.causes
        if tried.protocol.id == run.verdict.reported.experiment
        for cause in tried.alternatives
        if cause.tested is Answer.POSSIBLE
    ]


def _explain(run: JudgedRun, *, result: EnvironmentResult, document: Document) -> str:
    if run.word is Verdict.EXPLAINED:
        # The verdict has it with its date and its variant, which the document's page tells.
        texts = {format_explanation(each): each.text for each in document.explanations}
        return texts.get(run.verdict.explanation, run.verdict.explanation)
    if run.word in REFUTED:
        causes = [each.variant for each in list_possible(run, result=result) if each.variant]
        if causes:
            return f"possible with {'; or '.join(f'{each.choice}: {each.change}' for each in causes)}"
        tried = f"none of {run.worth.ran} alternatives gives it" if run.worth.ran else "no alternative was run"
        return run.verdict.explanation or tried
    if run.word is Verdict.NOT_RUN:
        return f"mnist-repro run {run.verdict.reported.experiment} makes our runs"
    # What its place alone does not say.
    return run.verdict.remark.removeprefix("; ") or run.verdict.reason if run.word in OPEN else ""
