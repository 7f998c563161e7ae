"""Mistakes of somebody's first document: `list` tells each in a line, before anything is trained."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from small_documents import copy_tiny

from mnist_repro.cli.main import main

# By what was mistaken: the file, what stands there in the tiny document, what was written, and what is said of it.
MISTAKES = {
    "images of no set": (
        "experiments.py",
        'source="train", start=0',
        'source="Train", start=0',
        "*experiments.py (line 25): ImageSlice.source must be one of train, test; received 'Train'. Correct it there.",
    ),
    "more images than there are": (
        "experiments.py",
        "stop=1_000",
        "stop=70_000",
        "*ImageSlice.stop must be after start, 0, and at most 60,000, the number of train images; received 70000.*",
    ),
    "images in the wrong order": (
        "experiments.py",
        "start=1_000, stop=1_500",
        "start=1_500, stop=1_000",
        "*(line 32): ImageSlice.stop must be after start, 1,500, *; received 1000.*",
    ),
    "position below 0": (
        "experiments.py",
        "start=1_000, stop",
        "start=-500, stop",
        "*ImageSlice.start must be a whole number from 0; received -500.*",
    ),
    "more steps than images fill, carried over": (
        "experiments.py",
        "batch_size=5,",
        'batch_size=300, last_batch="carried over",',
        "*Training.steps_per_period must be at most 4, the batches of 300 in 1,000 images, or *; received 10.*",
    ),
    "Nesterov's form of no momentum": (
        "experiments.py",
        "ConstantRate(rate=0.02)",
        "ConstantRate(rate=0.02), nesterov=True",
        "*GradientDescent.nesterov needs a momentum above 0. Correct it there.",
    ),
    "percentage kept in dropout": (
        "experiments.py",
        "biases=Zeros())",
        "biases=Zeros(), keep_probability=20)",
        "*Layer.keep_probability must be the fraction kept, above 0 and at most 1, *; received 20.*",
    ),
    "Keras's name of initial values": (
        "experiments.py",
        "weights=Zeros()",
        'weights="glorot_uniform"',
        (
            "*Layer.weights must be Normal, TruncatedNormal, GlorotUniform, Zeros, Uniform or Constant, "
            "such as Normal(...); received 'glorot_uniform'.*"
        ),
    ),
    "activation that is not known": (
        "experiments.py",
        'activation="softmax"',
        'activation="swish"',
        "*Layer.activation must be one of sigmoid, tanh, relu, softmax, identity; received 'swish'.*",
    ),
    "other number of classes": (
        "experiments.py",
        "units=10",
        "units=100",
        "*Protocol.layers must end with a layer of 10 units; received 100.*",
    ),
    "softmax in a hidden layer": (
        "experiments.py",
        "layers=(",
        'layers=(Layer(units=5, activation="softmax", weights=Zeros(), biases=None), ',
        "*Protocol.layers must have softmax in the last layer alone; received Layer(units=5, *",
    ),
    "bare learning rate": (
        "experiments.py",
        "learning_rate=ConstantRate(rate=0.02)",
        "learning_rate=1e-3",
        (
            "*GradientDescent.learning_rate must be ConstantRate, PiecewiseRate or ExponentialRate, "
            "such as ConstantRate(...); received 0.001.*"
        ),
    ),
    "learning rate that goes up": (
        "experiments.py",
        "rate=0.02",
        "rate=-0.02",
        "*ConstantRate.rate must be a positive number; received -0.02.*",
    ),
    "optimiser by its name": (
        "experiments.py",
        "optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.02))",
        'optimizer="adam"',
        "*Protocol.optimizer must be GradientDescent, Adam, RMSprop or Adadelta, such as *; received 'adam'.*",
    ),
    "quotient of steps": (
        "experiments.py",
        "steps_per_period=10",
        "steps_per_period=60_000/32",
        "*Training.steps_per_period must be a whole number from 1; received 1875.0.*",
    ),
    "steps that begin again": (
        "experiments.py",
        "steps_per_period=10",
        "steps_per_period=201",
        (
            "*Training.steps_per_period must be at most 200, the whole batches of 5 in 1,000 images, or "
            "repeats_batches=True must say that a period goes through them again; received 201.*"
        ),
    ),
    "batch of all and more": (
        "experiments.py",
        "batch_size=5,",
        "batch_size=1_001,",
        "*Training.batch_size must be at most 1,000, the number of training images; received 1001.*",
    ),
    "infinite divisor": (
        "experiments.py",
        "pixel_divisor=255.0",
        'pixel_divisor=float("inf")',
        "*Protocol.pixel_divisor must be a finite number; received inf.*",
    ),
    "one name without its tuple": (
        "experiments.py",
        'evaluated_at_end=("held-out",)',
        'evaluated_at_end=("held-out")',
        "*Protocol.evaluated_at_end must be a tuple, such as (..., ); received 'held-out'.*",
    ),
    "evaluation set misspelt": (
        "experiments.py",
        'confusion_set="held-out"',
        'confusion_set="heldout"',
        "*Protocol.confusion_set must name a declared evaluation set: held-out, all test images; received 'heldout'.*",
    ),
    "gate as a percentage": (
        "experiments.py",
        "minimum=0.5",
        "minimum=97.5",
        "*AccuracyGate.minimum must be a fraction from 0 to 1, such as 0.97 for 97 %; received 97.5.*",
    ),
    "profile misspelt": (
        "experiments.py",
        '"full": 39',
        '"fast": 39',
        "*Protocol.seeds may have the profiles brief, quick, versions, full; received 'fast'.*",
    ),
    "field misspelt": (
        "experiments.py",
        "pixel_divisor=255.0",
        "pixels_divisor=255.0",
        "*experiments.py must run without an error. Received: TypeError: *'pixels_divisor'*. Correct it there.",
    ),
    "count of more images than there are": (
        "claims.toml",
        'printed = "70.0"',
        'printed = "501 / 500", unit = "images"',
        "*claims.held-out-accuracy, entry 1: accuracy in the unit images is at most 500. Received: '501 / 500'. *",
    ),
    "count of part of an image": (
        "claims.toml",
        'printed = "70.0"',
        'printed = "350.5", unit = "images"',
        "*: printed must be a whole number of images, such as 9542 or 9542 / 10000. Received: '350.5'. *",
    ),
    "percentage as a fraction": (
        "claims.toml",
        'unit = "percent"',
        'unit = "fraction"',
        (
            "*claims.held-out-accuracy, entry 1: accuracy in the unit fraction is at most 1; "
            "a percentage has unit = \"percent\". Received: '70.0'. Correct it there."
        ),
    ),
    "fraction as a percentage": (
        "claims.toml",
        'printed = "70.0"',
        'printed = "0.9602"',
        (
            '*: an accuracy of at most 1 is a fraction: unit = "fraction", and printed_unit = "percent" if a % '
            "follows. Received: '0.9602'. Correct it there."
        ),
    ),
    "number without quotes": (
        "claims.toml",
        'printed = "70.0"',
        "printed = 70.0",
        "*claims.held-out-accuracy, entry 1: printed must be text in quotes that is not empty. Received: 70.0.*",
    ),
    "claim on a set misspelt": (
        "claims.toml",
        'unit = "percent"\nevaluation_set = "held-out"',
        'unit = "percent"\nevaluation_set = "heldout"',
        (
            "Claim tiny-linear.held-out-accuracy: tiny-linear does not measure the accuracy of 'heldout' at its end, "
            "only on held-out, all test images. *"
        ),
    ),
    "period counted from 0": (
        "claims.toml",
        "period = 2",
        "period = 0",
        "*entry 1: period must be a whole number from 1. Received: 0. Correct it there.",
    ),
    "metric that is not known": (
        "claims.toml",
        'metric = "loss"',
        'metric = "val_loss"',
        "*quantity.held-out-loss.metric must be one of loss, accuracy, error, *. Received: 'val_loss'.*",
    ),
    "alternative that reads a set misspelt": (
        "alternatives.py",
        "\n)\n",
        '\n)\nALTERNATIVES = (replace(ALTERNATIVES[0], reads={"held-out": "test"}),)\n',
        (
            "Variant tiny-linear+batches-of-10: reads names evaluation sets of tiny-linear: held-out, all test images. "
            "Received: 'test'. Correct it in alternatives.py."
        ),
    ),
    "claim on a wrong line": (
        "claims.toml",
        "line = 5",
        "line = 4",
        (
            "*Claim tiny-linear.held-out-accuracy: 70.0 must stand on line 4, for itself. Line 4 of tiny.txt: "
            '"Epoch 2: loss 0.015". It stands on line 5; correct line.*'
        ),
    ),
    "claim after the last line": (
        "claims.toml",
        "line = 5",
        "line = 50",
        "*70.0 must stand on line 50, for itself. tiny.txt ends with line 6. It stands on line 5; correct line.*",
    ),
    "claim left out": (
        "claims.toml",
        'claims.held-out-loss = [{ period = 2, line = 4, printed = "0.015" }]',
        "",
        (
            "*0.015 is printed, and neither claimed nor excused. Line 4 of tiny.txt: "
            '"Epoch 2: loss 0.015". Claim it, or excuse it in not_claims by a pattern with the reason.*'
        ),
    ),
    "sum of another text": (
        "claims.toml",
        'sha256 = "4cf6',
        'sha256 = "0000',
        "*sha256 must be that of tiny.txt. Received: 0000ff79906f...; the file has 4cf6ff79906f*. Write this, if *",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_list_mistake_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, file: str, old: str, new: str, message: str
) -> None:
    """The message is one line: the place, the rule, what was received, and what to do."""
    path = copy_tiny(tmp_path / "tiny") / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")

    assert main(["list", "--document", str(path.parent)]) in {1, 2}

    printed = capsys.readouterr()
    told = [line for line in f"{printed.out}\n{printed.err}".splitlines() if fnmatchcase(line, f"*{message}")]
    assert len(told) == 1, printed
