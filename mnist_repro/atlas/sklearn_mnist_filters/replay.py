"""The example by its own seed, in scikit-learn itself."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from mnist_repro.datasets.dataset import Dataset

_RUN = "sklearn-mnist-filters"


def replay(dataset: Dataset) -> dict[str, Sequence[float]]:
    """Return the example's losses after each epoch, and its two accuracies."""
    training, test = dataset.train_images / 255.0, dataset.test_images / 255.0
    network = MLPClassifier((50,), solver="sgd", alpha=1e-4, learning_rate_init=0.1, max_iter=10, random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ten epochs are all that the example makes
        network.fit(training, dataset.train_labels)
    return {
        f"{_RUN}.running-loss": network.loss_curve_,
        f"{_RUN}.training-accuracy": [network.score(training, dataset.train_labels)],
        f"{_RUN}.test-accuracy": [network.score(test, dataset.test_labels)],
    }
