"""What times are held against where they are to tell of the code, and not of the machine."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray
from problem import Problem


class Control:
    """A step's matrix products in NumPy, which no change of TensorFlow, Keras or our training code touches.

    They have the shapes of the step's own, so a busy or slower machine slows both alike. A convolution is the product
    of its patches and its filters.
    """

    def __init__(self, problem: Problem) -> None:
        self._values = problem.initial_values
        self._weights = [each.reshape(-1, each.shape[-1]) for each in problem.initial_values if each.ndim > 1]
        size = problem.protocol.training.batch_size
        rows = [size * prod(placed.outputs[:-1]) for placed in problem.protocol.network if placed.kernel]
        pairs = list(zip(rows, self._weights, strict=True))
        self._inputs = [np.ones((many, len(matrix)), np.float32) for many, matrix in pairs]
        self._errors = [np.ones((many, matrix.shape[1]), np.float32) for many, matrix in pairs]
        self._outputs = [np.empty_like(errors) for errors in self._errors]
        self._gradients = [np.empty_like(matrix) for matrix in self._weights]
        self._passed_back = [np.empty_like(values) for values in self._inputs]

    def make_steps(self, steps: int) -> None:
        """Multiply as often as so many steps do."""
        for _ in range(steps):
            for number, (values, matrix, errors) in enumerate(
                zip(self._inputs, self._weights, self._errors, strict=True)
            ):
                np.matmul(values, matrix, out=self._outputs[number])
                np.matmul(values.T, errors, out=self._gradients[number])
                if number:
                    np.matmul(errors, matrix.T, out=self._passed_back[number])

    def values(self) -> list[NDArray[np.float32]]:
        """Return the initial values: nothing was trained."""
        return self._values
