"""`report` writes the report of your own runs, or the published one, or compares that one with its records."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterator
from os import cpu_count, environ
from pathlib import Path
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import DEFAULT_OUTPUT, DEFAULT_RECORDS, add_verb, name_baseline, name_matrix
from mnist_repro.comparison.results import Results, load_results
from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.documents.folders import FOLDERS_VARIABLE
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import is_own
from mnist_repro.records.store import open_stores
from mnist_repro.reporting.terminal.plan import print_next_step

_OWN_OUTPUT = DEFAULT_OUTPUT / "local"
_PUBLISHED = DEFAULT_OUTPUT / "README.md"
# What pins the libraries that draw the published figures, in the folder of the report's.
_LOCK = Path("locks/reference.txt")


def add_verbs(verbs: Any) -> None:
    """Add `report`."""
    parser = add_verb(
        verbs,
        "report",
        report,
        shared="documents --records --baseline --document",
        help="write the report of your own runs, or with --publish that of all named environments",
        description="Write README.md, the same as one page, index.html, and a page of each environment, from the "
        "records alone; neither MNIST nor TensorFlow is needed. Your own runs are those of `local`, and all on the "
        "stand-in; the published report has every other environment, with pages of versions, speed, causes and gates.",
    )
    parser.add_argument(
        "--publish", action="store_true", help="write the published report; --check and --readme are about it too"
    )
    parser.add_argument(
        "--matrix",
        type=Path,
        metavar="FILE",
        help="the tox.ini whose label `matrix` names the environments that versions are compared by (default: tox.ini "
        "beside the folder of the report, if there is one)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help=f"folder of the report (default: {_OWN_OUTPUT}, and for the published one {DEFAULT_OUTPUT})",
    )
    parser.add_argument(
        "--readme", type=Path, metavar="FILE", help="also renew the part of this page between its marks for results"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 if any page or figure is missing, unexpected, or not what the records give",
    )


def report(options: argparse.Namespace, console: Console) -> int:
    """Write a report, or compare the published one with the records."""
    # Matplotlib takes a second to import.
    from mnist_repro.reporting.checking import check_report  # noqa: PLC0415
    from mnist_repro.reporting.report import write_report  # noqa: PLC0415

    is_published = options.publish or options.check or options.readme is not None
    if is_published and (options.documents or environ.get(FOLDERS_VARIABLE)):
        msg = (
            "The published report has all documents of the package, and no other: --publish, --check and --readme take "
            f"neither DOCUMENT nor --document. Received: {', '.join(options.documents) or environ[FOLDERS_VARIABLE]}. "
            "Leave that out, or write a report of your own."
        )
        raise ReproError(msg)
    own = _OWN_OUTPUT.joinpath("-".join(options.documents))
    output = options.output or (DEFAULT_OUTPUT if is_published else own)
    results = _load_results(options, output=output, is_published=is_published)
    if options.check:
        lock = output.parent / _LOCK
        differences = check_report(
            results,
            output,
            readme=options.readme,
            lock=lock if lock.is_file() else None,
            beside=[options.records, name_baseline(options.baseline, records=options.records), _OWN_OUTPUT],
        )
        return _print_differences(differences, output, console)
    # A CI's page shows what the file that it names here says.
    named = environ.get("GITHUB_STEP_SUMMARY")
    written = write_report(
        results,
        output,
        readme=options.readme,
        published=None if is_published or options.output else Path(os.path.relpath(_PUBLISHED, output)).as_posix(),
        step_summary=Path(named) if named else None,
    )
    pages = [file for file in written if file.suffix not in {".svg", ".png"}]
    for page in pages:
        console.print(f"Wrote {page}", highlight=False, soft_wrap=True)
    console.print(f"Wrote {len(written) - len(pages)} figures in {output / 'figures'}", highlight=False, soft_wrap=True)
    if not is_published:
        asked = [each.protocol.id for each in results.environments[0].experiments] if options.documents else []
        command = " ".join(["mnist-repro run", *asked, "--profile full", *_repeat_options(options)])
        for result in results.environments:
            print_next_step(result, command=command, workers=cpu_count() or 1, console=console)
    return 0


def _repeat_options(options: argparse.Namespace) -> Iterator[str]:
    """Yield the options of this command that `run` needs too."""
    if options.records != DEFAULT_RECORDS:
        yield f"--records {shlex.quote(str(options.records))}"
    yield from (f"--document {shlex.quote(str(folder))}" for folder in options.document)


def _load_results(options: argparse.Namespace, *, output: Path, is_published: bool) -> Results:
    stores = [store for store in open_stores(options.records) if is_own(store.environment) is not is_published]
    if not stores:
        rule, step = (
            ("Published runs have a named environment", "Record some with `mnist-repro run --environment NAME`.")
            if is_published
            else (
                "Your own runs are recorded as `local`",
                "Record some with `mnist-repro run`, or write the report of the others with --publish.",
            )
        )
        msg = f"{rule}, and {options.records} has none. {step}"
        raise ReproError(msg)
    # Versions and gates compare published runs.
    baseline = name_baseline(options.baseline, records=options.records) if is_published else options.baseline
    matrix = name_matrix(options.matrix, output=output) if is_published else options.matrix
    atlas = load_atlas()
    catalogue = atlas.select_documents(options.documents) if options.documents else atlas.front
    return load_results(
        options.records,
        stores=stores,
        catalogue=catalogue,
        baseline=baseline,
        matrix=matrix,
        atlas=None if options.documents else atlas,
    )


def _print_differences(differences: list[str], output: Path, console: Console) -> int:
    for line in differences or [f"{output} is what the records give."]:
        console.print(line, highlight=False, soft_wrap=True)
    return 1 if differences else 0
