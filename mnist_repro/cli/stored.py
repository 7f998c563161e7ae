"""The recorded runs that options name."""

from __future__ import annotations

import argparse
from pathlib import Path

from mnist_repro.documents.catalogue import Catalogue
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import LOCAL_ENVIRONMENT, is_own
from mnist_repro.records.store import RecordStore, open_store, open_stores
from mnist_repro.studies.artifacts import find_labels
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment


def judge_environment(options: argparse.Namespace, catalogue: Catalogue) -> EnvironmentResult:
    """Hold the runs of the environment that the options name against all that the documents report."""
    store = open_named(options.records, options.environment)
    return summarize_environment(
        store,
        documents=catalogue.documents,
        protocols=catalogue.protocols,
        alternatives=catalogue.alternatives,
        labels=find_labels(store, folder=options.records),
        others=catalogue.others,
    )


def open_named(records: Path, environment: str | None) -> RecordStore:
    """Return the records of an environment; without a name the user's own, or where there are none the published ones.

    Raises
    ------
    ReproError
        If it has no records.
    """
    if environment:
        return open_store(records, environment=environment)
    own = [store for store in open_stores(records) if store.environment == LOCAL_ENVIRONMENT]
    return own[0] if own else open_published(records)


def open_published(records: Path) -> RecordStore:
    """Return the records of the published environment with the most runs; without any, those of any environment.

    Raises
    ------
    ReproError
        If there are no records.
    """
    stores = open_stores(records)
    published = [store for store in stores if not is_own(store.environment)]
    return max(published or stores, key=lambda store: store.file.read_bytes().count(b"\n"))


def find_pair(before: str | None, after: str | None, *, records: Path) -> tuple[RecordStore, RecordStore]:
    """Return the two records that are compared: by default the published ones, and the user's own or the last others.

    Raises
    ------
    ReproError
        If a name means none, or there is nothing to compare with.
    """
    first = find_store(before, records=records) if before else open_published(records)
    if after:
        return first, find_store(after, records=records)
    others = [store for store in open_stores(records) if store.environment != first.environment]
    if not others:
        msg = f"A comparison needs two environments; {records} has {first.environment} alone. Name a folder as B."
        raise ReproError(msg)
    return first, max(others, key=lambda store: (store.environment == LOCAL_ENVIRONMENT, store.environment))


def find_store(name: str, *, records: Path) -> RecordStore:
    """Return the records that `name` means: those of an environment in the folder `records`, or those of a folder.

    Raises
    ------
    ReproError
        If it means none, or a folder has several environments.
    """
    known = {file.parent.name: RecordStore(file.parent) for file in sorted(records.glob("*/runs.jsonl"))}
    if name in known:
        return known[name]
    folder = Path(name)
    if (folder / "runs.jsonl").is_file():
        return RecordStore(folder)
    if not folder.is_dir():
        msg = (
            f"Records are those of an environment or of a folder; {name!r} is neither. "
            f"{records} has: {', '.join(known) or 'none'}. Name one of these, or another folder."
        )
        raise ReproError(msg)
    stores = open_stores(folder)
    if len(stores) > 1:
        msg = (
            f"One environment is compared with one; {folder} has {len(stores)}. "
            f"Name one of: {', '.join(str(store.folder) for store in stores)}."
        )
        raise ReproError(msg)
    return stores[0]
