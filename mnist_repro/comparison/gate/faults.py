"""Planted faults: small changes that a person could make by mistake, to learn which of them the gate sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from mnist_repro.comparison.gate.error_rates import Fault
from mnist_repro.comparison.gate.resampling import GATE_PROFILE
from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Adam, ConstantRate, GradientDescent, Protocol
from mnist_repro.documents.variant import Variant, read_otherwise, vary
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.variant_runs import read_variant_runs

# Runs from which the gate runs of a fault draw theirs.
_FEW, _MANY = 20, 100


def plant_faults(protocols: Mapping[str, Protocol], *, alternatives: Mapping[str, Variant]) -> tuple[Variant, ...]:
    """Plant each fault in one experiment in which it can be made, mostly in the quickest.

    Parameters
    ----------
    protocols
        All experiments, by id.
    alternatives
        What the cause finder tries, by id: some of it is a fault just as well, and its runs serve for both.
    """
    basic, linear, net = (protocols[name] for name in ("tf1-basic", "julia-linear-lr0.003", "julia-mlp-100x100"))
    return (
        *_faults_of_basic(basic),
        *(
            replace(alternatives[name], choice="planted fault", change=change, seeds=_FEW)
            for name, change in (
                ("tf1-basic+pixels-0-to-1", "pixels divided by 255"),
                ("tf1-basic+relu", "ReLU for sigmoid"),
                ("tf1-basic+glorot", "Glorot's initial weights for N(0, 1)"),
                ("tf1-dropout-piecewise+late-schedule", "learning rates change a period late"),
                ("tf1-dropout-piecewise+dropout-in-evaluation", "dropout left on in evaluation"),
                ("tf1-dropout-piecewise+drop-0.7", "keep and drop probability swapped"),
                ("tf1-dropout-piecewise+unscaled-dropout", "kept outputs not divided by 0.7"),
            )
        ),
        *_faults_of_linear(linear),
        replace(
            alternatives["julia-linear-lr0.003+no-clipping"],
            choice="planted fault",
            change="gradients not clipped",
            seeds=_MANY,
        ),
        *_faults_of_net(net),
        replace(
            alternatives["julia-mlp-100x100+epsilon-1e-3"],
            choice="planted fault",
            change="Adam's epsilon 1e-3 for 1e-8",
            seeds=_MANY,
        ),
    )


def _plant(
    protocol: Protocol,
    name: str,
    change: str,
    *,
    seeds: int,
    alter: Callable[[Dataset], Dataset] | None = None,
    **fields: Any,
) -> Variant:
    return vary(protocol, name, choice="planted fault", change=change, seeds=seeds, alter=alter, **fields)


def _faults_of_basic(protocol: Protocol) -> tuple[Variant, ...]:
    training = protocol.training
    rate = cast("ConstantRate", protocol.optimizer.learning_rate).rate
    return (
        # Plain gradient descent takes the steps of a summed loss with the mean's rate times the batch size.
        _plant(
            protocol,
            "summed-loss",
            "loss summed over the batch, not its mean",
            seeds=_FEW,
            optimizer=GradientDescent(learning_rate=ConstantRate(rate=rate * training.batch_size)),
        ),
        _plant(
            protocol,
            "batches-of-900",
            "batches of 900 for 1,000",
            seeds=_FEW,
            training=replace(training, batch_size=900),
        ),
        read_otherwise(
            protocol,
            "tested-on-validation",
            choice="planted fault",
            change="test accuracy taken on the validation set",
            seeds=_FEW,
            reads={"test": "validation"},
        ),
    )


def _faults_of_linear(protocol: Protocol) -> tuple[Variant, ...]:
    adam = cast("Adam", protocol.optimizer)
    rate = cast("ConstantRate", adam.learning_rate).rate
    (layer,) = protocol.layers
    return (
        *(
            _plant(
                protocol,
                f"rate-x{factor:g}",
                f"learning rate times {factor:g}",
                seeds=_MANY,
                optimizer=replace(adam, learning_rate=ConstantRate(rate=rate * factor)),
            )
            for factor in (0.9, 10.0)
        ),
        _plant(
            protocol, "beta2-0.99", "Adam's beta2 0.99 for 0.999", seeds=_MANY, optimizer=replace(adam, beta_2=0.99)
        ),
        *(
            _plant(
                protocol,
                f"labels-{share:.0%}".replace("%", "-percent"),
                f"{share:.0%} of the training labels shuffled".replace("%", " %"),
                seeds=_MANY,
                alter=shuffle_labels(share),
            )
            for share in (0.01, 0.05)
        ),
        _plant(
            protocol,
            "test-pixels-off",
            "test images read one pixel off",
            seeds=_MANY,
            alter=lambda dataset: replace(dataset, test_images=np.roll(dataset.test_images, 1, axis=1)),
        ),
        _plant(
            protocol,
            "not-permuted",
            "training images not permuted",
            seeds=_MANY,
            training=replace(protocol.training, order="as stored"),
        ),
        _plant(protocol, "no-bias", "last layer without biases", seeds=_MANY, layers=(replace(layer, biases=None),)),
        read_otherwise(
            protocol,
            "wrong-slice",
            choice="planted fault",
            change="evaluated on the whole test set",
            seeds=_MANY,
            reads={"validation": "all test images"},
        ),
    )


def _faults_of_net(protocol: Protocol) -> tuple[Variant, ...]:
    return (
        _plant(protocol, "float16", "weights kept in float16", seeds=_MANY, weight_format="float16"),
        _plant(
            protocol,
            "pixels-off",
            "all images read one pixel off",
            seeds=_MANY,
            alter=lambda dataset: replace(
                dataset,
                train_images=np.roll(dataset.train_images, 1, axis=1),
                test_images=np.roll(dataset.test_images, 1, axis=1),
            ),
        ),
    )


def shuffle_labels(share: float) -> Callable[[Dataset], Dataset]:
    """Return what shuffles `share` of the training labels among themselves, in all runs the same ones."""

    def shuffle(dataset: Dataset) -> Dataset:
        generator = np.random.default_rng(0)
        chosen = generator.choice(
            len(dataset.train_labels), size=round(share * len(dataset.train_labels)), replace=False
        )
        labels = dataset.train_labels.copy()
        labels[chosen] = labels[generator.permutation(chosen)]
        return replace(dataset, train_labels=labels)

    return shuffle


def collect_faults(
    store: RecordStore, *, faults: Sequence[Variant], protocols: Mapping[str, Protocol]
) -> tuple[list[Fault], list[str]]:
    """Collect the runs of planted faults from the records of an environment.

    Parameters
    ----------
    store
        The experiments' runs; those of the faults are kept with them.
    faults
        The planted faults.

    Returns
    -------
    collected
        Faults with enough runs for a gate run.
    not_run
        Ids of the others.

    Raises
    ------
    ReproError
        If a record is broken.
    """
    all_runs = read_variant_runs(store)
    collected, not_run = [], []
    for variant in faults:
        runs = all_runs.of_variant(variant)
        if len(runs) < protocols[variant.experiment].seeds[GATE_PROFILE]:
            not_run.append(variant.id)
            continue
        seen = [swap_sets(record, reads=variant.reads) for record in runs]
        collected.append(Fault(id=variant.id, title=variant.change, experiment=variant.experiment, records=seen))
    return collected, not_run


def swap_sets(record: RunRecord, *, reads: Mapping[str, str]) -> RunRecord:
    """Return a record with other evaluation sets' values under the names of the document's, as `Variant.reads` says."""

    def swap(values: dict[str, float]) -> dict[str, float]:
        return {name: values.get(reads.get(name, name), value) for name, value in values.items()}

    return replace(
        record,
        periods=tuple(replace(p, loss=swap(p.loss), accuracy=swap(p.accuracy)) for p in record.periods),
        final_loss=swap(record.final_loss),
        final_accuracy=swap(record.final_accuracy),
    )
