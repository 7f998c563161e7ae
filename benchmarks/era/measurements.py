"""One measurement for `probe.py`, in a process that does nothing else.

    python measurements.py NAME ARGUMENTS.json RESULT.json

Modules are imported where they are used: what a process holds, and what it imported before, is a part of what is
measured.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
import zlib
from dataclasses import asdict
from pathlib import Path

# As many as the compiled way makes in one call; masks for dropout are drawn before the first.
STEPS_A_CALL = 100
# Long beside the turns that processes take on a busy machine.
BLOCK_SECONDS = 0.2


def read_environment(data, images, package):
    """Describe the environment, and put the images where all other measurements find them.

    It comes first: what it imports is compiled to bytecode then, and imports that are timed read that.
    """
    import numpy as np  # noqa: PLC0415
    import tf1_session  # noqa: PLC0415

    environment = tf1_session.describe_environment()
    if package:
        from mnist_repro.records.environment import describe_environment  # noqa: PLC0415

        environment = asdict(describe_environment(threads=1))
    if data:
        mnist = tf1_session.load_mnist(Path(data))
    else:
        from mnist_repro.datasets.dataset import load_dataset  # noqa: PLC0415

        found = load_dataset("mnist", progress=False)
        mnist = [found.train_images, found.train_labels, found.test_images, found.test_labels]
    np.savez(images, *mnist)
    bytecode = importlib.util.cache_from_source(tf1_session.tensorflow.__file__)
    return {
        "environment": environment,
        "dataset_sha256": tf1_session.hash_mnist(mnist),
        "bytecode_is_kept": os.path.exists(bytecode),  # noqa: PTH110 - a name, and no more
    }


def time_import(module):
    """Return how long an import takes."""
    start = time.perf_counter()
    __import__(module)
    return time.perf_counter() - start


def hold_images(images):
    """Return the peak memory of a process that holds the images, and nothing else."""
    mnist = load_images(images)
    return read_peak_bytes() if len(mnist) else None


def load_images(images):
    """Return training images, their labels, test images and theirs."""
    import numpy as np  # noqa: PLC0415

    with np.load(images) as arrays:
        return [arrays["arr_{}".format(number)] for number in range(4)]


def read_peak_bytes():
    """Return the most memory that this process has had."""
    import resource  # noqa: PLC0415 - Windows has none

    # A process starts with the peak of the one that started it; `probe.py` is smaller than any of these.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def time_steps(way, protocol, images, rounds):
    """Return the times of an import of TensorFlow, of the first step, and of steps and the control in turn."""
    import_seconds = time_import("tensorflow")
    from ways import WAYS  # noqa: PLC0415 - imports NumPy, which is a part of the time above

    mnist = load_images(images)
    start = time.perf_counter()
    trained = WAYS[way](protocol, mnist)
    trained.restart()
    trained.make_steps(1)
    first_call_seconds = time.perf_counter() - start
    text = make_control_text()
    measured = []
    for _ in range(rounds + 1):
        # Every round makes the same steps: a run that went on for so long would come to extreme numbers.
        trained.restart()
        step_seconds = time_block(lambda: trained.make_steps(STEPS_A_CALL)) / STEPS_A_CALL
        measured.append([step_seconds, time_block(lambda: zlib.compress(text, 6))])
    return {
        "import_seconds": import_seconds,
        "first_call_seconds": first_call_seconds,
        "rounds": measured[1:],  # the first one warms up
        "peak_bytes": read_peak_bytes(),
    }


def make_control_text():
    """Return the bytes that the control compresses.

    The control has to be the same machine code whatever Python and NumPy are beside it. Compression by the system's
    zlib is: between Python 3.7, 3.10, 3.11 and 3.13 the shortest of 480 times differed by 0.2 %, where a loop in Python
    differed by 42 %. Where a Python brings a zlib of its own, the version that is recorded may tell.
    """
    return b"".join(b"%d," % (number * 7919 % 1000) for number in range(60000))


def time_block(call):
    """Return the mean time of a call, over a block of calls."""
    calls = 0
    start = now = time.perf_counter()
    while now - start < BLOCK_SECONDS:
        call()
        calls += 1
        now = time.perf_counter()
    return (now - start) / calls


def follow_first_steps(way, protocols, images, seeds):
    """Return the losses and a hash of the final values of each run's first steps, by experiment."""
    from ways import WAYS  # noqa: PLC0415 - loads TensorFlow

    mnist = load_images(images)
    followed = {}
    for protocol in protocols:
        trained = WAYS[way](protocol, mnist, first_steps=True)
        followed[protocol["id"]] = [trained.follow(seed) for seed in seeds]
    return followed


def read_defaults():
    """Return the defaults, and let oneDNN tell what it does in a dense layer."""
    import defaults  # noqa: PLC0415
    import tensorflow  # noqa: ICN001, PLC0415

    found = defaults.read_defaults(tensorflow)
    defaults.run_dense_layer(tensorflow)
    return found


MEASUREMENTS = {
    function.__name__: function
    for function in (read_environment, time_import, hold_images, time_steps, follow_first_steps, read_defaults)
}


def main():
    """Make the measurement that the command line names."""
    name, given, result = sys.argv[1:]
    found = MEASUREMENTS[name](**json.loads(Path(given).read_text()))
    Path(result).write_text(json.dumps(found, allow_nan=False))


if __name__ == "__main__":
    main()
