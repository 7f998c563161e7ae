"""A document's own numbers again: from its own seed, in the library that printed them, as its `replay.py` says.

They are kept beside the records, in `replays.json`, and tell of the library and the document, not of our protocol.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from mnist_repro.datasets.dataset import MNIST_SHA256, Dataset
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.errors import ReproError
from mnist_repro.records.decoding import read_measurement
from mnist_repro.records.environment import hash_code
from mnist_repro.records.processor import name_processor
from mnist_repro.studies.artifacts import writing

_FILE = "replays.json"
_SCHEMA = 1
_REPLAYED = frozenset({"loss", "accuracy", "error"})


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What a document's seed gave in its library."""

    made_with: str  #: the library and its version
    numpy: str  #: version of NumPy
    processor: str  #: as `name_processor` tells kinds apart
    code_sha256: str  #: of the document's `replay.py`
    values: dict[str, float]  #: by id of a claim, in its unit


@dataclass(frozen=True, kw_only=True)
class _ReplayFile:
    replays: dict[str, Replay]  #: by document


def read_replays(folder: Path, *, documents: Mapping[str, Document]) -> dict[str, Replay]:
    """Return the replays in a folder of records, by document: those of today's claims and `replay.py`.

    Raises
    ------
    ReproError
        If the file cannot be read.
    """
    return {
        id_: replay
        for id_, replay in _read(folder).items()
        if (document := documents.get(id_)) and document.replay
        if replay.code_sha256 == hash_code([_find_program(document)])
        if replay.values.keys() >= {claim.id for claim in _list_replayed(document)}
    }


def keep_replays(folder: Path, documents: Iterable[Document], *, dataset: Dataset) -> None:
    """Replay the documents that say how, and keep their numbers in a folder of records; on MNIST alone.

    Raises
    ------
    ReproError
        If a `replay.py` fails or leaves out a number, or the file cannot be read or written.
    """
    named = documents if dataset.sha256 == MNIST_SHA256 else ()
    if made := {document.id: _make(document, dataset=dataset) for document in named if document.replay}:
        replays = {id_: asdict(each) for id_, each in sorted({**_read(folder), **made}.items())}
        with writing(folder / _FILE) as file:
            file.write(f"{json.dumps({'schema': _SCHEMA, 'replays': replays}, indent=2, allow_nan=False)}\n".encode())


def _make(document: Document, *, dataset: Dataset) -> Replay:
    file = _find_program(document)
    try:
        found = runpy.run_path(str(file))["replay"](dataset)
        values = {each.id: float(found[each.family][(each.period or 0) - 1]) for each in _list_replayed(document)}
        made_with = f"{document.replay} {metadata.version(str(document.replay))}"
    # A user's program may do anything, also end.
    except (Exception, SystemExit) as error:
        msg = (
            f"{file}: replay(dataset) returns the numbers of each claim, in a list by its id without the period. "
            f"Received: {type(error).__name__}: {error}. Correct it there."
        )
        raise ReproError(msg) from error
    return Replay(
        made_with=made_with,
        numpy=np.__version__,
        processor=name_processor(),
        code_sha256=hash_code([file]),
        values=values,
    )


def _read(folder: Path) -> dict[str, Replay]:
    remedy = "Remove it, and replay again: `mnist-repro run`."
    kept = read_measurement(folder / _FILE, _ReplayFile, remedy=remedy, schema=_SCHEMA)
    return kept.replays if kept else {}


def _find_program(document: Document) -> Path:
    return Path(str(document.folder / "replay.py"))


def _list_replayed(document: Document) -> list[Claim]:
    return [claim for claim in document.claims if claim.experiment and claim.metric in _REPLAYED]
