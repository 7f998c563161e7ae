"""The verdict on every curve and every single value that a document reports.

What a reported run shows, its curves and final values, is judged with that run. All else has a rule of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from mnist_repro.documents.claim import Claim
from mnist_repro.stats.estimates import Estimate
from mnist_repro.stats.summary import count_interval
from mnist_repro.verdicts.exact import Exactness, format_units
from mnist_repro.verdicts.finding import MINIMUM_RUNS, Basis, Finding, Verdict, count_runs
from mnist_repro.verdicts.majority import judge_majority
from mnist_repro.verdicts.measured import Measured, Measurements, list_different_rates
from mnist_repro.verdicts.reported_run import find_printing
from mnist_repro.verdicts.run_verdict import RunVerdict, format_place

# Numbers that stand in the document's code or in the data: no run could make them other.
_COPIED = frozenset({"learning_rate", "label"})
_Judged = tuple[Verdict, str, int | None]


def judge_claims(
    claims: Sequence[Claim],
    *,
    measured: Measurements,
    labels: Mapping[int, int],
    verdicts: Sequence[RunVerdict],
    exact: Collection[str] = (),
) -> list[Finding]:
    """Judge every family among the claims of one document.

    Parameters
    ----------
    claims
        All claims of the document, the points of a curve one after the other.
    labels
        Labels of MNIST's training images, by their place counted from 1.
    verdicts
        Those on the runs that the document reports.
    exact
        Ids of the experiments in which chance has no part: one run of ours decides.

    Returns
    -------
    list of Finding
        In the order of the claims.
    """
    run_of = {family: verdict for verdict in verdicts for family in verdict.reported.family_ids}
    families = [
        _Family(members=tuple(measured.of(claim) for claim in members), is_deterministic=experiment in exact)
        for (_, experiment), members in groupby(claims, key=lambda claim: (claim.family, claim.experiment))
    ]
    return [_contradict(each.claim, _judge(each, run=run_of.get(each.id), labels=labels)) for each in families]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Family:
    """A single claim, or all points of one reported curve, beside our runs."""

    members: tuple[Measured, ...]
    is_deterministic: bool  #: whether chance has no part in its experiment

    @property
    def claim(self) -> Claim:
        return self.members[0].claim

    @property
    def id(self) -> str:
        return self.claim.family

    @property
    def runs(self) -> int:
        return len(self.members[0].judged)

    @property
    def counted(self) -> str:
        return count_runs(self.runs, made_as=self.claim.made_as)


def _judge(family: _Family, *, run: RunVerdict | None, labels: Mapping[int, int]) -> Finding:
    if run is not None:
        return _judge_with_run(family.id, run)
    verdict, reason, runs_needed = _decide(family, labels=labels)
    return Finding(
        family=family.id,
        verdict=verdict,
        reason=reason,
        runs=family.runs,
        runs_needed=runs_needed,
        basis=Basis.FACT if family.claim.metric in _COPIED else Basis.ITSELF,
    )


def _judge_with_run(family: str, run: RunVerdict) -> Finding:
    """Return the word of the run, with the place of the family by itself."""
    finding = Finding(
        family=family, verdict=run.word, reason=run.reason, runs=run.runs, runs_needed=run.runs_needed, basis=Basis.RUN
    )
    if pair := run.reported.contradicted.get(family):
        reason = f"line {pair[1].line} of the document prints the same number as {pair[1].printed}"
        return Finding(family=family, verdict=Verdict.CONTRADICTED, reason=reason, runs=run.runs)
    if source := run.reported.derived.get(family):
        return replace(finding, reason=f"a function of {source}, and no evidence beside it", basis=Basis.FACT)
    if run.exact:
        return _judge_digits(finding, run.exact)
    place = next((each for each in run.families if each.family == family), None)
    if place is None:
        return finding
    ranked = replace(finding, p=float(place.p))
    own = f"the document {format_place(place.p, run.runs, made_as=run.reported.made_as)}"
    if place.adjusted_p is None:
        reason = f"its values chose the protocol, and so judge nothing; {own}"
        return replace(ranked, verdict=Verdict.CHOSE, reason=reason, runs_needed=None)
    refuted = run.word in {Verdict.NOT_REPRODUCED, Verdict.EXPLAINED}
    by_this = f"; its run is refuted{'' if place.is_named else ', though not by this'}" if refuted else ""
    return replace(ranked, adjusted_p=float(place.adjusted_p), reason=f"{own}{run.together}{by_this}{run.remark}")


def _judge_digits(finding: Finding, exact: Exactness) -> Finding:
    """Return the verdict on a family of a run without randomness: its own, since nothing is shared by chance."""
    off = {claim: each for claim, each in exact.units.items() if claim.family == finding.family}
    if different := [(claim, each) for claim, each in off.items() if each]:
        claim, units = different[0]
        return replace(finding, reason=f"printed {claim.printed}, and {format_units(units)}")
    return replace(finding, verdict=Verdict.EXACT, reason="all printed digits are equal")


def _decide(family: _Family, *, labels: Mapping[int, int]) -> _Judged:
    claim = family.claim
    if claim.metric == "label":
        return _judge_label(claim, labels)
    if not family.runs:
        return Verdict.NOT_RUN, "no completed run of its experiment on MNIST", None
    if not all(np.isfinite(member.judged).all() for member in family.members):
        return Verdict.INCONCLUSIVE, "one of our numbers is not finite", None
    rules = {"learning_rate": _judge_rates, "accuracy_promise": _judge_promise, "accuracy_target": _judge_target}
    if rule := rules.get(claim.metric):
        return rule(family)
    return Verdict.NOT_COMPARABLE, "a time on other hardware", None


def _judge_label(claim: Claim, labels: Mapping[int, int]) -> _Judged:
    """Compare a label with that of the same image: a fact of the data, and no run is involved."""
    if claim.example is None or claim.example not in labels:
        return Verdict.NOT_RUN, "the label of this image in MNIST is not kept with the records", None
    label = labels[claim.example]
    verdict = Verdict.REPRODUCED if label == claim.value else Verdict.NOT_REPRODUCED
    return verdict, f"training image {claim.example} of MNIST is labelled {label}", None


def _judge_rates(family: _Family) -> _Judged:
    """Compare learning rates exactly: no chance is involved."""
    if different := list_different_rates(family.members):
        return Verdict.NOT_REPRODUCED, f"another float32 number after period {', '.join(different)}", None
    if family.runs < 2 and not family.is_deterministic:  # noqa: PLR2004 - a single run says nothing of the next
        return Verdict.INCONCLUSIVE, "the same float32 numbers in a single run; 2 runs decide", 2
    return Verdict.REPRODUCED, "the same float32 numbers", None


def _judge_promise(family: _Family) -> _Judged:
    """Ask whether most runs keep a promise, since a reader makes a single one: exact by the number that do."""
    claim, values = family.claim, family.members[0].judged
    printing = find_printing([[claim]])
    own = printing(np.array([claim.value]))
    kept = int(((values >= claim.value) if claim.at_least else (printing(values[:, None])[:, 0] == own)).sum())
    if family.is_deterministic:
        word = Verdict.REPRODUCED if kept == family.runs else Verdict.NOT_REPRODUCED
        return word, f"kept by {kept} of our {family.counted}, in which chance has no part", None
    if family.runs < MINIMUM_RUNS:
        reason = f"kept by {kept} of our {family.counted}; it takes {MINIMUM_RUNS} to decide"
        return Verdict.INCONCLUSIVE, reason, MINIMUM_RUNS
    share = kept / family.runs
    return judge_majority(
        Estimate(share, count_interval(kept, of=family.runs)),
        holds=f"kept by {{}} of our {family.counted}",
        runs=family.runs,
        interval=lambda number: count_interval(share * number, of=number),
    )


def _judge_target(family: _Family) -> _Judged:
    """Ask whether the document's own experiment reaches the aim that the document sets; else it contradicts itself."""
    reached = int((family.members[0].judged >= family.claim.value).sum())
    reason = f"{reached} of our {family.counted} of the document's experiment reach it"
    if reached < family.runs:
        return Verdict.CONTRADICTED, reason, None
    if family.runs < MINIMUM_RUNS and not family.is_deterministic:
        return Verdict.INCONCLUSIVE, f"{reason}; it takes {MINIMUM_RUNS} to decide", MINIMUM_RUNS
    return Verdict.REPRODUCED, reason, None


def _contradict(claim: Claim, finding: Finding) -> Finding:
    """Overrule the verdict on a number whose printed unit the document's own code contradicts."""
    if claim.printed_unit is None or finding.verdict is Verdict.NOT_RUN:
        return finding
    read = f"read as a {claim.unit}, it is {finding.verdict.value}: {finding.reason}"
    reason = f"a {claim.unit}, printed as {claim.printed_unit}; {read}"
    return replace(finding, verdict=Verdict.CONTRADICTED, reason=reason, basis=Basis.ITSELF)
