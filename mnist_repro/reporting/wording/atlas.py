"""The reported runs of all documents as rows of one table."""

from __future__ import annotations

from mnist_repro.documents.document import Document
from mnist_repro.reporting.wording.numbers import format_mean, format_quoted, format_subject
from mnist_repro.reporting.wording.reported_runs import format_run
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import REFUTED, Verdict

HEADINGS = ("document", "year", "framework", "run", "reported last", "our mean", "verdict", "why")
_SAID = frozenset({*REFUTED, Verdict.EXPLAINED, Verdict.DOUBTFUL})


def list_atlas_cells(run: JudgedRun, *, result: EnvironmentResult, document: Document) -> tuple[str, ...]:
    """Return the cells of a reported run, under all `HEADINGS` but the document's."""
    experiment = next(each for each in result.experiments if each.protocol.id == run.verdict.reported.experiment)
    names = {family[0].family for family in (*run.verdict.reported.families, *run.verdict.reported.chose)}
    reported = [family for family in experiment.families if family.id in names]
    final = experiment.final_accuracy
    last = next((family for family in reported if family.claim == final), reported[-1]).assessments[-1]
    return (
        str(document.year or ""),
        document.framework or "",
        run.id,
        f"{format_subject(last.claim)} {format_quoted(last.claim)}",
        last.reason if run.verdict.exact else format_mean(last.summary, last.claim) if last.summary else "",
        format_run(run),
        _explain(run),
    )


def _explain(run: JudgedRun) -> str:
    if run.word is Verdict.NOT_RUN:
        return f"mnist-repro run {run.verdict.reported.experiment} makes our runs"
    return run.verdict.explanation or run.verdict.reason if run.word in _SAID else ""
