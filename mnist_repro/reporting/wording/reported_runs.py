"""The runs that documents report, as words: a row for each, and the sentence that counts them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.reporting.wording.counts import format_count
from mnist_repro.reporting.wording.digits import UNKNOWN, format_p
from mnist_repro.reporting.wording.numbers import format_interval
from mnist_repro.studies.stopping import StoppingRule
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.exact import format_exact
from mnist_repro.verdicts.finding import DECIDED, Basis, Verdict
from mnist_repro.verdicts.run_verdict import format_ordinal
from mnist_repro.verdicts.worth import MATERIAL, STRONG_SHARE, WEAK_SHARE, Grade

QUESTION = "Do published MNIST results reproduce?"
HEADINGS = ("document", "run", "verdict", "within", "tells apart", "p", "n")
_POINTS = 100.0
GRADES = (
    f"**Strong**: within {_POINTS * MATERIAL.strong_within:g} points, and at least {STRONG_SHARE} told apart; "
    f"**weak**: not within {_POINTS * MATERIAL.weak_beyond:g} points, or less than {WEAK_SHARE} told apart"
)
LEGEND = (
    "A verdict is on a whole run: its curves and final values together. **Reproduced**: it could have been refuted "
    "with n of our runs, and is not. **Within**: the two ways of training differ by no more in final accuracy (95 "
    f"%). **Tells apart**: the alternatives to our reconstruction that would have been refuted. {GRADES}. "
    "**Consistent**: nothing speaks against the run, but with so few of ours nothing could have."
)
NO_ALTERNATIVES = (
    "No alternative to the reconstruction of {} was run, so nothing is known of what would have been refuted: "
    "`mnist-repro explain` runs them."
)
WITHOUT_CHANCE = (
    "Chance has no part in {}: one run of ours decides, by every printed digit. Another processor may round otherwise, "
    "which can move a last digit."
)
SEQUENTIAL = (
    "The runs of {} were made until they decide: the first {} set the scale, and the {} later one that lies as far out "
    "as the document's ends it; {} were planned at most. p is that of this rule. What else it would have found is not "
    "known, so there is no grade."
)
FIXED_LATER = (
    "The runs of {} were made until they decide at first. Then {} were planned, {} are made, and the fixed test judges "
    "them."
)
REPLAYED = "Replay of {} from its own seed with {}: {}, {}."
OWN_MATERIAL = (
    "{} says what is material to it, in points of final accuracy: a strong verdict is within {}, and one not within {} "
    "is weak."
)
# What a sentence says of one verdict; of the first, how many runs share it stands before.
_OF_RUNS = {
    Verdict.EXPLAINED: "explained by a change of the protocol",
    Verdict.NOT_REPRODUCED: "not reproduced",
    Verdict.NOT_EXACT: "not exact, though chance has no part in {}",
    Verdict.DOUBTFUL: "doubtful",
    Verdict.CONSISTENT: "consistent: too few of our runs to refute {}",
    Verdict.INCONCLUSIVE: "inconclusive: too few of our runs for any test",
    Verdict.CHOSE: "used to choose the protocol",
    Verdict.NOT_RUN: "not run",
}


def list_run_cells(run: JudgedRun) -> tuple[str, ...]:
    """Return the cells of a reported run, under `HEADINGS`."""
    verdict = run.verdict
    p = "" if verdict.p is None else format_p(float(verdict.p))
    words = (str(verdict.runs), verdict.reported.made_as, "sequential" if verdict.is_sequential else "")
    runs = ", ".join(filter(None, words))
    return run.document, run.id, format_run(run), format_within(run), format_told_apart(run), p, runs


def format_run(run: JudgedRun) -> str:
    """Format the verdict on a run with its grade."""
    return f"{run.word.value}, {run.grade.value}" if run.grade else run.word.value


def format_within(run: JudgedRun) -> str:
    """Format the bound of the difference in final accuracy; empty without runs, or where the document reports none.

    Where chance has no part in a run: how many printed values are equal in all digits.
    """
    if not run.verdict.runs:
        return ""
    if exact := run.verdict.exact:
        return f"{exact.equal} of {len(exact.units)} values"
    return UNKNOWN if math.isnan(run.worth.within) else f"{_POINTS * run.worth.within:.1f} points"


def format_told_apart(run: JudgedRun) -> str:
    """Format how many alternatives would have been refuted; that none was run is no fault of the verdict."""
    worth = run.worth
    if not run.verdict.runs:
        return ""
    if not worth.tried:
        return "none declared"
    if run.verdict.is_sequential:
        return UNKNOWN
    return f"{len(worth.told_apart)} of {worth.tried}" if worth.ran else "none was run"


def format_detectable(run: JudgedRun) -> str:
    """Format the smallest shift that the verdict finds; empty where it finds none."""
    return f"{run.detectable:.1f} SD" if math.isfinite(run.detectable) else ""


def format_kept(runs: Iterable[JudgedRun], claim: Claim) -> str:
    """Format the values of a claim that the verdict on its run would not refute; empty where it could refute none."""
    kept = next((run.kept[claim] for run in runs if run.id == claim.run_id and claim in run.kept), None)
    return "" if kept is None else format_interval(kept, claim)


def list_notes(runs: Iterable[JudgedRun]) -> list[str]:
    """Return sentences on what a table of these runs does not tell: how they were made, and by what they are graded."""
    runs = list(runs)
    made = [run for run in runs if run.verdict.runs]
    alone = [run.id for run in made if run.worth.tried and not run.worth.ran]
    notes = [NO_ALTERNATIVES.format(", ".join(alone))] if alone else []
    if exact := [run.id for run in made if run.verdict.exact]:
        notes.append(WITHOUT_CHANCE.format(", ".join(exact)))
    in_turn: dict[StoppingRule, list[str]] = {}
    for run in made:
        if (rule := run.verdict.rule) and rule.is_fixed:
            notes.append(FIXED_LATER.format(run.id, rule.planned, run.verdict.runs))
        elif rule:
            in_turn.setdefault(rule, []).append(run.id)
    for rule, names in in_turn.items():
        notes.append(SEQUENTIAL.format(", ".join(names), rule.first, format_ordinal(rule.enough), rule.planned))
    for run in runs:
        if replay := run.replay:
            word = Verdict.NOT_EXACT if replay.exact.first_difference else Verdict.EXACT
            notes.append(REPLAYED.format(run.id, replay.made_with, word.value, format_exact(replay.exact)))
    own = {run.document: run.worth.material for run in made if run.worth.material != MATERIAL}
    for document, material in own.items():
        bounds = (f"{_POINTS * bound:g}" for bound in (material.strong_within, material.weak_beyond))
        notes.append(OWN_MATERIAL.format(document, *bounds))
    return notes


def summarize_result(result: EnvironmentResult, document: str | None = None) -> str:
    """Count what one document, or all, report: the runs, then what is said beside them."""
    runs = [run for run in result.runs if document in {None, run.document}]
    return summarize_runs(runs, beside=result.beside(document))


def summarize_headline(result: EnvironmentResult) -> str:
    """Count the runs that all documents report."""
    return _count_runs(result.runs) if result.runs else "No run is reported."


def summarize_runs(runs: Sequence[JudgedRun], *, beside: Counter[Verdict]) -> str:
    """Return one or two sentences that count the verdicts on reported runs, and those on what is said beside them."""
    sentences = [_count_runs(runs)] if runs else []
    if beside:
        text = format_verdicts(beside, named={Verdict.CONTRADICTED: "contradicted by their own document"})
        sentences.append(f"{'Beside them, of' if runs else 'Of'} {_count(beside.total(), 'claim')}: {text}.")
    return " ".join(sentences) or "Nothing is judged."


def _count_runs(runs: Sequence[JudgedRun]) -> str:
    outcome, grades = Counter(run.word for run in runs), Counter(run.grade for run in runs)
    reproduced = outcome[Verdict.REPRODUCED] + outcome[Verdict.EXACT]
    kinds = [(outcome[Verdict.EXACT], "exact"), *((grades[grade], grade.value) for grade in Grade)]
    graded = ", ".join(f"{count} {name}" for count, name in kinds if count)
    # Where nothing is decided, "none reproduces" would read as a miss.
    is_decided = any(outcome[verdict] for verdict in DECIDED)
    said = f"{reproduced or 'none'} reproduce{'' if reproduced > 1 else 's'}{f' ({graded})' if graded else ''}"
    rest = [
        f"{count} {'is' if count == 1 else 'are'} {text.format('it' if count == 1 else 'them')}"
        for verdict, text in _OF_RUNS.items()
        if (count := outcome[verdict])
    ]
    return f"Of {_count(len(runs), 'reported run')} {'; '.join([said, *rest] if is_decided else rest)}."


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def format_verdicts(outcome: Mapping[Verdict, int], *, named: Mapping[Verdict, str] | None = None) -> str:
    """Count verdicts, without a sentence; `named` has words for those not named by their value."""
    words = {verdict: verdict.value for verdict in Verdict} | dict(named or {})
    return ", ".join(f"{outcome[verdict]} {words[verdict]}" for verdict in Verdict if outcome.get(verdict))


def summarize_claims(result: EnvironmentResult, documents: Iterable[Document]) -> str:
    """Return sentences on how much is reported, and where it counts."""
    bases = Counter(finding.basis for finding in result.findings)
    return (
        f"In all: {format_count(documents)} (a curve is one claim). Of these, {bases[Basis.RUN]} belong to the "
        f"{len(result.runs)} reported runs and have their verdicts, {bases[Basis.ITSELF]} stand beside them, and "
        f"{bases[Basis.FACT]} are facts that count nothing."
    )
