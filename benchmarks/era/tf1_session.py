"""The documents' experiments as they were written: a TensorFlow 1 graph, placeholders, and a session fed step by step.

This file stands alone. It needs NumPy and TensorFlow, from 1.15 on Python 3.7 to the newest by `tf.compat.v1`, and
reads what is done from `protocols.json` beside it, which `write_protocols.py` makes. The same seed starts the same run
as in the package: initial values, order of the images and dropped units come from the same NumPy streams. It writes
records that the package reads like any others.

    python benchmarks/era/tf1_session.py --data DIR --records reports/records/py37-tf115 --profile versions
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import time
import zlib
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import datetime, timezone
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow  # noqa: ICN001 - `tf` is the API of TensorFlow 1

tf = tensorflow.compat.v1
tf.disable_eager_execution()

PIXELS = 28 * 28
CLASSES = 10
SCHEMA_VERSION = 1
PROTOCOLS = Path(__file__).parent / "protocols.json"
FLAGS = ("TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "XLA_FLAGS", "TF_USE_LEGACY_KERAS", "TF_DETERMINISTIC_OPS")
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
ALL_TEST_IMAGES = {
    "name": "all test images",
    "images": {"source": "test", "start": 0, "stop": 10000},
    "dropout": False,
}
HEADER_BYTES = {"images": 16, "labels": 8}


def load_mnist(folder):
    """Return training images, their labels, test images and theirs, uint8; images have shape (n, 784)."""
    arrays = []
    for name in FILES:
        plain, packed = folder / name, folder / (name + ".gz")
        content = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
        kind = "images" if "images" in name else "labels"
        array = np.frombuffer(content, dtype=np.uint8, offset=HEADER_BYTES[kind])
        arrays.append(array.reshape(-1, PIXELS) if kind == "images" else array)
    return arrays


def hash_mnist(arrays):
    """Return the sum over all images and labels by which records name a dataset."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def seed_sequence(seed, name):
    """Return the seeds of one purpose in the run `seed`, less than 2^32.

    They are what the package gets from `SeedSequence(seed, spawn_key=...)`. NumPy before 1.19 does not fill the seed up
    with zeros to the four words of the pool, so it is done here.
    """
    return np.random.SeedSequence([seed, 0, 0, 0, zlib.crc32(name.encode())])


def draw_initial_values(protocol, seed):
    """Draw weights and biases of each layer in turn, float32."""
    generator = np.random.Generator(np.random.PCG64(seed_sequence(seed, "initial values")))
    values, inputs = [], PIXELS
    for layer in protocol["layers"]:
        for initial, shape in ((layer["weights"], (inputs, layer["units"])), (layer["biases"], (layer["units"],))):
            if initial["kind"] == "Zeros":
                values.append(np.zeros(shape, dtype=np.float32))
            elif initial["kind"] == "Normal":
                drawn = initial["standard_deviation"] * generator.standard_normal(shape)
                values.append(drawn.astype(np.float32))
            else:
                raise ValueError("Initial values are Zeros or Normal here; received {}.".format(initial["kind"]))
        inputs = layer["units"]
    return values


def draw_batches(protocol, seed):
    """Permute the training images and cut them into batches: places of shape (batches, batch_size)."""
    training = protocol["training"]
    images = training["images"]["stop"] - training["images"]["start"]
    size = training["batch_size"]
    generator = np.random.Generator(np.random.PCG64(seed_sequence(seed, "data order")))
    order = generator.permutation(images)
    return order[: images // size * size].reshape(-1, size)


class Dropout:
    """The units that dropout keeps, step after step of one run."""

    def __init__(self, protocol, seed, name="dropout"):
        self.bits = np.random.SFC64(seed_sequence(seed, name))
        self.layers = [layer for layer in protocol["layers"] if layer["keep_probability"] < 1]

    def draw(self, examples):
        """Return a bool mask of shape (examples, units) for each layer with dropout."""
        masks = []
        for layer in self.layers:
            count = examples * layer["units"]
            words = self.bits.random_raw(-(-count // 4)).view(np.uint16)[:count]
            masks.append(words.reshape(examples, -1) < round(layer["keep_probability"] * 65536))
        return masks


class Network:
    """A graph with its session, as the notebook builds one.

    Parameters
    ----------
    protocol
        What `protocols.json` says of an experiment.
    threads
        Threads that TensorFlow may use.
    """

    def __init__(self, protocol, threads=1):
        self.protocol = protocol
        self.graph = tf.Graph()
        with self.graph.as_default():
            self._build()
        config = tf.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads)
        self.session = tf.Session(graph=self.graph, config=config)

    def _build(self):
        self.images = tf.placeholder(tf.float32, (None, PIXELS))
        self.labels = tf.placeholder(tf.float32, (None, CLASSES))
        self.step = tf.placeholder(tf.int64, ())
        self.keep_probability = tf.placeholder(tf.float32, ())
        self.masks, self.variables, self.initial = [], [], []
        values, inputs = self.images, PIXELS
        for number, layer in enumerate(self.protocol["layers"], 1):
            units = layer["units"]
            weights = self._variable("W%d" % number, (inputs, units))
            biases = self._variable("b%d" % number, (units,))
            values = tf.matmul(values, weights) + biases
            if layer["activation"] != "softmax":
                values = {"sigmoid": tf.nn.sigmoid, "relu": tf.nn.relu}[layer["activation"]](values)
            if layer["keep_probability"] < 1:
                # What tf.nn.dropout does, but for the random numbers, which are the package's.
                mask = tf.placeholder_with_default(tf.ones_like(values), (None, units))
                self.masks.append(mask)
                values = values * mask / self.keep_probability
            inputs = units
        self.logits = values
        log_probabilities = tf.log(tf.nn.softmax(values))
        self.loss = -tf.reduce_mean(tf.reduce_sum(self.labels * log_probabilities, axis=1))
        self.rate = self._learning_rate()
        self.train = self._optimize()
        self.reset = tf.global_variables_initializer()

    def _variable(self, name, shape):
        variable = tf.get_variable(name, shape, tf.float32, initializer=tf.zeros_initializer())
        value = tf.placeholder(tf.float32, shape)
        self.variables.append(variable)
        self.initial.append((value, variable.assign(value)))
        return variable

    def _learning_rate(self):
        rate = self.protocol["optimizer"]["learning_rate"]
        if rate["kind"] == "ConstantRate":
            return tf.constant(rate["rate"], tf.float32)
        if rate["kind"] == "PiecewiseRate":
            boundaries = [np.int64(boundary) for boundary in rate["boundaries"]]
            return tf.train.piecewise_constant(self.step, boundaries, rate["rates"])
        return tf.train.exponential_decay(rate["start"], self.step, rate["every_steps"], rate["factor"], staircase=True)

    def _optimize(self):
        declared = self.protocol["optimizer"]
        if declared["kind"] == "GradientDescent":
            optimizer = tf.train.GradientDescentOptimizer(self.rate)
        else:
            optimizer = tf.train.AdamOptimizer(self.rate, declared["beta_1"], declared["beta_2"], declared["epsilon"])
        gradients = optimizer.compute_gradients(self.loss, self.variables)
        if declared["clip_norm"] is not None:
            gradients = [(tf.clip_by_norm(gradient, declared["clip_norm"]), v) for gradient, v in gradients]
        return optimizer.apply_gradients(gradients)

    def load_run(self, seed):
        """Put the network into the state in which the run `seed` starts."""
        self.session.run(self.reset)
        for (placeholder, assign), value in zip(self.initial, draw_initial_values(self.protocol, seed)):
            self.session.run(assign, {placeholder: value})
        self.dropout = Dropout(self.protocol, seed)
        self.dropout_in_evaluation = Dropout(self.protocol, seed, name="dropout in evaluation")

    def train_step(self, images, labels, step):
        """Make one step, fed with its batch."""
        feed = {self.images: images, self.labels: labels, self.step: step}
        feed.update(self._drop(self.dropout, len(images)))
        self.session.run(self.train, feed)

    def evaluate(self, images, dropout=False):
        """Return logits in float64; `dropout` leaves it on."""
        feed = {self.images: images, self.keep_probability: 1.0}
        if dropout:
            feed.update(self._drop(self.dropout_in_evaluation, len(images)))
        return self.session.run(self.logits, feed).astype(np.float64)

    def _drop(self, dropout, examples):
        """Return what is fed to drop units: the next masks, and the share that is kept."""
        masks = dropout.draw(examples)
        kept = dropout.layers[0]["keep_probability"] if masks else 1.0
        return {self.keep_probability: kept, **dict(zip(self.masks, masks))}

    def values(self):
        """Return weights and biases of each layer in turn."""
        return self.session.run(self.variables)


def measure(logits, labels):
    """Return mean cross-entropy and fraction of right answers."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_probabilities[np.arange(len(labels)), labels].mean()
    return float(loss), float((logits.argmax(axis=1) == labels).mean())


def count_confusion(logits, labels):
    """Return counts of shape (10, 10): a row for each true class, a column for each predicted class."""
    counts = np.zeros((CLASSES, CLASSES), dtype=int)
    np.add.at(counts, (labels, logits.argmax(axis=1)), 1)
    return counts.tolist()


class Run:
    """Trains and evaluates one experiment on MNIST."""

    def __init__(self, protocol, mnist):
        self.protocol = protocol
        self.mnist = {"train": mnist[:2], "test": mnist[2:]}
        self.divisor = np.float32(protocol["pixel_divisor"])
        self.sets = {each["name"]: each for each in protocol["evaluation_sets"] + [ALL_TEST_IMAGES]}
        start = time.perf_counter()
        self.network = Network(protocol)
        self.first_call_seconds = time.perf_counter() - start

    def pixels(self, images):
        """Return images as they enter the network."""
        return np.divide(images, self.divisor, dtype=np.float32)

    def part(self, images):
        """Return the images and labels of a slice."""
        source = self.mnist[images["source"]]
        return tuple(array[images["start"] : images["stop"]] for array in source)

    def evaluate(self, names):
        """Return loss, accuracy and confusion on each evaluation set."""
        found = {}
        # In the package's order: masks for evaluation are drawn one after the other.
        for name in sorted(names, key=lambda name: (self.sets[name]["images"]["source"], self.sets[name]["dropout"])):
            images, labels = self.part(self.sets[name]["images"])
            logits = self.network.evaluate(self.pixels(images), dropout=self.sets[name]["dropout"])
            if not np.isfinite(logits).all():
                raise FloatingPointError("the network's outputs are no longer finite")
            found[name] = measure(logits, labels) + (count_confusion(logits, labels),)
        return found

    def train(self, seed):
        """Train one run, and return what its record says of it."""
        training = self.protocol["training"]
        images, labels = self.part(training["images"])
        batches = draw_batches(self.protocol, seed)
        one_hot = np.eye(CLASSES, dtype=np.float32)
        pixels = {}
        self.network.load_run(seed)
        run = {"periods": [], "status": "completed", "reason": None, "evaluation_seconds": 0.0}
        started = time.perf_counter()
        step, final = 0, {}
        try:
            for _ in range(training["periods"]):
                begun = time.perf_counter()
                for turn in range(training["steps_per_period"]):
                    place = (turn if training["restart_each_period"] else step) % len(batches)
                    if place not in pixels:
                        pixels[place] = self.pixels(images[batches[place]]), one_hot[labels[batches[place]]]
                    self.network.train_step(*pixels[place], step=step)
                    step += 1
                seconds = time.perf_counter() - begun
                begun = time.perf_counter()
                measured = self.evaluate(self.protocol["evaluated_each_period"])
                run["evaluation_seconds"] += time.perf_counter() - begun
                rate = self.network.session.run(self.network.rate, {self.network.step: step - 1})
                run["periods"].append(
                    {
                        "step": step,
                        "learning_rate": float(rate),
                        "loss": {name: found[0] for name, found in measured.items()},
                        "accuracy": {name: found[1] for name, found in measured.items()},
                        "seconds": seconds,
                    }
                )
            final = self.evaluate(self.sets)
        except FloatingPointError as error:
            run.update(status="diverged", reason="%s after step %d" % (error, step))
        run["final_loss"] = {name: found[0] for name, found in final.items()}
        run["final_accuracy"] = {name: found[1] for name, found in final.items()}
        run["confusion_matrix"] = final[self.protocol["confusion_set"]][2] if final else []
        run["total_seconds"] = time.perf_counter() - started
        return run


def describe_environment():
    """Return what the package's records say of an environment."""
    commit, dirty = describe_code()
    keras = getattr(tensorflow.keras, "__version__", None)
    return {
        "python": platform.python_version(),
        "tensorflow": tensorflow.__version__,
        "keras": "none, a graph session beside Keras {}".format(keras or "of an unknown version"),
        "numpy": np.__version__,
        "scipy": "none",
        "scikit_learn": "none",
        "system": "{} {}".format(platform.system(), platform.machine()),
        "processor": describe_processor(),
        "threads": 1,
        "flags": {name: os.environ[name] for name in FLAGS if name in os.environ},
        "commit": commit,
        "dirty": dirty,
    }


def describe_processor():
    """Return the processor's model name."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(errors="replace").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def describe_code():
    """Return the checkout's commit, and whether this folder was changed since."""
    here = str(Path(__file__).resolve().parent)
    try:
        commit, changes = (
            subprocess.run(["git", "-C", here] + words, stdout=subprocess.PIPE, check=True, timeout=20).stdout
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--", here])
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown", None
    return commit.decode().strip(), bool(changes.strip())


def make_record(protocol, mnist, *, seed, started):
    """Return what the package's record of a run says before it is trained."""
    return {
        "schema": SCHEMA_VERSION,
        "experiment": protocol["id"],
        "protocol_sha256": protocol["sha256"],
        "training_sha256": hash_code(),
        "dataset": "mnist",
        "dataset_sha256": hash_mnist(mnist),
        "seed": seed,
        "started": started.isoformat(timespec="seconds"),
        "environment": describe_environment(),
    }


def hash_code():
    """Return the sum of this file, by which records name the code that trained."""
    return hashlib.sha256(Path(__file__).read_bytes().replace(b"\r\n", b"\n")).hexdigest()


# A process holds on to its images, and to the network that it used last.
_images = {}
_networks = {}


def train_run(protocol, seed, folder):
    """Train one run, and return its record."""
    started = datetime.now(timezone.utc)
    if folder not in _images:
        _images[folder] = load_mnist(folder)
    first_call_seconds = 0.0
    if protocol["id"] not in _networks:
        _networks.clear()
        _networks[protocol["id"]] = run = Run(protocol, _images[folder])
        first_call_seconds = run.first_call_seconds
    record = make_record(protocol, _images[folder], seed=seed, started=started)
    return dict(record, first_call_seconds=first_call_seconds, **_networks[protocol["id"]].train(seed))


def find_missing(protocols, *, profile, records):
    """Return the runs, protocol and seed, that a file of records does not have yet."""
    lines = records.read_text().splitlines() if records.exists() else []
    known = {(r["protocol_sha256"], r["training_sha256"], r["seed"]) for r in map(json.loads, lines)}
    runs = [(protocol, seed) for protocol in protocols for seed in range(protocol["seeds"][profile])]
    return [(protocol, seed) for protocol, seed in runs if (protocol["sha256"], hash_code(), seed) not in known]


def parse_arguments(arguments):
    """Return the options and the protocols of the experiments that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiments", nargs="*", help="default: all")
    parser.add_argument("--data", type=Path, default=os.environ.get("MNIST_REPRO_DATA"), help="folder with MNIST")
    parser.add_argument("--records", type=Path, required=True, help="folder of the environment's records")
    parser.add_argument("--profile", default="versions", help="seeds of each experiment (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: one per processor)")
    options = parser.parse_args(arguments)
    if options.data is None:
        parser.error("--data or MNIST_REPRO_DATA names the folder with MNIST's four files")
    if options.workers < 1:
        parser.error("--workers is at least 1; received {}".format(options.workers))
    protocols = json.loads(PROTOCOLS.read_text())
    unknown = [name for name in options.experiments if name not in protocols]
    if unknown:
        parser.error("unknown experiment: {}. Known: {}".format(", ".join(unknown), ", ".join(protocols)))
    profiles = next(iter(protocols.values()))["seeds"]
    if options.profile not in profiles:
        parser.error("unknown profile: {}. Known: {}".format(options.profile, ", ".join(profiles)))
    return options, [dict(protocols[name], id=name) for name in options.experiments or protocols]


def main(arguments=None):
    """Train what the records do not have yet, and record each run as it ends."""
    options, protocols = parse_arguments(arguments)
    options.records.mkdir(parents=True, exist_ok=True)
    file = options.records / "runs.jsonl"
    missing = find_missing(protocols, profile=options.profile, records=file)
    # TensorFlow does not survive a fork.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=spawn) as workers:
        jobs = [workers.submit(train_run, protocol, seed, Path(options.data)) for protocol, seed in missing]
        for job in as_completed(jobs):
            record = job.result()
            with file.open("a") as output:
                output.write(json.dumps(record, allow_nan=False) + "\n")
            done = "{experiment} seed {seed}: {status}, {total_seconds:.1f} s".format(**record)
            print(done, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
