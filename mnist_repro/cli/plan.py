"""`plan` says what a study would cost and decide."""

from __future__ import annotations

import argparse
from typing import Any

from joblib import cpu_count
from rich.console import Console

from mnist_repro.cli.options import add_verb
from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.reporting.terminal.plan import print_plan
from mnist_repro.verdicts.planning import plan_experiments


def add_verbs(verbs: Any) -> None:
    """Add `plan`."""
    add_verb(
        verbs,
        "plan",
        plan,
        shared="experiments --profile --workers --records --document",
        environment="environment whose earlier runs give the time",
        help="print what a study would cost, and what it could decide",
        description="Print, for a profile's seeds, how long every experiment, or those named, would take here, "
        "what its runs could refute and from which shift on, and the seeds that each claim needs. Nothing is trained.",
    )


def plan(options: argparse.Namespace, console: Console) -> int:
    """Print what a study would cost, and what it could decide."""
    catalogue = load_atlas()
    plans = plan_experiments(
        catalogue.select(options.experiments),
        profile=options.profile,
        records=options.records,
        environment=options.environment,
        documents=catalogue.documents.values(),
    )
    print_plan(
        plans,
        profile=options.profile,
        environment=options.environment,
        workers=options.workers or cpu_count(),
        console=console,
    )
    return 0
