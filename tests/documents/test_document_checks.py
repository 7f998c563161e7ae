"""What could not be run, recorded or judged of a document is refused before anything is trained."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from small_documents import TINY, copy_tiny

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.folders import add_document_folders
from mnist_repro.errors import ReproError

STATEMENT = """
[statement.batches]
experiments = ["tiny-linear"]
lines = [2]
says = "Of the held-out images."
images = { evaluation_set = "held-out", source = "train", first = 1, last = 2 }

[quantity.held-out-accuracy]
"""
BEST_OF = """
[quantity.again]
metric = "accuracy"
unit = "fraction"
evaluation_set = "all test images"

[[group]]
experiment = "{}"
best_of = 3
claims.again = [{{ line = 5, printed = "0.7" }}]
"""
SEEDS = '{"brief": 2, "quick": 3, "versions": 20, "full": 39}'


@pytest.mark.parametrize("folders", [[], [TINY]], ids=["the package's own", "and one more"])
def test_load_catalogue_in_order_passes(folders: list[Path]) -> None:
    """The package's documents keep all rules, and so does the tiny one."""
    with add_document_folders(folders):
        load_catalogue()


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        pytest.param(
            "claims.toml",
            'experiment = "tiny-linear"',
            'experiment = "tiny-liner"',
            "Claim tiny-liner.held-out-loss.2: its experiment is one of those that an experiments.py declares: "
            "julia-linear-lr0.02, *, tiny-linear, *. Received: 'tiny-liner'. Correct it in claims.toml, or declare it.",
            id="claim of no experiment",
        ),
        pytest.param(
            "claims.toml",
            'experiment = "tiny-linear"',
            'experiment = "tiny-linear"\nrun = "tiny-linear"',
            "Claim tiny-linear.held-out-loss.2: run is an id for a further run of one experiment, and no experiment's. "
            "Received: 'tiny-linear', of tiny-linear. Correct it in claims.toml.",
            id="run with an experiment's id",
        ),
        pytest.param(
            "claims.toml",
            "period = 2",
            "period = 3",
            "Claim tiny-linear.held-out-loss.3: tiny-linear does not measure the loss of 'held-out' after period 3. "
            "Correct the claim in claims.toml, or the experiment in experiments.py.",
            id="claim after the last period",
        ),
        pytest.param(
            "claims.toml",
            'unit = "percent"\nevaluation_set = "held-out"',
            'unit = "percent"\nevaluation_set = "test"',
            "Claim tiny-linear.held-out-accuracy: tiny-linear does not measure the accuracy of 'test' at its end, "
            "only on held-out, all test images. *",
            id="claim on an undeclared set",
        ),
        pytest.param(
            "claims.toml",
            'printed = "70.0"',
            'printed = "70.0", at_best = "test"',
            "Claim tiny-linear.held-out-accuracy: tiny-linear does not measure the accuracy of 'test' after each "
            "period, only on held-out. *",
            id="best on a set that is not measured on the way",
        ),
        *(
            pytest.param(
                "claims.toml", 'cell = "In [1]"\n', f"{made}\n", f"*: group, entry 1{rule} Correct it there.", id=name
            )
            for made, rule, name in (
                ("best_of = 3", ": best_of or mean_of stands *. Received: 'best_of, period 2'.", "best of curves"),
                ("best_of = 3\nmean_of = 3", ": *. Received: 'best_of, mean_of, period 2'.", "best and mean"),
                ("best_of = 1", ", best_of must be a whole number from 2. Received: 1.", "best of one"),
            )
        ),
        pytest.param(
            "claims.toml",
            "[output]",
            f"{BEST_OF.format('tiny-linear')}\n[output]",
            "*: all groups of a run have the same best_of, or mean_of. Received: others for "
            "tiny-linear.held-out-loss.2 and tiny-linear.again. Correct it there, or name another run by run.",
            id="best of runs, and a run of the same name",
        ),
        pytest.param(
            "claims.toml",
            "[output]",
            f"{BEST_OF.format('lisa-logreg')}\n[output]",
            "Claim lisa-logreg.again: best_of and mean_of need an experiment that chance has a part in: all runs of "
            "lisa-logreg are the same. Received: 3. Correct it in claims.toml.",
            id="best of equal runs",
        ),
        pytest.param(
            "claims.toml",
            'printed = "70.0"',
            'printed = "140 of 9,999", unit = "images"',
            "Claim tiny-linear.held-out-accuracy: a count is of as many images as its evaluation set has, here 500. "
            "Received: 9,999, by '140 of 9,999'. Correct the claim in claims.toml, or the set in experiments.py.",
            id="count of other images",
        ),
        pytest.param(
            "experiments.py",
            'evaluated_each_period=("held-out",)',
            "evaluated_each_period=()",
            "Claim tiny-linear.held-out-loss.2: tiny-linear does not measure the loss of 'held-out' after period 2. *",
            id="claim on a set that is not measured on the way",
        ),
        pytest.param(
            "claims.toml",
            "[quantity.held-out-accuracy]\n",
            STATEMENT.replace('["tiny-linear"]', '["tiny-linear", "x"]'),
            "Statement tiny.batches: its experiment is one of *. Received: 'x'. Correct it in claims.toml, *",
            id="statement of no experiment",
        ),
        pytest.param(
            "claims.toml",
            "[quantity.held-out-accuracy]\n",
            STATEMENT.replace('evaluation_set = "held-out"', 'evaluation_set = "test"'),
            "Statement tiny.batches: an evaluation set of tiny-linear is one of held-out. Received: 'test'. *",
            id="statement on an undeclared set",
        ),
        pytest.param(
            "experiments.py",
            'id="tiny-linear"',
            'id="../tiny"',
            "An experiment's id has lower-case letters and digits, separated by single points or hyphens. "
            "Received: '../tiny'. Correct it in experiments.py.",
            id="experiment that would leave the folder",
        ),
        *(
            pytest.param(
                "experiments.py",
                SEEDS,
                seeds,
                "*experiments.py (line 19): Protocol.seeds.full must be a whole number from 1; "
                f"received {received}. Correct it there.",
                id=f"{received} seeds",
            )
            for seeds, received in ((SEEDS.replace("39", "0"), "0"), (SEEDS.replace("39", '"39"'), "'39'"))
        ),
        pytest.param(
            "experiments.py",
            'any would do."',
            'any would do.", chosen_by=("tiny-linear.held-out-loss.2",)',
            "Experiment tiny-linear, reconstruction of batch size: chosen_by has ids of claims, without their period. "
            "Received: 'tiny-linear.held-out-loss.2'. Correct it in experiments.py.",
            id="reconstruction chosen by no family",
        ),
        pytest.param(
            "alternatives.py",
            '"batches-of-10",',
            '"batches/of-10",',
            "A variant's id is its experiment's, a plus, and lower-case *: 'tiny-linear+batches/of-10', of *",
            id="alternative that would leave the folder",
        ),
        pytest.param(
            "alternatives.py",
            "\n)\n",
            '\n)\nALTERNATIVES = (replace(ALTERNATIVES[0], experiment="x"),)\n',
            "Variant tiny-linear+batches-of-10: its experiment is one of *. Received: 'x'. Correct it in "
            "alternatives.py, or declare it.",
            id="alternative of no experiment",
        ),
    ],
)
def test_load_catalogue_broken_rule_is_told(tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    """The error is one line: what breaks the rule, the rule, what was received, and what to do."""
    folder = copy_tiny(tmp_path / "tiny")
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(new.join(text.rsplit(old, 1)), encoding="utf-8")

    with add_document_folders([folder]), pytest.raises(ReproError) as caught:
        load_catalogue()

    assert fnmatchcase(str(caught.value), message)
