"""What times are held against where they are to tell of the code, and not of the machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from problem import Problem


class Control:
    """A step's matrix products in NumPy, which no change of TensorFlow, Keras or our training code touches.

    They have the shapes of the step's own, so a busy or slower machine slows both alike.
    """

    def __init__(self, problem: Problem) -> None:
        self._values = problem.initial_values
        self._weights = problem.initial_values[::2]
        size = problem.protocol.training.batch_size
        self._inputs = [np.ones((size, len(matrix)), np.float32) for matrix in self._weights]
        self._errors = [np.ones((size, matrix.shape[1]), np.float32) for matrix in self._weights]
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
