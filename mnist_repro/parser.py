"""The parser of the command line: which options each verb takes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from mnist_repro import export_verbs, training_verbs, verbs
from mnist_repro.options import (
    DEFAULT_OUTPUT,
    add_baseline_option,
    add_data_options,
    add_document_option,
    add_environment_option,
    add_matrix_option,
    add_profile_option,
    add_records_option,
    add_seeds_option,
    add_study_options,
    add_workers_option,
    parse_ratio,
)
from mnist_repro.reporting.benchmark_json import MEASURES
from mnist_repro.reporting.verdict_table import FORMATS

BAD_INPUT = 2


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, without the usage."""
        self.exit(BAD_INPUT, f"{self.prog}: {message}. See {self.prog} --help.\n")


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all verbs."""
    parser = Parser(
        prog="mnist-repro",
        description="Train what two public documents describe, many times, and hold their every number against it.",
    )
    parsers = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    _add_looking_verbs(parsers)
    _add_training_verbs(parsers)
    _add_judging_verbs(parsers)
    _add_export_verbs(parsers)
    return parser


def _add_looking_verbs(parsers: Any) -> None:
    verb = parsers.add_parser("list", help="list documents, experiments and profiles")
    add_document_option(verb)
    verb.set_defaults(verb=verbs.list_all)

    verb = parsers.add_parser("data", help="find MNIST, check it bit for bit, and say where it is")
    add_data_options(verb)
    verb.set_defaults(verb=training_verbs.find_data)

    verb = parsers.add_parser(
        "plan",
        help="print what a study would cost, and what it could decide",
        description="Print, for a profile's seeds, how long every experiment, or those named, would take here, the "
        "smallest difference that they would show, and the seeds that each claim needs. Nothing is trained.",
    )
    _add_experiments(verb)
    add_profile_option(verb)
    add_workers_option(verb)
    add_records_option(verb)
    add_environment_option(verb, help="environment whose earlier runs tell the time (default: %(default)s)")
    add_document_option(verb)
    verb.set_defaults(verb=verbs.plan)


def _add_training_verbs(parsers: Any) -> None:
    verb = parsers.add_parser(
        "run",
        help="train, record, and print the table of claims",
        description="Train every experiment, or those named, over many seeds. Runs that the records already have are "
        "reused; an interrupted study goes on where it stopped.",
    )
    _add_experiments(verb)
    add_study_options(verb)
    add_data_options(verb)
    verb.add_argument("--keep-models", action="store_true", help="also keep each trained network, in Keras's format")
    verb.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="have a Dask cluster's workers train, such as tcp://127.0.0.1:8786 (default: processes on this machine)",
    )
    verb.add_argument("--timing", action="store_true", help="print, after the study, what the workers' time went to")
    add_document_option(verb)
    verb.set_defaults(verb=training_verbs.run)

    verb = parsers.add_parser(
        "explain",
        help="make every choice that was reconstructed otherwise, and rank the documents among those runs",
        description="Train each experiment, or those named, with every choice that its document leaves open made "
        "otherwise, and from initial values moved by a unit in the last place; then print in which ways the document "
        "could have been made, and what rounding alone decides. Runs that the records already have are reused.",
    )
    _add_experiments(verb)
    add_seeds_option(verb, help="seeds of every run in place of the usual number, such as 0-3 or 0,2,5")
    add_workers_option(verb)
    add_records_option(verb)
    add_environment_option(verb, help="name under which the runs are recorded and reported (default: %(default)s)")
    add_data_options(verb)
    add_document_option(verb)
    verb.set_defaults(verb=training_verbs.explain)

    verb = parsers.add_parser(
        "faults",
        help="train with faults planted, to learn which of them the regression gate catches",
        description="Train experiments in which small mistakes were made on purpose; `mnist-repro baseline` then "
        "measures how often the regression gate catches each. Runs that the records already have are reused.",
    )
    add_workers_option(verb)
    add_records_option(verb)
    add_environment_option(verb, help="name under which the runs are recorded (default: %(default)s)")
    add_data_options(verb)
    verb.set_defaults(verb=training_verbs.train_faults)

    verb = parsers.add_parser(
        "confirm",
        help="train some recorded runs again, and say whether today's training code gives the same, bit for bit",
        description="After a change of the training code that should change no number: train the first runs of each "
        "experiment and variant again, in the environment where they were recorded, and compare all that a seed "
        "determines. Nothing is recorded.",
    )
    add_records_option(verb)
    add_environment_option(verb, help="environment whose runs are made again (default: %(default)s)")
    add_data_options(verb)
    add_document_option(verb)
    verb.add_argument(
        "--against",
        metavar="REVISION",
        help="compare with runs that the package of this git revision makes here, in place of the recorded ones",
    )
    verb.set_defaults(verb=training_verbs.confirm)


def _add_judging_verbs(parsers: Any) -> None:
    verb = parsers.add_parser(
        "verdicts",
        help="print the verdict on all that the documents report, with its reason",
        description="Print, from the records alone, whether each curve, each single number, each comparison and each "
        "statement of the documents is reproduced, with its exact p-value and the reason in words.",
    )
    add_records_option(verb)
    add_environment_option(verb, help="environment whose runs are judged (default: %(default)s)")
    verb.add_argument(
        "--format", choices=FORMATS, default="table", help="how the verdicts are printed (default: %(default)s)"
    )
    add_document_option(verb)
    verb.set_defaults(verb=verbs.show_verdicts)

    verb = parsers.add_parser(
        "baseline",
        help="make an environment's runs the baseline of the regression gate, and measure how often that errs",
        description="Copy an environment's runs to the folder of the baseline, in place of another; then measure, from "
        "records alone, how often the gate fails though nothing changed, and which of the planted faults it catches. "
        "It takes a few minutes.",
    )
    add_records_option(verb)
    add_environment_option(verb, help="environment whose runs become the baseline (default: %(default)s)")
    add_baseline_option(verb)
    add_document_option(verb)
    verb.set_defaults(verb=verbs.record_baseline)

    verb = parsers.add_parser(
        "compare",
        help="print what differs between two sets of records; exit with 1 if anything got worse",
        description="Hold the runs of B against those of A: what they were made with, their final accuracies by exact "
        "permutation tests, adjusted together, and their training times. It ends with 1 if an accuracy got lower, at "
        "5 %% over all, or more of the runs did not complete.",
    )
    verb.add_argument("before", metavar="A", help="an environment, or a folder with the records of one")
    verb.add_argument("after", metavar="B", help="the same; what is held against A")
    add_records_option(verb)
    verb.add_argument("--format", choices=FORMATS, default="table", help="how it is printed (default: %(default)s)")
    verb.add_argument(
        "--speed",
        type=parse_ratio,
        metavar="RATIO",
        help="count it as worse, too, where training takes more than RATIO times as long, by the whole 95 %% interval",
    )
    add_document_option(verb)
    verb.set_defaults(verb=verbs.compare)

    verb = parsers.add_parser(
        "report",
        help="write the report from the records",
        description="Write README.md, the same as one page, index.html, and pages of each environment, of versions, "
        "speed, causes and gates, from the records alone; neither MNIST nor TensorFlow is needed.",
    )
    add_records_option(verb)
    add_baseline_option(verb)
    add_matrix_option(verb)
    verb.add_argument(
        "--output", type=Path, default=DEFAULT_OUTPUT, metavar="DIR", help="folder of the report (default: %(default)s)"
    )
    verb.add_argument(
        "--readme", type=Path, metavar="FILE", help="also renew the part of this page between its marks for results"
    )
    verb.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if any page or figure differs from the records"
    )
    add_document_option(verb)
    verb.set_defaults(verb=verbs.report)


def _add_export_verbs(parsers: Any) -> None:
    exports = parsers.add_parser(
        "export", help="write an environment's results in the forms of other programs"
    ).add_subparsers(title="forms", required=True, metavar="FORM")

    verb = exports.add_parser(
        "benchmark-json",
        help="accuracies or times as benchmark-tracking actions read them",
        description="Write the list that github-action-benchmark reads as customBiggerIsBetter, of accuracies, or as "
        "customSmallerIsBetter, of seconds.",
    )
    verb.add_argument("measure", choices=MEASURES, metavar="MEASURE", help="accuracy or seconds")
    add_records_option(verb)
    add_environment_option(verb, help="environment that is exported (default: %(default)s)")
    verb.add_argument("--output", type=Path, metavar="FILE", help="where it is written (default: standard output)")
    add_document_option(verb)
    verb.set_defaults(verb=export_verbs.export_benchmark)

    verb = exports.add_parser(
        "mlflow",
        help="training runs as runs of MLflow, in a store of yours",
        description="Add each run to an MLflow store, with its protocol, its curves and what it was made with, in an "
        "experiment of the environment's name. Runs that are there already are left as they are. It needs the extra "
        "`mlflow`.",
    )
    verb.add_argument(
        "--uri", required=True, metavar="URI", help="the store, such as sqlite:///mlflow.db, or a server's address"
    )
    add_records_option(verb)
    add_environment_option(verb, help="environment that is exported (default: %(default)s)")
    add_document_option(verb)
    verb.set_defaults(verb=export_verbs.export_mlflow)


def _add_experiments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "experiments", nargs="*", metavar="EXPERIMENT", help="as `mnist-repro list` names them; default: all"
    )
