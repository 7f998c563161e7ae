"""All that is declared: documents, experiments, alternatives and planted faults, loaded once and checked together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from mnist_repro.documents.chance import is_deterministic
from mnist_repro.documents.claim import ON_IMAGES, Claim
from mnist_repro.documents.document import Document, list_ids, load_document
from mnist_repro.documents.folders import DocumentFolder, check_unique_over_documents, find_document_folders
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.statement import apply_rule
from mnist_repro.documents.toml_schema import ID_RULE, is_id
from mnist_repro.documents.variant import Variant
from mnist_repro.errors import ReproError

Declared = TypeVar("Declared", Protocol, Variant)


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What documents report and declare: this package's, in the order of their folders, others, the atlas's own."""

    documents: dict[str, Document]  #: by id
    protocols: dict[str, Protocol]  #: of all experiments, by id
    alternatives: tuple[Variant, ...]  #: what the cause finder tries
    owners: dict[str, str]  #: id of the document that declares each experiment, by the experiment's id
    faults: tuple[Variant, ...]  #: mistakes planted to learn what the regression gate catches

    @property
    def front(self) -> Catalogue:
        """The documents that every page shows: all but those that only the atlas has."""
        return self.select_documents([id_ for id_, each in self.documents.items() if not each.atlas_only])

    @property
    def others(self) -> frozenset[str]:
        """Ids of the experiments of documents that this is not about."""
        return frozenset(self.owners).difference(self.protocols)

    @property
    def usual(self) -> Catalogue:
        """What is run and judged where nothing is named: `front`, and what of the atlas one run settles in seconds."""
        costly = {self.owners[id_] for id_, each in self.protocols.items() if not is_deterministic(each)}
        shown = self.front.documents
        return self.select_documents([id_ for id_ in self.documents if id_ in shown or id_ not in costly])

    def select(self, names: Iterable[str]) -> dict[str, Protocol]:
        """Return the protocols of the named experiments and documents, or the usual ones where none is named.

        Raises
        ------
        ReproError
            If a name is unknown.
        """
        wanted = list(names)
        if unknown := [name for name in wanted if name not in self.protocols and name not in self.documents]:
            known = f"{', '.join(self.protocols)}; of documents: {', '.join(self.documents)}"
            msg = f"Unknown experiment: {', '.join(unknown)}. Known: {known}."
            raise ReproError(msg)
        if not wanted:
            return self.usual.protocols
        return {id_: each for id_, each in self.protocols.items() if id_ in wanted or self.owners[id_] in wanted}

    def select_documents(self, names: Collection[str]) -> Catalogue:
        """Return the catalogue of the named documents, with what is declared for them.

        A document's verdicts are its own: what other documents report changes none of them.

        Raises
        ------
        ReproError
            If a name is unknown.
        """
        if unknown := [name for name in names if name not in self.documents]:
            msg = f"Unknown document: {', '.join(unknown)}. Known: {', '.join(self.documents)}."
            raise ReproError(msg)
        protocols = {id_: each for id_, each in self.protocols.items() if self.owners[id_] in names}
        return Catalogue(
            documents={id_: each for id_, each in self.documents.items() if id_ in names},
            protocols=protocols,
            alternatives=tuple(each for each in self.alternatives if each.experiment in protocols),
            faults=tuple(each for each in self.faults if each.experiment in protocols),
            owners=self.owners,
        )


def load_catalogue() -> Catalogue:
    """Load the documents that every page shows, as `load_atlas` does."""
    return load_atlas().front


def load_atlas() -> Catalogue:
    """Load all documents with what their folders declare, and check that the files of each fit together.

    A document of the atlas whose folder is named, as a user's own are, is shown and run as those are.

    Raises
    ------
    ReproError
        If a folder or file is missing or breaks a rule, two ids are the same, an id cannot name a file, or a
        claim, a statement, an alternative or a fault is about an experiment that is not declared or
        does not measure what is claimed.
    """
    folders = find_document_folders()
    loaded = [(folder, load_document(folder.path)) for folder in folders]
    documents = [(f, replace(each, atlas_only=each.atlas_only and not f.is_named)) for f, each in loaded]
    documents.sort(key=lambda found: found[1].atlas_only)
    folders = tuple(folder for folder, _ in documents)
    check_unique_over_documents([(folder, document.id) for folder, document in documents], what="documents")
    ids = [(folder, id_) for folder, document in documents for id_ in list_ids(document)]
    check_unique_over_documents(ids, what="claims, comparisons and statements")
    of_folder = {folder: document.id for folder, document in documents}
    declared = _load_declared(folders, "experiments", kind=Protocol)
    catalogue = Catalogue(
        documents={document.id: document for _, document in documents},
        protocols={protocol.id: protocol for _, protocol in declared},
        owners={protocol.id: of_folder[folder] for folder, protocol in declared},
        alternatives=tuple(variant for _, variant in _load_declared(folders, "alternatives", kind=Variant)),
        faults=tuple(variant for _, variant in _load_declared(folders, "faults", kind=Variant)),
    )
    for protocol in catalogue.protocols.values():
        _check_protocol(protocol)
    for document in catalogue.documents.values():
        _check_document(document, catalogue.protocols)
    families = {claim.family for document in catalogue.documents.values() for claim in document.claims}
    for protocol in catalogue.protocols.values():
        _check_reconstructions(protocol, families)
    for file, variants in (("alternatives.py", catalogue.alternatives), ("faults.py", catalogue.faults)):
        for variant in variants:
            _check_variant(variant, catalogue.protocols, file=file)
    return catalogue


def _load_declared(
    folders: Iterable[DocumentFolder], module: str, *, kind: type[Declared]
) -> list[tuple[DocumentFolder, Declared]]:
    """Return what all documents declare in their `module`, and where; only `experiments` is mandatory."""
    found = [
        (folder, declared)
        for folder in folders
        if module == "experiments" or folder.has(module)
        for declared in folder.load(module, attribute=module.upper(), kind=kind)
    ]
    check_unique_over_documents([(folder, declared.id) for folder, declared in found], what=module)
    return found


def _check_protocol(protocol: Protocol) -> None:
    """Refuse an experiment whose id cannot name a file, or a picture that no step gives; raises a ReproError."""
    if not is_id(protocol.id):
        msg = f"An experiment's id has {ID_RULE}. Received: {protocol.id!r}. Correct it in experiments.py."
        raise ReproError(msg)
    if late := [step for step in protocol.pictured_steps if step >= protocol.training.steps]:
        msg = (
            f"Experiment {protocol.id}: pictured_steps are fewer than the run's {protocol.training.steps:,} steps. "
            f"Received: {late[0]}. Correct it in experiments.py."
        )
        raise ReproError(msg)


def _check_document(document: Document, protocols: dict[str, Protocol]) -> None:
    """Refuse claims and statements about what no experiment declares or measures; raises a ReproError."""
    shown = {claim.run: claim.experiment for claim in document.claims}
    for claim in document.claims:
        if claim.experiment is not None:
            _check_known(claim.experiment, protocols, what=f"Claim {claim.id}", file="claims.toml")
            check_measured(claim, protocol=protocols[claim.experiment])
            if claim.runs_each > 1 and is_deterministic(protocols[claim.experiment]):
                msg = (
                    f"Claim {claim.id}: best_of and mean_of need an experiment that chance has a part in: all runs of "
                    f"{claim.experiment} are the same. Received: {claim.runs_each}. Correct it in claims.toml."
                )
                raise ReproError(msg)
        if claim.run is not None and (claim.run in protocols or shown[claim.run] != claim.experiment):
            msg = (
                f"Claim {claim.id}: run is an id for a further run of one experiment, and no experiment's. "
                f"Received: {claim.run!r}, of {claim.experiment}. Correct it in claims.toml."
            )
            raise ReproError(msg)
    for statement in document.statements:
        for name in statement.experiments:
            _check_known(name, protocols, what=f"Statement {statement.id}", file="claims.toml")
            apply_rule(statement, protocols[name])


def _check_reconstructions(protocol: Protocol, families: Collection[str]) -> None:
    """Refuse a reconstruction that was chosen by values which no document reports; raises a ReproError."""
    for reconstruction in protocol.reconstructions:
        for name in reconstruction.chosen_by:
            if name not in families:
                msg = (
                    f"Experiment {protocol.id}, reconstruction of {reconstruction.choice}: chosen_by has ids of "
                    f"claims, without their period. Received: {name!r}. Correct it in experiments.py."
                )
                raise ReproError(msg)


def _check_variant(variant: Variant, protocols: dict[str, Protocol], *, file: str) -> None:
    """Refuse a variant of `file` with an unknown experiment, an unfit id or unknown sets; raises a ReproError."""
    _check_known(variant.experiment, protocols, what=f"Variant {variant.id}", file=file)
    experiment, _, name = variant.id.partition("+")
    if experiment != variant.experiment or not is_id(name):
        msg = (
            f"A variant's id is its experiment's, a plus, and {ID_RULE}. "
            f"Received: {variant.id!r}, of {variant.experiment}. Correct it in {file}."
        )
        raise ReproError(msg)
    known = [each.name for each in variant.protocol.measured_sets]
    if unknown := [each for names in variant.reads.items() for each in names if each not in known]:
        msg = (
            f"Variant {variant.id}: reads names evaluation sets of {variant.experiment}: {', '.join(known)}. "
            f"Received: {unknown[0]!r}. Correct it in {file}."
        )
        raise ReproError(msg)


def _check_known(experiment: str, protocols: dict[str, Protocol], *, what: str, file: str) -> None:
    if experiment not in protocols:
        msg = (
            f"{what}: its experiment is one of those that an experiments.py declares: {', '.join(protocols)}. "
            f"Received: {experiment!r}. Correct it in {file}, or declare it."
        )
        raise ReproError(msg)


def check_measured(claim: Claim, *, protocol: Protocol) -> None:
    """Check that a claim's experiment measures what it claims.

    Raises
    ------
    ReproError
        If the claim names a period or an evaluation set that its experiment does not have, or counts other images.
    """
    if (claim.period or 1) > protocol.training.periods:
        raise not_measured(claim)
    at_end = [each.name for each in protocol.measured_sets]
    known = protocol.measured_each_period if claim.period or claim.at_best else at_end
    if claim.evaluation_set not in known and (claim.metric in ON_IMAGES or claim.evaluation_set is not None):
        raise not_measured(claim, known=known)
    if claim.at_best is not None and claim.at_best not in known:
        raise not_measured(replace(claim, evaluation_set=claim.at_best), known=known)
    if claim.unit == "images" and claim.whole != (
        images := len(protocol.evaluation_set(str(claim.evaluation_set)).images)
    ):
        msg = (
            f"Claim {claim.id}: a count is of as many images as its evaluation set has, here {images:,}. "
            f"Received: {claim.whole:,.0f}, by {claim.printed!r}. "
            "Correct the claim in claims.toml, or the set in experiments.py."
        )
        raise ReproError(msg)


def not_measured(claim: Claim, *, known: Sequence[str] = ()) -> ReproError:
    """Return the error of a claim that its experiment does not measure; it does so on the `known` evaluation sets."""
    after = f"after period {claim.period}" if claim.period else "after each period" if claim.at_best else "at its end"
    only = f", only on {', '.join(known)}" if known else ""
    return ReproError(
        f"Claim {claim.id}: {claim.experiment} does not measure the {claim.metric} of {claim.evaluation_set!r} "
        f"{after}{only}. Correct the claim in claims.toml, or the experiment in experiments.py."
    )
