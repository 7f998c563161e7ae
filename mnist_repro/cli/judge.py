"""The verbs that train nothing: what is declared, what a study would cost, and what the records say.

Each takes its options and a console, and returns an exit code.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from joblib import cpu_count
from rich.console import Console
from rich.table import Table

from mnist_repro.cli.options import (
    DEFAULT_OUTPUT,
    add_baseline_option,
    add_data_options,
    add_document_option,
    add_environment_option,
    add_experiments_option,
    add_matrix_option,
    add_profile_option,
    add_records_option,
    add_workers_option,
    find_store,
    name_baseline,
    name_matrix,
    parse_ratio,
)
from mnist_repro.cli.train import find_data
from mnist_repro.comparison.environments import compare_stores
from mnist_repro.comparison.gate.baseline import select_baseline, write_baseline
from mnist_repro.comparison.gate.error_file import measure_errors
from mnist_repro.comparison.gate.resampling import check_enough
from mnist_repro.documents.document import load_documents
from mnist_repro.documents.protocol import PROFILES, load_protocols, select_protocols
from mnist_repro.documents.variant import load_alternatives
from mnist_repro.records.store import open_store
from mnist_repro.reporting.terminal.differences import print_differences
from mnist_repro.reporting.terminal.plan import print_plan
from mnist_repro.reporting.terminal.verdicts import FORMATS, print_verdicts
from mnist_repro.reporting.wording.gates import format_detections, format_false_alarms
from mnist_repro.verdicts.environment import find_labels, summarize_environment
from mnist_repro.verdicts.planning import plan_experiments


def list_all(options: argparse.Namespace, console: Console) -> int:  # noqa: ARG001 - all verbs are called alike
    """List documents, experiments and profiles."""
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


def plan(options: argparse.Namespace, console: Console) -> int:
    """Print what a study would cost, and what it could decide."""
    plans = plan_experiments(
        select_protocols(options.experiments),
        profile=options.profile,
        records=options.records,
        environment=options.environment,
        documents=load_documents().values(),
    )
    print_plan(
        plans,
        profile=options.profile,
        environment=options.environment,
        workers=options.workers or cpu_count(),
        console=console,
    )
    return 0


def record_baseline(options: argparse.Namespace, console: Console) -> int:
    """Make an environment's runs the baseline, and measure how often the gate errs."""
    protocols = load_protocols()
    folder = name_baseline(options.baseline, records=options.records)
    store = open_store(options.records, environment=options.environment)
    selected = select_baseline(store, protocols=protocols)
    # Before anything is replaced.
    check_enough(selected, protocols=protocols)
    write_baseline((record for records in selected.values() for record in records), folder=folder)
    runs = sum(map(len, selected.values()))
    console.print(f"Baseline: {runs} runs of {store.environment}, {folder}", highlight=False, soft_wrap=True)
    console.print("Measuring how often the gate errs; it takes a few minutes.")
    errors = measure_errors(folder, faults_of=store, protocols=protocols)
    console.print(format_false_alarms(errors.false_alarms), highlight=False, soft_wrap=True)
    console.print(format_detections(errors), highlight=False, soft_wrap=True)
    return 0


def show_verdicts(options: argparse.Namespace, console: Console) -> int:
    """Print the verdicts."""
    store = open_store(options.records, environment=options.environment)
    documents = load_documents()
    result = summarize_environment(
        store,
        documents=documents,
        protocols=load_protocols(),
        alternatives=load_alternatives(),
        labels=find_labels(store, folder=options.records),
    )
    print_verdicts(result, documents=documents, form=options.format, console=console)
    return 0


def compare(options: argparse.Namespace, console: Console) -> int:
    """Print what differs between two sets of records; say by the exit code whether anything got worse."""
    before, after = (find_store(name, records=options.records) for name in (options.before, options.after))
    differences = compare_stores(before, after, protocols=load_protocols())
    print_differences(
        differences,
        before=options.before,
        after=options.after,
        form=options.format,
        console=console,
        slower_than=options.speed,
    )
    return 1 if differences.find_worse(slower_than=options.speed) else 0


def report(options: argparse.Namespace, console: Console) -> int:
    """Write the report, or compare it with the records."""
    # Matplotlib takes a second to import.
    from mnist_repro.reporting.report import check_report, write_report  # noqa: PLC0415

    beside = {
        "records": options.records,
        "readme": options.readme,
        "baseline": name_baseline(options.baseline, records=options.records),
        "matrix": name_matrix(options.matrix, output=options.output),
    }
    if options.check:
        differences = check_report(options.output, **beside)
        for difference in differences:
            console.print(difference, highlight=False, soft_wrap=True)
        if not differences:
            console.print(f"{options.output} is what the records give.", highlight=False, soft_wrap=True)
        return 1 if differences else 0
    # A CI's page shows what the file that it names here says.
    named = os.environ.get("GITHUB_STEP_SUMMARY")
    written = write_report(options.output, **beside, step_summary=Path(named) if named else None)
    pages = [file for file in written if file.suffix != ".svg"]
    for page in pages:
        console.print(f"Wrote {page}", highlight=False, soft_wrap=True)
    figures = len(written) - len(pages)
    console.print(f"Wrote {figures} figures in {options.output / 'figures'}", highlight=False, soft_wrap=True)
    return 0


def add_looking_verbs(parsers: Any) -> None:
    """Add the verbs that come before a study."""
    verb = parsers.add_parser("list", help="list documents, experiments and profiles")
    add_document_option(verb)
    verb.set_defaults(verb=list_all)

    verb = parsers.add_parser("data", help="find MNIST, check it bit for bit, and say where it is")
    add_data_options(verb)
    verb.set_defaults(verb=find_data)

    verb = parsers.add_parser(
        "plan",
        help="print what a study would cost, and what it could decide",
        description="Print, for a profile's seeds, how long every experiment, or those named, would take here, the "
        "smallest difference that they would show, and the seeds that each claim needs. Nothing is trained.",
    )
    add_experiments_option(verb)
    add_profile_option(verb)
    add_workers_option(verb)
    add_records_option(verb)
    add_environment_option(verb, help="environment whose earlier runs tell the time (default: %(default)s)")
    add_document_option(verb)
    verb.set_defaults(verb=plan)


def add_judging_verbs(parsers: Any) -> None:
    """Add the verbs that read records."""
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
    verb.set_defaults(verb=show_verdicts)

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
    verb.set_defaults(verb=record_baseline)

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
    verb.set_defaults(verb=compare)

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
    verb.set_defaults(verb=report)
