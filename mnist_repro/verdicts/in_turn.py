"""A reported run among ours while these are made one after the other, until they decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.catalogue import Catalogue
from mnist_repro.documents.claim import Claim
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.sequential import Sequential, count_until_decided, score_by_first
from mnist_repro.studies.stopping import IsDecided, StoppingRule
from mnist_repro.verdicts.measured import Runs
from mnist_repro.verdicts.reported_run import ReportedRun, list_reported_runs
from mnist_repro.verdicts.standing import Standing, place_among


@dataclass(frozen=True, kw_only=True, eq=False)
class InTurn:
    """Our runs by seed, and what they decide by a stopping rule."""

    standing: Standing  #: the document's run and ours, those of the first seeds first
    rule: StoppingRule
    planned: int  #: further runs that could be made: those that did not complete are none

    @property
    def smallest_p(self) -> Fraction:
        """The smallest p-value that can come out."""
        return Fraction(1, self.planned + 1)

    def decide_document(self) -> Sequential:
        """Return what our runs say of the document's run."""
        return self.decide(self.standing.document[None])[0]

    def decide(self, candidates: NDArray[np.float64]) -> list[Sequential]:
        """Return what our runs say of each candidate, of shape (n, points), in the document's place."""
        first, further = np.split(self.standing.printed, [self.rule.first])
        values = np.vstack([self.standing.printing(candidates), further])
        scores = score_by_first(first, values, self.standing.family_of)
        ours = scores[len(candidates) :].tolist()
        return [
            count_until_decided(score, ours, planned=self.planned, enough=self.rule.enough)
            for score in scores[: len(candidates)].tolist()
        ]


def take_in_turn(
    families: Sequence[tuple[Claim, ...]], *, records: Iterable[RunRecord], rule: StoppingRule
) -> InTurn | None:
    """Return our runs in turn; None with fewer than the first ones, or with a number that is not finite.

    Parameters
    ----------
    records
        Pooled runs of the experiment. They count up to the first seed that is missing: in which order runs end on
        several processors must not decide which of them count.
    """
    by_seed = {record.seed: record for record in records}
    counted = [by_seed[seed] for seed in takewhile(by_seed.__contains__, range(rule.planned))]
    made = Runs(counted)
    each = families[0][0].runs_each if families else 1
    if not families or made.judged // each < rule.first:
        return None
    standing = place_among(families, measure=lambda claim: made.measure(claim).judged)
    if not np.isfinite(standing.ours).all():
        return None
    unfinished = len(counted) - made.judged
    return InTurn(standing=standing, rule=rule, planned=max(0, (rule.planned - unfinished) // each - rule.first))


def until_decided(catalogue: Catalogue, rules: Mapping[str, StoppingRule]) -> IsDecided:
    """Return what tells, by an experiment's records, whether it needs no further run.

    Parameters
    ----------
    rules
        Those of the experiments that chance has a part in, by id; of another all that is planned is run.
    """
    reported = [
        run
        for document in catalogue.documents.values()
        for run in list_reported_runs(document, protocols=catalogue.protocols)
    ]

    def is_decided(experiment: str, records: Sequence[RunRecord]) -> bool:
        own = (run for run in reported if run.experiment == experiment)
        return experiment in rules and all(_is_final(run, records=records, rule=rules[experiment]) for run in own)

    return is_decided


def _is_final(reported: ReportedRun, *, records: Sequence[RunRecord], rule: StoppingRule) -> bool:
    if not reported.families:
        return len(records) >= rule.first
    found = take_in_turn(reported.families, records=records, rule=rule)
    return found is not None and found.decide_document().is_final
