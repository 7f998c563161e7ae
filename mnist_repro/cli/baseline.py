"""`baseline` records what the gates compare with."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import add_verb, name_baseline
from mnist_repro.comparison.gate.baseline import select_baseline, write_baseline
from mnist_repro.comparison.gate.error_file import measure_errors
from mnist_repro.comparison.gate.resampling import check_enough
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.store import open_store
from mnist_repro.reporting.wording.gates import format_detections, format_false_alarms, format_other_environments


def add_verbs(verbs: Any) -> None:
    """Add `baseline`."""
    add_verb(
        verbs,
        "baseline",
        record_baseline,
        shared="--records --baseline --document",
        environment="environment whose runs become the baseline",
        help="make an environment's runs the baseline of the regression gate, and measure how often the gate errs",
        description="Replace the baseline by an environment's runs; then measure, from records alone, how often the "
        "gate fails though nothing changed, and which of the planted faults it catches. This takes a few minutes.",
    )


def record_baseline(options: argparse.Namespace, console: Console) -> int:
    """Make an environment's runs the baseline, and measure how often the gate errs."""
    catalogue = load_catalogue()
    protocols = catalogue.protocols
    folder = name_baseline(options.baseline, records=options.records)
    store = open_store(options.records, environment=options.environment)
    selected = select_baseline(store, protocols=protocols)
    # Before anything is replaced.
    check_enough(selected, protocols=protocols)
    write_baseline((record for records in selected.values() for record in records), folder=folder)
    runs = sum(map(len, selected.values()))
    console.print(f"Baseline: {runs} runs of {store.environment}, {folder}", highlight=False, soft_wrap=True)
    console.print("Measuring how often the gate errs; it takes a few minutes.")
    errors = measure_errors(folder, faults_of=store, faults=catalogue.faults, protocols=protocols)
    said = (
        format_false_alarms(errors.false_alarms),
        format_other_environments(errors.elsewhere),
        format_detections(errors),
    )
    for line in said:
        console.print(line, highlight=False, soft_wrap=True)
    return 0
