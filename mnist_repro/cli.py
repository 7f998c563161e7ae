"""The command line: thin verbs over the package.

Exit codes: 0 when all that was asked for was done, 1 when a run did not complete or a check found a difference, 2 for
bad input, 130 when interrupted.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, get_args

from rich.console import Console
from rich.table import Table

from mnist_repro.claims import load_documents
from mnist_repro.datasets import Choice, Dataset, load_dataset
from mnist_repro.errors import ReproError
from mnist_repro.protocols import load_protocols, select_protocols
from mnist_repro.records import LOCAL_ENVIRONMENT, RecordStore, open_store
from mnist_repro.reporting.contents import summarize_environment
from mnist_repro.reporting.formats import format_unfinished
from mnist_repro.reporting.terminal import STAND_IN_WARNING, StudyProgress, print_claims
from mnist_repro.reporting.verdict_table import FORMATS, print_verdicts
from mnist_repro.study import PROFILES, Plan, plan_study, profile_seeds, run_study

DEFAULT_RECORDS = Path("reports/records")
DEFAULT_OUTPUT = Path("reports")

_BAD_INPUT = 2
_INTERRUPTED = 130
_PLAIN_WIDTH = 160
_MOST_SEEDS = 100_000


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, without the usage."""
        self.exit(_BAD_INPUT, f"{self.prog}: {message}. See {self.prog} --help.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    options = build_parser().parse_args(arguments)
    console = make_console()
    try:
        code: int = options.verb(options, console)
    except ReproError as error:
        _say_on_stderr(f"mnist-repro: {error}", style="red")
        return _BAD_INPUT
    except KeyboardInterrupt:
        _say_on_stderr("Interrupted. The runs that had ended are recorded; the same command goes on.")
        return _INTERRUPTED
    return code


def make_console() -> Console:
    """Return a console; where the output is no terminal, tables are as wide as they need to be."""
    # Paths and reasons of failures are printed as they are, also where they look like Rich's markup.
    console = Console(markup=False, emoji=False)
    return console if console.is_terminal else Console(markup=False, emoji=False, width=_PLAIN_WIDTH)


def _say_on_stderr(text: str, *, style: str | None = None) -> None:
    Console(stderr=True, markup=False, emoji=False).print(text, style=style, highlight=False, soft_wrap=True)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all verbs."""
    parser = _Parser(
        prog="mnist-repro",
        description="Train what two public documents describe, many times, and hold their every number against it.",
    )
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    verb = verbs.add_parser("list", help="list documents, experiments and profiles")
    verb.set_defaults(verb=_list)

    verb = verbs.add_parser("data", help="find MNIST, check it bit for bit, and say where it is")
    add_data_options(verb)
    verb.set_defaults(verb=_data)

    verb = verbs.add_parser(
        "run",
        help="train, record, and print the table of claims",
        description="Train every experiment, or those named, over many seeds. Runs that the records already have are "
        "reused; an interrupted study goes on where it stopped.",
    )
    verb.add_argument(
        "experiments", nargs="*", metavar="EXPERIMENT", help="as `mnist-repro list` names them; default: all"
    )
    add_study_options(verb)
    add_data_options(verb)
    verb.add_argument("--keep-models", action="store_true", help="also keep each trained network, in Keras's format")
    verb.set_defaults(verb=_run)

    verb = verbs.add_parser(
        "verdicts",
        help="print the verdict on every curve and number, with its reason",
        description="Print, from the records alone, whether each curve and each single number of the documents is "
        "reproduced, with its exact p-value and the reason in words.",
    )
    add_records_option(verb)
    add_environment_option(verb, help="environment whose runs are judged (default: %(default)s)")
    verb.add_argument(
        "--format", choices=FORMATS, default="table", help="how the verdicts are printed (default: %(default)s)"
    )
    verb.set_defaults(verb=_verdicts)

    verb = verbs.add_parser(
        "report",
        help="write the report from the records",
        description="Write README.md and a page for each environment from the records alone; neither MNIST nor "
        "TensorFlow is needed.",
    )
    add_records_option(verb)
    verb.add_argument(
        "--output", type=Path, default=DEFAULT_OUTPUT, metavar="DIR", help="folder of the report (default: %(default)s)"
    )
    verb.add_argument(
        "--readme", type=Path, metavar="FILE", help="also renew the part of this page between its marks for results"
    )
    verb.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if any page or figure differs from the records"
    )
    verb.set_defaults(verb=_report)
    return parser


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


def add_study_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides which runs a study has and where they are recorded."""
    parser.add_argument(
        "--profile", choices=PROFILES, default="quick", help="seeds of each experiment (default: %(default)s)"
    )
    parser.add_argument(
        "--seeds", type=parse_seeds, metavar="SEEDS", help="seeds in place of a profile's, such as 0-3 or 0,2,5"
    )
    parser.add_argument(
        "--workers", type=parse_workers, metavar="N", help="processes that train (default: one for each processor)"
    )
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
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", text) or text.lower() == "readme":
        msg = f"an environment's name has letters, digits, points, hyphens and underscores; received {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return text


def _list(options: argparse.Namespace, console: Console) -> int:  # noqa: ARG001 - all verbs are called alike
    for document in load_documents().values():
        console.print(f"{document.id}: {document.title}; {len(document.claims)} claims", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("experiment", *(f"seeds, {profile}" for profile in PROFILES), "steps", "asserted mean accuracy"):
        table.add_column(heading)
    for protocol in load_protocols().values():
        gate = f"{protocol.gate.evaluation_set} >= {protocol.gate.minimum}"
        seeds = (str(protocol.seeds[profile]) for profile in PROFILES)
        table.add_row(protocol.id, *seeds, str(protocol.training.steps), gate)
    console.print()
    console.print(table)
    return 0


def _data(options: argparse.Namespace, console: Console) -> int:
    _load(options, console)
    return 0


def _run(options: argparse.Namespace, console: Console) -> int:
    protocols = select_protocols(options.experiments)
    dataset = _load(options, console)
    store = RecordStore(options.records / name_environment(options.environment, dataset=dataset))
    seeds = profile_seeds(protocols.values(), profile=options.profile)
    if options.seeds is not None:
        seeds = dict.fromkeys(protocols, options.seeds)
    plan = plan_study(protocols, seeds=seeds, dataset=dataset, store=store, workers=options.workers)
    # Not before all is known to be in order: bad input leaves nothing behind.
    store.prepare()
    console.print(
        f"{plan.planned} runs: {len(plan.reused)} in the records, {len(plan.missing)} to train.", highlight=False
    )
    for record in plan.reused:
        if record.status != "completed":
            console.print(format_unfinished(record))
    with StudyProgress(plan, console=console) as progress:
        records = run_study(
            plan,
            dataset=dataset,
            store=store,
            keep_models=options.keep_models,
            on_record=progress.advance,
        )
    unfinished = [record for record in records if record.status != "completed"]
    result = summarize_environment(store, documents=load_documents(), protocols=protocols, records=records)
    print_claims(result, console=console)
    console.print(_format_counts(plan, records_unfinished=len(unfinished)), highlight=False)
    console.print(f"Records: {store.file}", highlight=False, soft_wrap=True)
    return 1 if unfinished else 0


def name_environment(name: str, *, dataset: Dataset) -> str:
    """Return the name under which runs on `dataset` are recorded: those on the stand-in have a place of their own."""
    return f"{name}-{dataset.name}" if dataset.is_stand_in else name


def _format_counts(plan: Plan, *, records_unfinished: int) -> str:
    return (
        f"{plan.planned} runs planned: {len(plan.missing)} trained, {len(plan.reused)} reused, "
        f"{records_unfinished} of them not completed."
    )


def _load(options: argparse.Namespace, console: Console) -> Dataset:
    dataset = load_dataset(options.dataset, folder=options.data, progress=console.is_terminal)
    console.print(f"Images: {dataset.name}, {dataset.source}", highlight=False, soft_wrap=True)
    if dataset.note:
        console.print(dataset.note, highlight=False, soft_wrap=True)
    if dataset.is_stand_in:
        console.print(STAND_IN_WARNING, style="bold yellow")
    return dataset


def _verdicts(options: argparse.Namespace, console: Console) -> int:
    store = open_store(options.records, environment=options.environment)
    result = summarize_environment(store, documents=load_documents(), protocols=load_protocols())
    print_verdicts(result.families, form=options.format, console=console)
    return 0


def _report(options: argparse.Namespace, console: Console) -> int:
    # Matplotlib takes a second to import.
    from mnist_repro.reporting.report import check_report, write_report  # noqa: PLC0415

    if options.check:
        differences = check_report(options.output, records=options.records, readme=options.readme)
        for difference in differences:
            console.print(difference, highlight=False, soft_wrap=True)
        if not differences:
            console.print(f"{options.output} is what the records give.", highlight=False, soft_wrap=True)
        return 1 if differences else 0
    written = write_report(options.output, records=options.records, readme=options.readme)
    pages = [file for file in written if file.suffix != ".svg"]
    for page in pages:
        console.print(f"Wrote {page}", highlight=False, soft_wrap=True)
    figures = len(written) - len(pages)
    console.print(f"Wrote {figures} figures in {options.output / 'figures'}", highlight=False, soft_wrap=True)
    return 0
