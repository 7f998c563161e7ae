"""The rules between the files of a document, checked before anything is trained."""

from __future__ import annotations

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import ALL_TEST_IMAGES, PROFILES, Protocol
from mnist_repro.documents.statement import apply_rule
from mnist_repro.documents.toml_schema import ID_RULE, is_id
from mnist_repro.documents.variant import Variant
from mnist_repro.errors import ReproError


def check_protocol(protocol: Protocol) -> None:
    """Refuse an experiment whose id cannot name a file, or which has no seeds for a profile; raises a ReproError."""
    if not is_id(protocol.id):
        msg = f"An experiment's id has {ID_RULE}. Received: {protocol.id!r}. Correct it in experiments.py."
        raise ReproError(msg)
    counts = {profile: protocol.seeds.get(profile) for profile in PROFILES}
    if wrong := [profile for profile, count in counts.items() if type(count) is not int or count < 1]:
        msg = (
            f"Experiment {protocol.id}: seeds has a whole number from 1 for each of {', '.join(PROFILES)}. "
            f"Received for {wrong[0]}: {counts[wrong[0]]!r}. Correct it in experiments.py."
        )
        raise ReproError(msg)


def check_document(document: Document, protocols: dict[str, Protocol]) -> None:
    """Refuse claims and statements about what no experiment declares or measures; raises a ReproError."""
    for claim in document.claims:
        if claim.experiment is not None:
            _check_known(claim.experiment, protocols, what=f"Claim {claim.id}", file="claims.toml")
            check_measured(claim, protocol=protocols[claim.experiment])
    for statement in document.statements:
        for name in statement.experiments:
            _check_known(name, protocols, what=f"Statement {statement.id}", file="claims.toml")
            apply_rule(statement, protocols[name])


def check_variant(variant: Variant, protocols: dict[str, Protocol], *, file: str) -> None:
    """Refuse a variant that `file` declares of an unknown experiment, or with an unfit id; raises a ReproError."""
    _check_known(variant.experiment, protocols, what=f"Variant {variant.id}", file=file)
    experiment, _, name = variant.id.partition("+")
    if experiment != variant.experiment or not is_id(name):
        msg = (
            f"A variant's id is its experiment's, a plus, and {ID_RULE}. "
            f"Received: {variant.id!r}, of {variant.experiment}. Correct it in {file}."
        )
        raise ReproError(msg)


def _check_known(experiment: str, protocols: dict[str, Protocol], *, what: str, file: str) -> None:
    if experiment not in protocols:
        msg = (
            f"{what}: its experiment is one of those that an experiments.py declares: {', '.join(protocols)}. "
            f"Received: {experiment!r}. Correct it in {file}, or declare it."
        )
        raise ReproError(msg)


_ON_IMAGES = frozenset({"loss", "accuracy", "error", "accuracy_promise", "accuracy_target"})


def check_measured(claim: Claim, *, protocol: Protocol) -> None:
    """Check that a claim's experiment measures what it claims.

    Raises
    ------
    ReproError
        If the claim names a period or an evaluation set that its experiment does not have.
    """
    if (claim.period or 1) > protocol.training.periods:
        raise not_measured(claim)
    if claim.metric not in _ON_IMAGES:
        return
    at_end = [*(each.name for each in protocol.evaluation_sets), ALL_TEST_IMAGES.name]
    if claim.evaluation_set not in (at_end if claim.period is None else protocol.evaluated_each_period):
        raise not_measured(claim)


def not_measured(claim: Claim) -> ReproError:
    """Return the error of a claim that its experiment does not measure."""
    after = "at its end" if claim.period is None else f"after period {claim.period}"
    return ReproError(
        f"Claim {claim.id}: {claim.experiment} does not measure the {claim.metric} of {claim.evaluation_set!r} "
        f"{after}. Correct the claim in claims.toml, or the experiment in experiments.py."
    )
