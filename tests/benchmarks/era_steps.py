"""Let the session of `benchmarks/era/tf1_session.py` make steps: a process of its own, as it ends eager execution.

    python era_steps.py ERA_FOLDER INPUT.npz OUTPUT.npz

The input has images, labels and, as JSON, protocols with a seed each; the output has each one's values and its run.
"""

from __future__ import annotations

import json
import sys

import numpy as np


def main() -> None:
    """Train every protocol of the input."""
    era_folder, source, target = sys.argv[1:]
    sys.path.insert(0, era_folder)
    import tf1_session  # noqa: PLC0415 - found by the line above

    given = np.load(source)
    mnist = [given[name] for name in ("train_images", "train_labels", "test_images", "test_labels")]
    results = {}
    for name, protocol in json.loads(str(given["protocols"])).items():
        trainer = tf1_session.Run(protocol, mnist)
        run = trainer.train(protocol["seed"])
        results[name] = json.dumps(run)
        for number, values in enumerate(trainer.network.values()):
            results[f"{name}/{number}"] = values
    np.savez(target, **results)


if __name__ == "__main__":
    main()
