"""The options of the command line, each read and checked in one place, for its verbs and for the test suite."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import get_args

from mnist_repro.datasets.dataset import Choice, Dataset
from mnist_repro.documents.folders import FOLDERS_VARIABLE
from mnist_repro.documents.protocol import PROFILES
from mnist_repro.errors import ReproError
from mnist_repro.records.store import LOCAL_ENVIRONMENT, RecordStore, open_stores

DEFAULT_RECORDS = Path("reports/records")
DEFAULT_OUTPUT = Path("reports")

DOCUMENT_HELP = "a folder with one more document, whose experiments.py is run; may be given again"

_MOST_SEEDS = 100_000
# Pages of the report that are no environment's.
_OTHER_PAGES = frozenset({"readme", "gate", "causes", "versions", "speed", "speed-gate"})


def add_records_option(parser: argparse.ArgumentParser) -> None:
    """Add --records."""
    parser.add_argument(
        "--records",
        type=Path,
        default=DEFAULT_RECORDS,
        metavar="DIR",
        help="folder of the records, a folder in it for each environment (default: %(default)s)",
    )


def add_environment_option(parser: argparse.ArgumentParser, *, help: str) -> None:  # noqa: A002 - argparse's name
    """Add --environment."""
    parser.add_argument("--environment", type=parse_environment, default=LOCAL_ENVIRONMENT, metavar="NAME", help=help)


def add_document_option(parser: argparse.ArgumentParser) -> None:
    """Add --document."""
    parser.add_argument(
        "--document",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help=f"{DOCUMENT_HELP} (default: those in {FOLDERS_VARIABLE})",
    )


def add_baseline_option(parser: argparse.ArgumentParser) -> None:
    """Add --baseline."""
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="DIR",
        help="folder of the baseline that runs are held against (default: baseline/ beside the folder of the records)",
    )


def add_matrix_option(parser: argparse.ArgumentParser) -> None:
    """Add --matrix."""
    parser.add_argument(
        "--matrix",
        type=Path,
        metavar="FILE",
        help="the tox.ini whose label `matrix` names the environments that versions are compared by (default: tox.ini "
        "beside the folder of the report, if there is one)",
    )


def name_matrix(matrix: Path | None, *, output: Path) -> Path | None:
    """Return the file of the matrix: the one that was named, or that of this report, if there is one."""
    beside = output.parent / "tox.ini"
    return matrix or (beside if beside.is_file() else None)


def name_baseline(baseline: Path | None, *, records: Path) -> Path:
    """Return the folder of the baseline: the one that was named, or that of these records."""
    return baseline or records.parent / "baseline"


def add_profile_option(parser: argparse.ArgumentParser) -> None:
    """Add --profile."""
    parser.add_argument(
        "--profile", choices=PROFILES, default="quick", help="seeds of each experiment (default: %(default)s)"
    )


def add_seeds_option(parser: argparse.ArgumentParser, *, help: str) -> None:  # noqa: A002 - argparse's name
    """Add --seeds."""
    parser.add_argument("--seeds", type=parse_seeds, metavar="SEEDS", help=help)


def add_workers_option(parser: argparse.ArgumentParser) -> None:
    """Add --workers."""
    parser.add_argument(
        "--workers", type=parse_workers, metavar="N", help="processes that train (default: one for each processor)"
    )


def add_study_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides which runs a study has and where they are recorded."""
    add_profile_option(parser)
    add_seeds_option(parser, help="seeds in place of a profile's, such as 0-3 or 0,2,5")
    add_workers_option(parser)
    add_records_option(parser)
    add_environment_option(parser, help="name under which the runs are recorded and reported (default: %(default)s)")


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add where the images come from."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder with MNIST (default: looked for, then downloaded)"
    )
    parser.add_argument(
        "--dataset",
        choices=get_args(Choice),
        default="auto",
        help="mnist: nothing else; digits: the stand-in that comes with scikit-learn; auto: MNIST, or the stand-in "
        "where there is none (default: %(default)s)",
    )


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
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", text) or text.lower() in _OTHER_PAGES:
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


def name_environment(name: str, *, dataset: Dataset) -> str:
    """Return the name under which runs on `dataset` are recorded: those on the stand-in have a place of their own."""
    return f"{name}-{dataset.name}" if dataset.is_stand_in else name


def find_store(name: str, *, records: Path) -> RecordStore:
    """Return the records that `name` means: those of an environment in the folder `records`, or those of a folder.

    Raises
    ------
    ReproError
        If it means none, or a folder has several environments.
    """
    known = {file.parent.name: RecordStore(file.parent) for file in sorted(records.glob("*/runs.jsonl"))}
    if name in known:
        return known[name]
    folder = Path(name)
    if (folder / "runs.jsonl").is_file():
        return RecordStore(folder)
    if not folder.is_dir():
        msg = (
            f"Records are those of an environment or of a folder; {name!r} is neither. "
            f"{records} has: {', '.join(known) or 'none'}. Name one of these, or another folder."
        )
        raise ReproError(msg)
    stores = open_stores(folder)
    if len(stores) > 1:
        msg = (
            f"One environment is compared with one; {folder} has {len(stores)}. "
            f"Name one of: {', '.join(str(store.folder) for store in stores)}."
        )
        raise ReproError(msg)
    return stores[0]


def add_experiments_option(parser: argparse.ArgumentParser) -> None:
    """Add the experiments that a verb is asked for."""
    parser.add_argument(
        "experiments", nargs="*", metavar="EXPERIMENT", help="as `mnist-repro list` names them; default: all"
    )
