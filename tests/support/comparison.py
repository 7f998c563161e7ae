"""How far the package's training ends from the reference's."""

from __future__ import annotations

from itertools import count, islice

import numpy as np
import reference
from numpy.typing import NDArray
from training_protocols import STEPS

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol
from mnist_repro.training.randomness import DropoutStream, draw_initial_values, dropout_layers, stream
from mnist_repro.training.trainer import Trainer


class Comparison:
    """Trains with the package and with the reference, and tells how far apart they end."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._trained: dict[tuple[str, int], list[NDArray[np.float32]]] = {}

    def disagreement(self, protocol: Protocol, *, steps: int = STEPS, believed: Protocol | None = None) -> float:
        """Return the largest distance of a variable from the reference, as a share of the way it has gone.

        The reference trains `believed` where that is given.
        """
        seed = self._even_seed(protocol)
        actual = self._train(protocol, seed=seed, steps=steps)
        initial = draw_initial_values(protocol, seed=seed)
        images = protocol.training.images
        orders = self.draw_orders(protocol, seed=seed)
        dropout = DropoutStream(seed, layers=dropout_layers(protocol))
        sizes = [len(batch) for batch in islice(reference.list_batches(protocol, orders), steps)]
        expected = reference.train(
            believed or protocol,
            initial=initial,
            images=self._dataset.train_images[images.start : images.stop],
            labels=self._dataset.train_labels[images.start : images.stop],
            orders=orders,
            masks=[[mask[0] for mask in dropout.draw(1, batch_size=size)] for size in sizes],
        )
        return max(
            float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs - start))
            for ours, theirs, start in zip(actual, expected, initial, strict=True)
        )

    def _train(self, protocol: Protocol, *, seed: int, steps: int) -> list[NDArray[np.float32]]:
        key = (protocol.sha256, steps)
        if key not in self._trained:
            trainer = Trainer(protocol, self._dataset)
            trainer.load_run(seed)
            for done in range(0, steps, 5):
                trainer.train_steps(min(5, steps - done))
            self._trained[key] = trainer.model.get_weights()
        return self._trained[key]

    @staticmethod
    def draw_orders(protocol: Protocol, *, seed: int) -> list[NDArray[np.int64]]:
        """Return the orders of the training images that a run's first steps may take."""
        images, order, generator = len(protocol.training.images), protocol.training.order, stream(seed, "data order")
        if order == "permuted each period":
            return [generator.permutation(images) for _ in range(STEPS + 1)]
        return [np.arange(images) if order == "as stored" else generator.permutation(images)] * (STEPS + 1)

    def _even_seed(self, protocol: Protocol) -> int:
        """Return a seed in whose first batch no class has exactly its tenth.

        From zero weights that class's bias has no gradient but rounding errors, and Adam makes a whole step of these.
        """
        images, size = protocol.training.images, protocol.training.batch_size
        labels = self._dataset.train_labels[images.start : images.stop]

        def first_batch(seed: int) -> NDArray[np.uint8]:
            return labels[self.draw_orders(protocol, seed=seed)[0][:size]]

        # Not 0: that is the seed with which a trainer compiles.
        seeds = count(1)
        return next(seed for seed in seeds if size / 10 not in np.bincount(first_batch(seed), minlength=10))
