"""A refuted run that a changed experiment explains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from mnist_repro.documents.chance import is_deterministic
from mnist_repro.documents.explanation import Explanation
from mnist_repro.documents.variant import Variant
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.exact import compare_exactly
from mnist_repro.verdicts.finding import LEVEL, REFUTED, Verdict
from mnist_repro.verdicts.measured import Runs
from mnist_repro.verdicts.run_verdict import RunVerdict
from mnist_repro.verdicts.standing import place_among
from mnist_repro.verdicts.worth import Worth, measure_as


def explain_run(
    verdict: RunVerdict,
    explanations: Iterable[Explanation],
    *,
    worth: Worth,
    alternatives: Iterable[Variant],
    runs: Mapping[str, Sequence[RunRecord]],
) -> RunVerdict:
    """Return the verdict, *explained* where a refuted run has an explanation that our runs support.

    They do if the variant that it names is told apart from the reconstruction, has at least as many runs, and the
    document's run is not refuted among them.

    Parameters
    ----------
    explanations
        Those of the document.
    alternatives, runs
        As for `assess_worth`.
    """
    families = {family[0].family for family in verdict.reported.families}
    own = [each for each in explanations if each.family in families]
    if verdict.word not in REFUTED or not own:
        return verdict
    tried = [each for each in alternatives if each.id in worth.told_apart]
    possible = {each.id for each in tried if _is_possible(verdict, each, runs.get(each.id, ()))}
    found = next((each for each in own if each.variant in possible), None)
    if found is None:
        return replace(verdict, explanation=format_unsupported(own))
    return replace(verdict, word=Verdict.EXPLAINED, explanation=format_explanation(found))


def format_explanation(found: Explanation) -> str:
    """Return an explanation that our runs support, in words."""
    return f"explained on {found.date.isoformat()} by {found.variant}: {found.text}"


def format_unsupported(explanations: Iterable[Explanation]) -> str:
    """Return explanations that our runs do not support, in words."""
    # Curves of one run may have the same explanation.
    variants = dict.fromkeys(each.variant for each in explanations)
    return f"declared as its explanation, but supported by no runs of ours: {', '.join(variants)}"


def _is_possible(verdict: RunVerdict, variant: Variant, records: Sequence[RunRecord]) -> bool:
    made = Runs(records)
    if is_deterministic(variant.protocol):
        exact = compare_exactly(verdict.reported.families, measure=partial(measure_as, variant, made))
        return exact is not None and not exact.first_difference
    if made.judged // verdict.reported.runs_each < verdict.runs:
        return False
    return place_among(verdict.reported.families, measure=partial(measure_as, variant, made)).p > LEVEL
