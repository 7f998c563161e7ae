"""What a user would pick instead: JAX, PyTorch, scikit-learn, each as its own documentation trains a small network."""

from __future__ import annotations

import warnings
from functools import partial
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray
from problem import BATCHES, SEED, Problem

from mnist_repro.documents.optimizers import Adam
from mnist_repro.training.randomness import dropout_layers


def require_dense(problem: Problem) -> None:
    """Refuse a network with other layers than dense ones; raises a NotImplementedError."""
    if not problem.is_dense:
        msg = "Only networks of dense layers are written for this library."
        raise NotImplementedError(msg)


def rate_of(problem: Problem) -> float:
    """Return the rate of the first steps; a step takes as long with any other."""
    declared = problem.protocol.optimizer.learning_rate
    return float(getattr(declared, "rate", None) or getattr(declared, "start", None) or declared.rates[0])


class Jax:
    """A jitted loop over steps, with the images on the device."""

    def __init__(self, problem: Problem) -> None:
        require_dense(problem)
        import jax  # noqa: PLC0415 - one engine in each process
        import jax.numpy as jnp  # noqa: PLC0415

        protocol, rate = problem.protocol, rate_of(problem)
        layers, optimizer = protocol.layers, protocol.optimizer
        images, labels = jnp.asarray(problem.pixels), jnp.asarray(problem.labels)
        activations = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu, "softmax": lambda values: values}

        def loss_of(values: list[Any], batch: Any, key: Any) -> Any:
            outputs = images[batch]
            for layer, weights, biases in zip(layers, values[::2], values[1::2], strict=True):
                outputs = activations[layer.activation](outputs @ weights + biases)
                if layer.keep_probability < 1:
                    key, own = jax.random.split(key)
                    kept = jax.random.bernoulli(own, layer.keep_probability, outputs.shape)
                    outputs = jnp.where(kept, outputs / layer.keep_probability, 0)
            logs = jax.nn.log_softmax(outputs)
            return -jnp.take_along_axis(logs, labels[batch][:, None], axis=1).mean()

        def clip(gradient: Any) -> Any:
            if optimizer.clip_norm is None:
                return gradient
            norm = jnp.sqrt(jnp.sum(gradient**2))
            return gradient * (optimizer.clip_norm / jnp.maximum(norm, optimizer.clip_norm))

        def one_step(step: Any, state: Any) -> Any:
            values, means, squares, key = state
            key, own = jax.random.split(key)
            gradients = [clip(g) for g in jax.grad(loss_of)(values, step % BATCHES, own)]
            if not isinstance(optimizer, Adam):
                return [v - rate * g for v, g in zip(values, gradients, strict=True)], means, squares, key
            one, two = optimizer.beta_1, optimizer.beta_2
            means = [one * m + (1 - one) * g for m, g in zip(means, gradients, strict=True)]
            squares = [two * s + (1 - two) * g**2 for s, g in zip(squares, gradients, strict=True)]
            scale = rate * jnp.sqrt(1 - two ** (step + 1.0)) / (1 - one ** (step + 1.0))
            moved = zip(values, means, squares, strict=True)
            return [v - scale * m / (jnp.sqrt(s) + optimizer.epsilon) for v, m, s in moved], means, squares, key

        # Any number of steps in one compiled call.
        self._run = jax.jit(lambda first, last, state: jax.lax.fori_loop(first, last, one_step, state))
        values = [jnp.asarray(each) for each in problem.initial_values]
        zeros = [jnp.zeros_like(each) for each in values]
        self._state = (values, zeros, zeros, jax.random.key(SEED))
        self._made = 0
        self._wait = jax.block_until_ready

    def make_steps(self, steps: int) -> None:
        """Make the next steps of training."""
        self._state = self._wait(self._run(self._made, self._made + steps, self._state))
        self._made += steps

    def values(self) -> list[NDArray[np.float32]]:
        """Return weights and biases."""
        return [np.asarray(each) for each in self._state[0]]


class PyTorch:
    """An eager loop."""

    def __init__(self, problem: Problem) -> None:
        require_dense(problem)
        import torch  # noqa: PLC0415 - one engine in each process

        torch.set_num_threads(1)
        torch.manual_seed(SEED)
        parts: list[Any] = []
        inputs = problem.pixels.shape[-1]
        for layer in problem.protocol.layers:
            parts.append(torch.nn.Linear(inputs, layer.units))
            parts += {"sigmoid": [torch.nn.Sigmoid()], "relu": [torch.nn.ReLU()], "softmax": []}[layer.activation]
            if layer.keep_probability < 1:
                parts.append(torch.nn.Dropout(1 - layer.keep_probability))
            inputs = layer.units
        self._model = torch.nn.Sequential(*parts)
        with torch.no_grad():
            for parameter, values in zip(self._model.parameters(), problem.initial_values, strict=True):
                parameter.copy_(torch.from_numpy(values.T if values.ndim > 1 else values))
        declared = problem.protocol.optimizer
        self._optimizer: Any = (
            torch.optim.Adam(
                self._model.parameters(),
                lr=rate_of(problem),
                betas=(declared.beta_1, declared.beta_2),
                eps=declared.epsilon,
            )
            if isinstance(declared, Adam)
            else torch.optim.SGD(self._model.parameters(), lr=rate_of(problem))
        )
        clip = torch.nn.utils.clip_grad_norm_
        self._clip = partial(clip, max_norm=declared.clip_norm) if declared.clip_norm is not None else None
        self._loss = torch.nn.functional.cross_entropy
        self._images, self._labels = torch.from_numpy(problem.pixels), torch.from_numpy(problem.labels).long()
        self._made = count()

    def make_steps(self, steps: int) -> None:
        """Make the next steps of training."""
        for _ in range(steps):
            batch = next(self._made) % BATCHES
            self._optimizer.zero_grad()
            self._loss(self._model(self._images[batch]), self._labels[batch]).backward()
            if self._clip:
                for parameter in self._model.parameters():
                    self._clip(parameter)
            self._optimizer.step()

    def values(self) -> list[NDArray[np.float32]]:
        """Return weights and biases."""
        parameters = [parameter.detach().numpy() for parameter in self._model.parameters()]
        return [values.T if values.ndim > 1 else values for values in parameters]


class ScikitLearn:
    """`MLPClassifier.partial_fit`, which knows neither dropout nor clipping."""

    def __init__(self, problem: Problem) -> None:
        require_dense(problem)
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - one engine in each process
        from sklearn.neural_network import MLPClassifier  # noqa: PLC0415

        protocol, declared = problem.protocol, problem.protocol.optimizer
        if dropout_layers(protocol):
            msg = "MLPClassifier has no dropout."
            raise NotImplementedError(msg)
        warnings.simplefilter("ignore", ConvergenceWarning)
        hidden = protocol.layers[:-1]
        names = {"sigmoid": "logistic", "relu": "relu"}
        adam = (
            {"beta_1": declared.beta_1, "beta_2": declared.beta_2, "epsilon": declared.epsilon}
            if isinstance(declared, Adam)
            else {}
        )
        self._model = MLPClassifier(
            hidden_layer_sizes=tuple(layer.units for layer in hidden),
            activation=names[hidden[0].activation] if hidden else "identity",
            solver="adam" if adam else "sgd",
            alpha=0.0,
            batch_size=protocol.training.batch_size,
            learning_rate_init=rate_of(problem),
            momentum=0.0,
            nesterovs_momentum=False,
            shuffle=False,
            random_state=SEED,
            **adam,
        )
        self._batches = list(zip(problem.pixels, problem.labels, strict=True))
        self._made = count()
        self._model.partial_fit(*self._batches[0], classes=range(10))
        # In place: its optimiser holds on to these arrays.
        for parameter, values in zip(self.values(), problem.initial_values, strict=True):
            parameter[...] = values

    def make_steps(self, steps: int) -> None:
        """Make the next steps of training."""
        for _ in range(steps):
            self._model.partial_fit(*self._batches[next(self._made) % BATCHES])

    def values(self) -> list[NDArray[np.float32]]:
        """Return weights and biases."""
        both = zip(self._model.coefs_, self._model.intercepts_, strict=True)
        return [values for pair in both for values in pair]
