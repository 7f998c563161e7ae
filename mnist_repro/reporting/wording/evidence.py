"""What speaks for a choice that a document leaves open: its own words, then what our records say, never typed."""

from __future__ import annotations

from collections.abc import Iterator

from mnist_repro.documents.protocol import Reconstruction
from mnist_repro.reporting.wording.digits import name_p
from mnist_repro.reporting.wording.numbers import format_number, format_subject
from mnist_repro.verdicts.causes.alternatives import Cause
from mnist_repro.verdicts.document import Family
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.evidence import Evidence, find_evidence


def describe_evidence(
    result: EnvironmentResult, reconstruction: Reconstruction, *, experiment: str | None = None
) -> str:
    """Return the evidence for a reconstruction, with what an environment's records say of it, as `find_evidence`."""
    found = find_evidence(result, reconstruction, experiment=experiment)
    measured = dict.fromkeys(str(family.claim.experiment) for family in found.fit.families) if found.fit else {}
    # Once is enough for what is the same for all experiments that share a choice.
    elsewhere = experiment is not None and measured and experiment not in measured
    sentences = [f"Chosen by values of {', '.join(measured)}: see there."] if elsewhere else _list_sentences(found)
    return " ".join([reconstruction.evidence, *sentences])


def list_choices(result: EnvironmentResult) -> dict[Reconstruction, list[str]]:
    """Return the choices that the documents do not state, each once, with the ids of its experiments."""
    found: dict[Reconstruction, list[str]] = {}
    for protocol in (experiment.protocol for experiment in result.experiments):
        for reconstruction in protocol.reconstructions:
            found.setdefault(reconstruction, []).append(protocol.id)
    return found


def _list_sentences(evidence: Evidence) -> Iterator[str]:
    if fit := evidence.fit:
        values = f"{fit.count_within(1)} of {len(fit.deviations)} values lie within one standard deviation of the mean"
        yield (
            f"Chosen by {', '.join(map(_name, fit.families))}: {values} of our {fit.runs} runs, "
            f"{fit.count_within(2)} within two."
        )
    if evidence.otherwise:
        experiments = {cause.variant.experiment for cause in evidence.otherwise if cause.variant}
        causes = [
            _format_cause(cause, with_means=fit is not None, with_experiment=len(experiments) > 1)
            for cause in evidence.otherwise
        ]
        means = ", with means over their runs" if fit else ""
        yield f"Chosen otherwise{means}: {'; '.join(causes)}."
    if fit and evidence.fitting:
        yield f"So our runs do not determine it: {len(evidence.fitting)} of {len(evidence.otherwise)} others fit too."
    if evidence.unused:
        yield f"Not used for the choice, though they depend on it: {', '.join(map(_name, evidence.unused))}."


def _format_cause(cause: Cause, *, with_means: bool, with_experiment: bool) -> str:
    variant = cause.variant
    named = (f"{variant.experiment}, " if with_experiment else "") + variant.change if variant else ""
    numbers = [] if cause.p is None else [name_p(cause.p)]
    if with_means:
        numbers += [
            f"{format_subject(last.claim)} {format_number(last.summary.mean, last.claim)}"
            for last in cause.last
            if last.summary
        ]
    measured = f" ({', '.join(numbers)})" if numbers else ""
    return f"{named}: {cause.answer.value}{measured}"


def _name(family: Family) -> str:
    return family.id if family.finding.p is None else f"{family.id} ({name_p(family.finding.p)})"
