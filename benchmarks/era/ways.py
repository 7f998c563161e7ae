"""The two ways in which a step is made, behind the same methods: by a session, and by the package's compiled period.

TensorFlow is imported when a way is made: the time of that import is measured before. As everything in this folder, the
file runs from Python 3.7 on; the package, where it is installed, from Python 3.10 on.
"""

from __future__ import annotations

import hashlib

import numpy as np

# As in the package's `variants`: steps over which runs are compared one by one.
FIRST_STEPS = 50
VALIDATION = "validation"


class SessionWay:
    """The documents' own way: a graph, and a session that is fed step by step.

    Parameters
    ----------
    protocol
        What `protocols.json` says of an experiment.
    mnist
        Training images, their labels, test images and theirs; images of shape (n, 784), all uint8.
    first_steps
        Whether it makes an experiment's first steps alone, with a loss after each, as the package's variant does.
    """

    def __init__(self, protocol, mnist, first_steps=False):
        import tf1_session  # noqa: PLC0415 - ends eager execution, and loads TensorFlow

        if first_steps:
            training = dict(protocol["training"], periods=FIRST_STEPS, steps_per_period=1, restart_each_period=False)
            protocol = dict(protocol, training=training, evaluated_each_period=[VALIDATION])
        self._run = tf1_session.Run(protocol, mnist)
        self._draw_batches = tf1_session.draw_batches
        self._one_hot = np.eye(tf1_session.CLASSES, dtype=np.float32)
        self._fed = []

    def restart(self):
        """Put the network into the state in which the run with seed 0 starts, with the batches that it uses."""
        self._run.network.load_run(0)
        self._step = 0
        if not self._fed:
            training = self._run.protocol["training"]
            self._turn = training["steps_per_period"]
            if not training["restart_each_period"]:
                self._turn *= training["periods"]
            images, labels = self._run.part(training["images"])
            places = self._draw_batches(self._run.protocol, 0)[: self._turn]
            self._fed = [(self._run.pixels(images[batch]), self._one_hot[labels[batch]]) for batch in places]

    def make_steps(self, steps):
        """Make the next steps of the run."""
        for _ in range(steps):
            images, labels = self._fed[self._step % self._turn % len(self._fed)]
            self._run.network.train_step(images, labels, step=self._step)
            self._step += 1

    def follow(self, seed):
        """Return a run's losses after each period, and a hash of the values that it ends with."""
        run = self._run.train(seed)
        return [period["loss"][VALIDATION] for period in run["periods"]], hash_values(self._run.network.values())


class CompiledWay:
    """The package's way: Keras, and many steps in one compiled call; parameters as for `SessionWay`."""

    def __init__(self, protocol, mnist, first_steps=False):
        # Where the package is installed, with the TensorFlow that it needs.
        from mnist_repro.datasets.dataset import Dataset  # noqa: PLC0415
        from mnist_repro.documents.catalogue import load_catalogue  # noqa: PLC0415
        from mnist_repro.documents.variant import follow_first_steps  # noqa: PLC0415
        from mnist_repro.training.trainer import Trainer, limit_threads  # noqa: PLC0415

        limit_threads(1)
        names = ("train_images", "train_labels", "test_images", "test_labels")
        dataset = Dataset(name="mnist", source="the probe", **dict(zip(names, mnist)))
        declared = load_catalogue().protocols[protocol["id"]]
        if declared.sha256 != protocol["sha256"]:
            raise ValueError("the installed package declares {} otherwise than protocols.json".format(protocol["id"]))
        if first_steps:
            declared = follow_first_steps(declared)[0].protocol
        self._trainer = Trainer(declared, dataset)

    def restart(self):
        """Put the network into the state in which the run with seed 0 starts."""
        self._trainer.load_run(0)

    def make_steps(self, steps):
        """Make the next steps of the run, in one call."""
        self._trainer.train_steps(steps)

    def follow(self, seed):
        """Return a run's losses after each period, and a hash of the values that it ends with."""
        run = self._trainer.train(seed)
        return [period.loss[VALIDATION] for period in run.periods], hash_values(self._trainer.model.get_weights())


WAYS = {"session": SessionWay, "compiled": CompiledWay}


def hash_values(values):
    """Return a hash of weights and biases, by which bit-equal ones are known."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()
