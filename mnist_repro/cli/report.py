"""`report` writes the report, or compares it with the records."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import DEFAULT_OUTPUT, add_verb, name_baseline, name_matrix
from mnist_repro.comparison.results import load_results
from mnist_repro.documents.catalogue import load_catalogue


def add_verbs(verbs: Any) -> None:
    """Add `report`."""
    parser = add_verb(
        verbs,
        "report",
        report,
        shared="--records --baseline --document",
        help="write the report from the records",
        description="Write README.md, the same as one page, index.html, and pages of each environment, of versions, "
        "speed, causes and gates, from the records alone; neither MNIST nor TensorFlow is needed.",
    )
    parser.add_argument(
        "--matrix",
        type=Path,
        metavar="FILE",
        help="the tox.ini whose label `matrix` names the environments that versions are compared by (default: tox.ini "
        "beside the folder of the report, if there is one)",
    )
    parser.add_argument(
        "--output", type=Path, default=DEFAULT_OUTPUT, metavar="DIR", help="folder of the report (default: %(default)s)"
    )
    parser.add_argument(
        "--readme", type=Path, metavar="FILE", help="also renew the part of this page between its marks for results"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if any page or figure differs from the records"
    )


def report(options: argparse.Namespace, console: Console) -> int:
    """Write the report, or compare it with the records."""
    # Matplotlib takes a second to import.
    from mnist_repro.reporting.report import check_report, write_report  # noqa: PLC0415

    results = load_results(
        options.records,
        catalogue=load_catalogue(),
        baseline=name_baseline(options.baseline, records=options.records),
        matrix=name_matrix(options.matrix, output=options.output),
    )
    if options.check:
        differences = check_report(results, options.output, readme=options.readme)
        for difference in differences:
            console.print(difference, highlight=False, soft_wrap=True)
        if not differences:
            console.print(f"{options.output} is what the records give.", highlight=False, soft_wrap=True)
        return 1 if differences else 0
    # A CI's page shows what the file that it names here says.
    named = os.environ.get("GITHUB_STEP_SUMMARY")
    step_summary = Path(named) if named else None
    written = write_report(results, options.output, readme=options.readme, step_summary=step_summary)
    pages = [file for file in written if file.suffix != ".svg"]
    for page in pages:
        console.print(f"Wrote {page}", highlight=False, soft_wrap=True)
    figures = len(written) - len(pages)
    console.print(f"Wrote {figures} figures in {options.output / 'figures'}", highlight=False, soft_wrap=True)
    return 0
