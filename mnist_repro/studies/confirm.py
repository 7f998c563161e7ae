"""Whether today's training code reproduces the runs of earlier code, bit for bit.

If it does, the records of both may be pooled, and a change that only makes training faster, smaller or clearer does not
cost every recorded run. Processors of different kinds may round differently: where the recorded runs do not reproduce,
`train_revision` trains with the earlier code on this machine, to compare with.

Confirming takes three steps: `plan_confirmation`, training its plans, `compare_outcomes`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import describe_environment, hash_training_code
from mnist_repro.records.run import RunRecord, run_conditions
from mnist_repro.records.store import RecordStore
from mnist_repro.records.variant_runs import read_variant_runs, variant_store
from mnist_repro.studies.revision import check_out, run_command
from mnist_repro.studies.study import Plan, plan_study
from mnist_repro.studies.variant_plans import plan_variants


@dataclass(frozen=True, kw_only=True)
class ConfirmationPlan:
    """Recorded runs, and the plans that train them again."""

    recorded: tuple[RunRecord, ...]  #: all by one code
    plans: tuple[tuple[Plan, Dataset, RecordStore], ...]  #: each with its images and the store for its runs


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """Recorded runs compared with the same runs trained again."""

    code: str  #: hash of the code that trained the recorded runs
    equal: tuple[tuple[str, int], ...]  #: runs equal in all that a seed determines: experiment or variant, and seed
    different: tuple[tuple[str, int], ...]  #: all other runs


def plan_confirmation(
    store: RecordStore,
    *,
    protocols: Mapping[str, Protocol],
    variants: Sequence[Variant],
    seeds: int,
    dataset: Dataset,
    folder: Path,
) -> ConfirmationPlan:
    """Plan to train the first recorded runs of each experiment, and the first of each variant, again.

    Parameters
    ----------
    store
        Records made with the same versions, threads and flags as here.
    seeds
        Runs of each experiment.
    folder
        Empty; for the records of the runs that are trained again.

    Raises
    ------
    ReproError
        If the recorded runs were made by different codes, in another environment, or there are none.

    Notes
    -----
    The processor may be of another kind than the recorded one: equal bits are proof on any machine. Different bits are
    a fault of the code only on a processor of the same kind.
    """
    recorded = _recorded_runs(store, protocols=protocols, variants=variants, seeds=seeds)
    codes = {record.training_sha256 for record in recorded}
    if len(codes) != 1:
        msg = (
            f"Code is confirmed by runs of one earlier code; {store.file} and its variants have those of {len(codes)}."
        )
        raise ReproError(msg)
    _check_environment(recorded[0], store=store, dataset=dataset)
    again = RecordStore(folder / store.environment)
    wanted = {name: [r.seed for r in recorded if r.experiment == name] for name in protocols}
    plans = [(plan_study(protocols, seeds=wanted, dataset=dataset, store=again), dataset, again)]
    tried = {record.experiment for record in recorded}
    tried_variants = [variant for variant in variants if variant.id in tried]
    for plan, images in plan_variants(tried_variants, dataset=dataset, store=again, seeds=[0]):
        plans.append((plan, images, variant_store(again)))
    return ConfirmationPlan(recorded=tuple(recorded), plans=tuple(plans))


def compare_outcomes(recorded: Sequence[RunRecord], *, made: Iterable[RunRecord]) -> Confirmation:
    """Compare recorded runs with those trained again: a run that was not trained again counts as different."""
    outcomes = {(record.experiment, record.seed): record.outcome for record in made}
    equal: list[tuple[str, int]] = []
    different: list[tuple[str, int]] = []
    for record in recorded:
        run = record.experiment, record.seed
        (equal if outcomes.get(run) == record.outcome else different).append(run)
    return Confirmation(code=recorded[0].training_sha256, equal=tuple(equal), different=tuple(different))


def train_revision(revision: str, *, folder: Path, environment: str, seeds: int, dataset: Dataset) -> RecordStore:
    """Train the first runs of every experiment and variant with the package of a revision of this checkout.

    Parameters
    ----------
    revision
        A commit, tag or branch.
    folder
        Empty; for the revision's files and its records.
    environment
        Name for the records.
    seeds
        Runs of each experiment; each variant has one.
    dataset
        MNIST from a folder, or the stand-in.

    Raises
    ------
    ReproError
        If there is no such revision, or a command of it fails.
    """
    records = folder / "records"
    named = ["--data", dataset.source] if Path(dataset.source).is_dir() else ["--dataset", dataset.name]
    where = ["--records", str(records), "--environment", environment, *named]
    program = [sys.executable, "-m", "mnist_repro"]
    with check_out(revision, tree=folder / "tree") as tree:
        run_command([*program, "run", "--seeds", f"0-{seeds - 1}", *where], folder=tree)
        run_command([*program, "explain", "--seeds", "0", *where], folder=tree)
    return RecordStore(records / environment)


def format_same_code(confirmation: Confirmation, *, store: RecordStore) -> str:
    """Return the entry of `same_code.toml` that says what was confirmed."""
    processor = store.read()[0].environment.processor
    runs = f"{len(confirmation.equal)} runs of experiments and variants in {store.environment} on {processor}"
    return "\n".join(
        ["[[same]]", f'code = "{hash_training_code()}"', f'as = "{confirmation.code}"', f"seen = {json.dumps(runs)}"]
    )


def _recorded_runs(
    store: RecordStore, *, protocols: Mapping[str, Protocol], variants: Sequence[Variant], seeds: int
) -> list[RunRecord]:
    runs = read_variant_runs(store)
    recorded = [record for protocol in protocols.values() for record in runs.of_experiment(protocol)[:seeds]]
    for variant in variants:
        if variant.is_trained:
            recorded += [record for record in runs.of_variant(variant) if record.seed == 0]
    return recorded


def _check_environment(record: RunRecord, *, store: RecordStore, dataset: Dataset) -> None:
    environment = describe_environment(threads=record.environment.threads)
    here = run_conditions(
        experiment=record.experiment,
        protocol_sha256=record.protocol_sha256,
        training_sha256=record.training_sha256,
        dataset_sha256=dataset.sha256,
        environment=replace(environment, processor=record.environment.processor),
    )
    pairs = zip(here, record.conditions, strict=True)
    differences = [f"{ours} here, {theirs} there" for ours, theirs in pairs if ours != theirs]
    if differences:
        msg = (
            f"Only runs made under the same conditions can be equal; those in {store.file} were not: "
            f"{'; '.join(differences)}. Name another with --environment."
        )
        raise ReproError(msg)
