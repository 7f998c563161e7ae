"""The baseline: committed runs that later ones are tested against, in `runs.jsonl` as any environment's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mnist_repro.comparison.runs import select_completed
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.pooling import pool_runs
from mnist_repro.records.run import RunRecord, format_record
from mnist_repro.records.store import RecordStore

ERRORS_FILE = "errors.json"


def read_baseline(folder: Path, *, protocols: Mapping[str, Protocol]) -> dict[str, tuple[RunRecord, ...]]:
    """Read the baseline's runs by experiment; empty where there is no baseline. The `protocols` are today's.

    Raises
    ------
    ReproError
        If a record is broken or is one that no run can have, or the runs of an experiment cannot be pooled.
    """
    store = RecordStore(folder)
    grouped = _group_by_experiment(store.read())
    for name, records in grouped.items():
        _check_baseline(records, name=name, what=f"{store.file}, the baseline,")
        if name in protocols:
            pool_runs(records, protocol=protocols[name], store=store, protocol_sha256=records[-1].protocol_sha256)
    return {name: tuple(records) for name, records in grouped.items()}


def select_baseline(store: RecordStore, *, protocols: Mapping[str, Protocol]) -> dict[str, tuple[RunRecord, ...]]:
    """Return the newest pool of each experiment in an environment's records, as a baseline needs them.

    Raises
    ------
    ReproError
        If an experiment has no run of today's protocol, a run is incomplete, or a record is one that no run can have.
    """
    records = store.read()
    selected = {}
    for name, protocol in protocols.items():
        pool = pool_runs(records, protocol=protocol, store=store).records
        incomplete = [record.seed for record in pool if record.status != "completed"]
        if incomplete or not pool:
            received = f"an incomplete one, seed {incomplete[0]}" if incomplete else "none of today's protocol"
            msg = (
                f"A baseline needs completed runs of every experiment; of {name}, {store.file} has {received}. "
                "Run the full profile first: `mnist-repro run --profile full`."
            )
            raise ReproError(msg)
        selected[name] = pool
    return selected


def write_baseline(records: Iterable[RunRecord], *, folder: Path) -> None:
    """Make `records` the baseline, in place of another, and remove the error rates measured with that one.

    Raises
    ------
    ReproError
        If there is no run, one is incomplete, those of an experiment cannot be pooled, or the folder cannot be written.
    """
    grouped = _group_by_experiment(records)
    if not grouped:
        msg = "A baseline needs runs; received none. Record some with `mnist-repro run --profile full`."
        raise ReproError(msg)
    for name, members in grouped.items():
        _check_baseline(members, name=name, what="A baseline")
    ordered = [r for name in sorted(grouped) for r in sorted(grouped[name], key=lambda record: record.seed)]
    replace_file(RecordStore(folder).file, "".join(f"{format_record(record)}\n" for record in ordered))
    (folder / ERRORS_FILE).unlink(missing_ok=True)


def replace_file(file: Path, text: str) -> None:
    """Write a file of the baseline atomically.

    Raises
    ------
    ReproError
        If it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.part")
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(file)
    except OSError as error:
        msg = f"{file} belongs to the baseline and cannot be written: {error}. Correct --baseline."
        raise ReproError(msg) from error


def _group_by_experiment(records: Iterable[RunRecord]) -> dict[str, list[RunRecord]]:
    grouped: dict[str, list[RunRecord]] = defaultdict(list)
    for record in records:
        grouped[record.experiment].append(record)
    return dict(grouped)


def _check_baseline(records: Sequence[RunRecord], *, name: str, what: str) -> None:
    rules = {
        "runs that completed": len(select_completed(records)) == len(records),
        "runs on MNIST": all(record.dataset == "mnist" for record in records),
        "each seed once": len({record.seed for record in records}) == len(records),
        "runs made under the same conditions": len({record.conditions for record in records}) == 1,
    }
    if broken := [rule for rule, holds in rules.items() if not holds]:
        msg = (
            f"{what} needs, for each experiment, {', '.join(rules)}; for {name} these rules are broken: "
            f"{', '.join(broken)}. Record a baseline from an environment's runs with `mnist-repro baseline`."
        )
        raise ReproError(msg)
