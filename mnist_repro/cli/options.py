"""Options that several verbs share, as parent parsers; and how options are read, for the test suite too."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from rich.console import Console

from mnist_repro.datasets.places import Choice
from mnist_repro.documents.folders import FOLDERS_VARIABLE
from mnist_repro.documents.protocol import PROFILES
from mnist_repro.records.environment import LOCAL_ENVIRONMENT, OTHER_PAGES, STAND_IN_SUFFIX
from mnist_repro.reporting.terminal.tables import FORMATS

if TYPE_CHECKING:
    from mnist_repro.datasets.dataset import Dataset

DEFAULT_RECORDS = Path("reports/records")
DEFAULT_OUTPUT = Path("reports")

DOCUMENT_HELP = (
    "a folder with one more document; its experiments.py is run, and its alternatives.py and faults.py if there are "
    "any: name only what you trust; may be given again"
)

_MOST_SEEDS = 100_000


def name_matrix(matrix: Path | None, *, output: Path) -> Path | None:
    """Return the file of the matrix: the one that was named, or that of this report, if there is one."""
    beside = output.parent / "tox.ini"
    return matrix or (beside if beside.is_file() else None)


def name_baseline(baseline: Path | None, *, records: Path) -> Path:
    """Return the folder of the baseline: the one that was named, or that of these records."""
    return baseline or records.parent / "baseline"


def parse_seeds(text: str) -> list[int]:
    """Read seeds such as ``0-3`` or ``0,2,5-9``."""
    seeds: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last - first >= _MOST_SEEDS:
            msg = f"at most {_MOST_SEEDS} seeds can be asked for at once; received {text!r}"
            raise argparse.ArgumentTypeError(msg)
        if first > last:
            msg = f"seeds are whole numbers and ranges that go up, such as 0-3 or 0,2,5; received {text!r}"
            raise argparse.ArgumentTypeError(msg)
        seeds.update(range(first, last + 1))
    return sorted(seeds)


def parse_workers(text: str) -> int:
    """Read a number of processes, at least 1."""
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        msg = f"the number of workers is a whole number of at least 1; received {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def parse_environment(text: str) -> str:
    """Read the name of an environment, which names a folder and a page."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", text) or text.lower() in OTHER_PAGES:
        msg = (
            "an environment's name has letters, digits, points, hyphens and underscores, and is not that of another "
            f"page; received {text!r}"
        )
        raise argparse.ArgumentTypeError(msg)
    return text


def parse_ratio(text: str) -> float:
    """Read how many times as long something may take, at least once."""
    if not re.fullmatch(r"[1-9]\d{0,3}(\.\d{1,9})?", text):
        msg = f"a ratio of times is a number of at least 1, such as 1.1; received {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return float(text)


def parse_tolerances(text: str) -> dict[str, float]:
    """Read how many times as long a step may take, such as ``1.2``, or ``1.2,tf1-basic=1.3`` for one experiment.

    Returns
    -------
    dict
        Ratios by experiment; that of all others by the empty string.
    """
    tolerances = {}
    for part in text.split(","):
        experiment, _, ratio = part.rpartition("=")
        tolerances[experiment.strip()] = parse_ratio(ratio.strip())
    return tolerances


# Options that several verbs share.
_SHARED: dict[str, dict[str, Any]] = {
    "experiments": {
        "nargs": "*",
        "metavar": "EXPERIMENT",
        "help": "or document, as `mnist-repro list` names them; default: all, without the atlas's long ones",
    },
    "documents": {"nargs": "*", "metavar": "DOCUMENT", "help": "ids, as `mnist-repro list` has them"},
    "--records": {
        "type": Path,
        "default": DEFAULT_RECORDS,
        "metavar": "DIR",
        "help": "folder of the records, with a folder for each environment (default: %(default)s)",
    },
    "--document": {
        "type": Path,
        "action": "append",
        "default": [],
        "metavar": "FOLDER",
        "help": f"{DOCUMENT_HELP} (default: those in {FOLDERS_VARIABLE})",
    },
    "--baseline": {
        "type": Path,
        "metavar": "DIR",
        "help": "folder of the baseline (default: baseline/ beside --records)",
    },
    "--profile": {"choices": PROFILES, "default": "quick", "help": "seeds of each experiment (default: %(default)s)"},
    "--seeds": {"type": parse_seeds, "metavar": "SEEDS", "help": "seeds in place of the usual, such as 0-3 or 0,2,5"},
    "--workers": {"type": parse_workers, "metavar": "N", "help": "processes that train (default: one per processor)"},
    "--data": {"type": Path, "metavar": "DIR", "help": "folder with MNIST (default: looked for, then downloaded)"},
    "--dataset": {
        "choices": get_args(Choice),
        "default": "auto",
        "help": "mnist: nothing else; digits: the stand-in that comes with scikit-learn; auto: MNIST, or the stand-in "
        "where there is none (default: %(default)s)",
    },
    "--format": {"choices": FORMATS, "default": "table", "help": "form of the output (default: %(default)s)"},
}


def add_verb(
    verbs: Any,
    name: str,
    run: Callable[[argparse.Namespace, Console], int],
    *,
    shared: str = "",
    environment: str | None = None,
    reads: bool = False,
    help: str,  # noqa: A002 - argparse's name
    description: str | None = None,
) -> argparse.ArgumentParser:
    """Add a verb that calls `run`, which returns the exit code; return its parser, for the options that are its own.

    Parameters
    ----------
    shared
        The options that it shares with other verbs, between blanks.
    environment
        What --environment names, if the verb has this option.
    reads
        Whether it reads runs that are there: without a name it takes those of `open_named`.
    """
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help, description=description)
    for option in shared.split():
        parser.add_argument(option, **_SHARED[option])
    if environment:
        usual = f"{LOCAL_ENVIRONMENT}; where it has no runs, the published one with most" if reads else "%(default)s"
        parser.add_argument(
            "--environment",
            type=parse_environment,
            default=None if reads else LOCAL_ENVIRONMENT,
            metavar="NAME",
            help=f"{environment} (default: {usual})",
        )
    parser.set_defaults(verb=run)
    return parser


def name_environment(name: str, *, dataset: Dataset) -> str:
    """Return the name under which runs on `dataset` are recorded: those on the stand-in have a place of their own."""
    return f"{name}{STAND_IN_SUFFIX}" if dataset.is_stand_in else name
