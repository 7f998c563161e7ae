"""All that is declared: documents, experiments, alternatives and planted faults, loaded once and checked together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from mnist_repro.documents.checks import check_document, check_protocol, check_variant
from mnist_repro.documents.document import Document, list_ids, load_document
from mnist_repro.documents.folders import DocumentFolder, check_unique_over_documents, find_document_folders
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant
from mnist_repro.errors import ReproError

Declared = TypeVar("Declared", Protocol, Variant)


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What all documents report and declare: those of this package first, in the order of their folders' names."""

    documents: dict[str, Document]  #: by id
    protocols: dict[str, Protocol]  #: of all experiments, by id
    alternatives: tuple[Variant, ...]  #: what the cause finder tries
    faults: tuple[Variant, ...]  #: mistakes planted to learn what the regression gate catches

    def select(self, names: Iterable[str]) -> dict[str, Protocol]:
        """Return the protocols of the named experiments, or of all where none is named.

        Raises
        ------
        ReproError
            If a name is unknown.
        """
        wanted = list(names)
        if unknown := [name for name in wanted if name not in self.protocols]:
            msg = f"Unknown experiment: {', '.join(unknown)}. Known: {', '.join(self.protocols)}."
            raise ReproError(msg)
        return {name: protocol for name, protocol in self.protocols.items() if not wanted or name in wanted}


def load_catalogue() -> Catalogue:
    """Load all documents with what their folders declare, and check that the files of each fit together.

    Raises
    ------
    ReproError
        If a folder or file is missing or breaks a rule, two ids are the same, an id cannot name a file, a profile has
        no seeds, or a claim, a statement, an alternative or a fault is about an experiment that is not declared or
        does not measure what is claimed.
    """
    folders = find_document_folders()
    documents = [(folder, load_document(folder.path)) for folder in folders]
    check_unique_over_documents([(folder, document.id) for folder, document in documents], what="documents")
    ids = [(folder, id_) for folder, document in documents for id_ in list_ids(document)]
    check_unique_over_documents(ids, what="claims, comparisons and statements")
    catalogue = Catalogue(
        documents={document.id: document for _, document in documents},
        protocols={protocol.id: protocol for protocol in _load_declared(folders, "experiments", kind=Protocol)},
        alternatives=_load_declared(folders, "alternatives", kind=Variant),
        faults=_load_declared(folders, "faults", kind=Variant),
    )
    for protocol in catalogue.protocols.values():
        check_protocol(protocol)
    for document in catalogue.documents.values():
        check_document(document, catalogue.protocols)
    for file, variants in (("alternatives.py", catalogue.alternatives), ("faults.py", catalogue.faults)):
        for variant in variants:
            check_variant(variant, catalogue.protocols, file=file)
    return catalogue


def _load_declared(folders: Iterable[DocumentFolder], module: str, *, kind: type[Declared]) -> tuple[Declared, ...]:
    """Return what all documents declare in their `module`, where only `experiments` is mandatory."""
    found = [
        (folder, declared)
        for folder in folders
        if module == "experiments" or folder.has(module)
        for declared in folder.load(module, attribute=module.upper(), kind=kind)
    ]
    check_unique_over_documents([(folder, declared.id) for folder, declared in found], what=module)
    return tuple(declared for _, declared in found)
