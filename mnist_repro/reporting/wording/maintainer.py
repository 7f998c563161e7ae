"""What a document's maintainer needs to know of it: what holds, what does not, and how to mend that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mnist_repro.documents.document import Document
from mnist_repro.reporting.wording.atlas import find_experiment, find_last, list_possible
from mnist_repro.reporting.wording.contradictions import name_claim
from mnist_repro.reporting.wording.digits import name_p
from mnist_repro.reporting.wording.numbers import (
    format_lines,
    format_mean,
    format_one_run,
    format_reported,
    format_sentence,
    format_subject,
)
from mnist_repro.reporting.wording.reported_runs import format_run
from mnist_repro.verdicts.causes.alternatives import Cause
from mnist_repro.verdicts.document import Family, JudgedRun, Said
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import OPEN, REFUTED, Basis, Verdict
from mnist_repro.verdicts.measured import Judgement

_HOLD = frozenset({Verdict.EXACT, Verdict.REPRODUCED})
_FAIL = frozenset({*REFUTED, Verdict.EXPLAINED, Verdict.CONTRADICTED})
_MISSED = frozenset({*REFUTED, Verdict.EXPLAINED})


def select_document(result: EnvironmentResult, document: Document) -> EnvironmentResult:
    """Return the part of an environment's result that is about one document."""
    experiments = tuple(e for e in result.experiments if any(f.document == document.id for f in e.families))
    names = {experiment.protocol.id for experiment in experiments}
    return replace(
        result,
        experiments=experiments,
        runs=tuple(each for each in result.runs if each.document == document.id),
        without_experiment=tuple(each for each in result.without_experiment if each.document == document.id),
        compared=tuple(each for each in result.compared if each.document == document.id),
        stated=tuple(each for each in result.stated if each.document == document.id),
        causes=tuple(each for each in result.causes if each.protocol.id in names),
    )


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A reported run, or what a document says beside its runs, and what came of it."""

    verdict: Verdict
    about: str  #: its lines, with what they say
    word: str  #: the verdict, of a run with its grade
    reason: str


def list_findings(result: EnvironmentResult) -> dict[str, list[Passage]]:
    """Return each reported run, and all that a document says beside them, by what came of it.

    Times are left out, which compare with nothing.
    """
    said = [_describe_run(run) for run in result.runs]
    said += [_describe_said(each) for each in result.judged if _is_by_itself(each)]
    return {
        title: [passage for passage in said if passage.verdict in verdicts]
        for title, verdicts in {
            "What holds": _HOLD,
            "What does not hold": _FAIL,
            "What is open": {*OPEN, Verdict.NOT_RUN, Verdict.CHOSE},
        }.items()
    }


def _is_by_itself(each: Family | Said) -> bool:
    return each.finding.basis is Basis.ITSELF or each.finding.verdict is Verdict.CONTRADICTED


def _describe_run(run: JudgedRun) -> Passage:
    return Passage(verdict=run.word, about=f"{run.id}, {_place(run)}", word=format_run(run), reason=_give_reason(run))


def _give_reason(run: JudgedRun) -> str:
    """Return why the verdict is so; of a refuted run also how far off it lies, which its place does not tell."""
    standing = run.verdict.standing
    if run.word not in REFUTED or standing is None or not standing.deviations.any():
        return run.verdict.reason
    document, *ours = standing.mean_deviations
    return (
        f"{run.verdict.reason}: on average its values lie {document:.1f} of our standard deviations from our mean, "
        f"those of our farthest run {max(ours):.1f}"
    )


def _place(run: JudgedRun) -> str:
    """Name the lines by which a run is refuted; else those of all that it shows."""
    reported = run.verdict.reported
    shown = [claim for family in (*reported.families, *reported.chose) for claim in family]
    named = [claim for claim in shown if claim.family in run.verdict.named]
    return format_lines(sorted({claim.line for claim in named or shown}))


def _describe_said(each: Family | Said) -> Passage:
    verdict = each.finding.verdict
    about = f"{format_lines(sorted({*each.lines}))}: {_say(each).rstrip('.')}"
    return Passage(verdict=verdict, about=about, word=verdict.value, reason=each.finding.reason)


def _say(each: Family | Said) -> str:
    return name_claim(each.claim) if isinstance(each, Family) else each.subject.says


def list_mends(result: EnvironmentResult) -> list[str]:
    """Return a sentence or more on each passage to change, and to what."""
    missed = [_mend_run(run, result=result) for run in result.runs if run.word in _MISSED]
    said = [
        f"Correct {format_lines(sorted({*each.lines}))} ({_say(each).rstrip('.')}): {each.finding.reason}."
        for each in result.judged
        if _is_by_itself(each) and each.finding.verdict in _FAIL
    ]
    return [*missed, *said]


def _mend_run(run: JudgedRun, *, result: EnvironmentResult) -> str:
    last = find_last(run, experiment=find_experiment(run, result=result))
    sentences = [f"Change {_place(run)}, the numbers of {run.id}."]
    sentences += list(_list_reasons(run, result=result))
    if last.summary:
        within = f"; 95 % of runs give {format_one_run(last.measured)}" if last.summary.n > 1 else ""
        ours = f"{format_subject(last.claim)} {format_mean(last.summary, last.claim)}{within}"
        sentences.append(f"What the document describes gives {ours}.")
    if last.judgement is Judgement.OUTSIDE:
        sentences.append(f"It prints {format_reported(last.claim)}, {last.reason}.")
    return " ".join(sentences)


def _list_reasons(run: JudgedRun, *, result: EnvironmentResult) -> Iterator[str]:
    if run.verdict.explanation:
        yield format_sentence(run.verdict.explanation)
    possible = list_possible(run, result=result)
    if possible:
        yield f"The printed numbers are possible with {'; or '.join(map(_name, possible))}."
    elif run.worth.ran:
        yield f"None of {run.worth.ran} alternatives gives the printed numbers."


def _name(cause: Cause) -> str:
    p = "" if cause.p is None else f" ({name_p(cause.p)})"
    return f"{cause.variant.choice}: {cause.variant.change}{p}" if cause.variant else ""
