"""The verbs that train nothing: what is declared, what a study would cost, and what the records say.

Each takes its options and a console, and returns an exit code.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from joblib import cpu_count
from rich.console import Console
from rich.table import Table

from mnist_repro.claims import load_documents
from mnist_repro.differences import compare_stores
from mnist_repro.gate.baseline import select_baseline, write_baseline
from mnist_repro.gate.record import measure_errors
from mnist_repro.gate.trials import check_enough
from mnist_repro.options import find_store, name_baseline, name_matrix
from mnist_repro.planning import plan_experiments
from mnist_repro.protocols import load_protocols, select_protocols
from mnist_repro.records import open_store
from mnist_repro.reporting.difference_table import print_differences
from mnist_repro.reporting.environment_summary import summarize_environment
from mnist_repro.reporting.gate_page import format_detections, format_false_alarms
from mnist_repro.reporting.plan_table import print_plan
from mnist_repro.reporting.verdict_table import print_verdicts
from mnist_repro.study import PROFILES


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
    result = summarize_environment(store, documents=documents, protocols=load_protocols())
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
